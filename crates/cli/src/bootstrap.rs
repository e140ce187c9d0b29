//! The file of users, registries and first tokens, applied at each start: what is there already is left alone.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use cratekeep_app::{App, Caller, KnownToken};
use cratekeep_config::{Settings, parse_duration};
use cratekeep_types::{Entropy as _, TokenText, UserName};
use cratekeep_wire::control::{AdminCommand, AdminReply, RegistryCommand, RegistryCreate, UserCommand};
use serde::Deserialize;

use crate::folder::DataFolder;
use crate::wiring::SystemEntropy;

/// Largest file in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Bootstrap {
    users: Vec<WantedUser>,
    registries: Vec<WantedRegistry>,
    tokens: Vec<WantedToken>,
}

/// A user that is to be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedUser {
    name: String,
    email: Option<String>,
    #[serde(default)]
    admin: bool,
}

/// A registry that is to be there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedRegistry {
    name: String,
    #[serde(default = "hosted")]
    kind: String,
    access: Option<String>,
    #[serde(default)]
    closed: bool,
    #[serde(default)]
    stands_for_crates_io: bool,
    unknown_dependencies: Option<String>,
    upload_rules: Option<String>,
}

/// A token that is to be there, with its text or the file that holds it. A file that is not there is made, with a
/// new token in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedToken {
    user: String,
    name: String,
    scope: Option<String>,
    #[serde(default)]
    crates: Vec<String>,
    expires: Option<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
}

impl std::fmt::Debug for WantedToken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "WantedToken({} of {})", self.name, self.user)
    }
}

fn hosted() -> String {
    "hosted".to_owned()
}

/// Applies the file that the settings name, or the one in the data folder if it is there.
pub(crate) async fn apply(app: &App, settings: &Settings, folder: &DataFolder) -> Result<()> {
    let path = match &settings.server.bootstrap {
        Some(path) => path.clone(),
        None => Some(folder.bootstrap()).filter(|path| path.exists()).unwrap_or_default(),
    };
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    let wanted = read(&path)?;
    apply_all(app, wanted, &path).await.with_context(|| format!("{} could not be applied", path.display()))
}

fn read(path: &Path) -> Result<Bootstrap> {
    let attempt = || format!("could not read {}", path.display());
    let size = std::fs::metadata(path).with_context(attempt)?.len();
    if size > FILE_BYTES_MAX {
        bail!("{} has {size} bytes, more than {FILE_BYTES_MAX}", path.display());
    }
    let text = std::fs::read_to_string(path).with_context(attempt)?;
    // What the parser says may quote a line, and a line may hold a token; where it is must do.
    toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        anyhow!("{}:{line}: {}", path.display(), error.message())
    })
}

async fn apply_all(app: &App, wanted: Bootstrap, path: &Path) -> Result<()> {
    let operator = Caller::operator();
    let there: Vec<String> =
        app.list_users(&operator).await?.iter().map(|user| user.account.name.folded()).collect();
    for WantedUser { name, email, admin } in wanted.users {
        let parsed: UserName = name.parse()?;
        if !there.contains(&parsed.folded()) {
            run(app, AdminCommand::User(UserCommand::Create { name, email, admin })).await?;
        }
    }
    for registry in wanted.registries {
        if app.registry(&registry.name).is_none() {
            run(app, registry.command()).await?;
        }
    }
    for token in wanted.tokens {
        let (user, name) = (token.user.clone(), token.name.clone());
        let known = token.known(path.parent().unwrap_or(Path::new(".")))?;
        if app.keep_token(&operator, known).await? {
            tracing::info!("token {name} of user {user} was made");
        }
    }
    Ok(())
}

async fn run(app: &App, command: AdminCommand) -> Result<()> {
    match app.run_at_shell(command).await {
        AdminReply::Refused { problems } => bail!("{}", problems.join("; ")),
        AdminReply::Done { message } => {
            tracing::info!("{message}");
            Ok(())
        }
        _ => Ok(()),
    }
}

impl WantedRegistry {
    fn command(self) -> AdminCommand {
        let Self { name, kind, access, closed, stands_for_crates_io, unknown_dependencies, upload_rules } =
            self;
        AdminCommand::Registry(RegistryCommand::Create(RegistryCreate {
            name,
            kind,
            access,
            closed,
            new_crates: None,
            stands_for_crates_io,
            unknown_dependencies,
            upload_rules,
        }))
    }
}

impl WantedToken {
    fn known(self, beside: &Path) -> Result<KnownToken> {
        let what = format!("token `{}` of user `{}`", self.name, self.user);
        let text = match (self.token, self.token_file) {
            (Some(text), None) => text.parse().with_context(|| what.clone())?,
            (None, Some(file)) => from_file(&beside.join(file)).with_context(|| what.clone())?,
            _ => bail!("{what}: write either `token` or `token_file`"),
        };
        let expires = self.expires.map(|text| {
            parse_duration(&text).map_err(|error| anyhow!("{what}: `expires` = `{text}`: {error}"))
        });
        Ok(KnownToken {
            user: self.user.parse()?,
            label: self.name,
            scope: self.scope,
            crates: self.crates,
            expires_secs: expires.transpose()?.map(|span| span.as_secs()),
            text,
        })
    }
}

/// The token in a file; a file that is not there gets a new one, readable by this user alone.
fn from_file(path: &Path) -> Result<TokenText> {
    let attempt = || format!("`token_file` {} cannot be used", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => text.trim().parse().with_context(attempt),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = TokenText::from_entropy(SystemEntropy.bytes());
            let mut options = std::fs::OpenOptions::new();
            let mut file =
                options.write(true).create_new(true).mode(0o600).open(path).with_context(attempt)?;
            writeln!(file, "{}", text.expose()).and_then(|()| file.sync_all()).with_context(attempt)?;
            Ok(text)
        }
        Err(error) => Err(error).with_context(attempt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Bootstrap> {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let path = folder.path().join("bootstrap.toml");
        std::fs::write(&path, text).expect("a temporary folder can be written");
        read(&path)
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_without_the_text_around_it() {
        let error = written("[[tokens]]\nuser = \"ann\"\nname = \"ci\"\ntokn = \"canary\"\n")
            .expect_err("a misspelt key");
        let text = format!("{error:#}");
        assert!(
            text.contains("bootstrap.toml:4: unknown field `tokn`") && !text.contains("canary"),
            "{text}"
        );
        assert!(written("[[users]]\nadmin = true\n").is_err());
    }

    #[test]
    fn a_missing_token_file_is_made_once() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let path = folder.path().join("token");
        let made = from_file(&path).expect("it can be made");
        assert_eq!(from_file(&path).expect("it can be read").hash(), made.hash());
        std::fs::write(&path, "canary").expect("it can be written");
        let error = format!("{:#}", from_file(&path).expect_err("no token"));
        assert!(!error.contains("canary"), "{error}");
    }

    #[test]
    fn a_token_has_one_source() {
        let token = "[[tokens]]\nuser = \"ann\"\nname = \"ci\"\n";
        for (more, is_good) in
            [("", false), ("token_file = \"t\"\n", true), ("token = \"x\"\ntoken_file = \"t\"\n", false)]
        {
            let folder = tempfile::TempDir::new().expect("a temporary folder");
            let wanted = written(&format!("{token}{more}")).expect("well-formed").tokens.remove(0);
            assert_eq!(wanted.known(folder.path()).is_ok(), is_good, "{more}");
        }
    }
}
