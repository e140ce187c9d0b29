//! The validated settings and the way to them.

use crate::layers::{Layers, Origin, Sources};
use crate::problem::Problems;
use crate::providers::{self, Provider};
use crate::sections::{
    self, Audit, Auth, Database, Dump, Jobs, Limits, Log, Mail, Outbound, Rates, Readme, RegistryDefaults,
    Server, Storage, Testing, Tokens, TrustedPublishing,
};
use crate::table::{Key, Preset, Raw, Reader};

/// Every setting, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the server keeps its data, listens and is reached.
    pub server: Server,
    /// How people prove who they are.
    pub auth: Auth,
    /// The places by which people sign in.
    pub providers: Vec<Provider>,
    /// Where the rows are.
    pub database: Database,
    /// Where the bytes are.
    pub storage: Storage,
    /// Bounds.
    pub limits: Limits,
    /// Calls to other servers.
    pub outbound: Outbound,
    /// How often somebody may do something.
    pub rates: Rates,
    /// What new registries start with.
    pub registry: RegistryDefaults,
    /// How long tokens live.
    pub tokens: Tokens,
    /// Whose word on builds is taken.
    pub trusted_publishing: TrustedPublishing,
    /// Where letters go.
    pub mail: Mail,
    /// How background jobs are run.
    pub jobs: Jobs,
    /// How readmes are shown.
    pub readme: Readme,
    /// Dumps of what everybody may read.
    pub dump: Dump,
    /// How long it is known who did what.
    pub audit: Audit,
    /// What the server says.
    pub log: Log,
    /// Switches for tests.
    pub testing: Testing,
    shown: Vec<ShownSetting>,
}

/// One setting as `cratekeep config show` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownSetting {
    /// The key as `section.name`.
    pub key: String,
    /// The value as TOML, `***` for a secret, nothing when it is not set.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: Origin,
}

impl Settings {
    /// Reads and checks every layer.
    ///
    /// # Errors
    /// Every problem found: unknown keys, bad values, files that cannot be read, values that do not go together.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let (layers, problems) = Layers::read(sources);
        let mut reader = Reader { layers: &layers, problems };
        let server = Server::validate(&mut reader);
        let auth = Auth::validate(&mut reader);
        let providers = providers::read(layers.providers(), &mut reader.problems);
        let database = Database::validate(&mut reader);
        let storage = Storage::validate(&mut reader);
        let limits = Limits::validate(&mut reader);
        let outbound = Outbound::validate(&mut reader);
        let rates = Rates::validate(&mut reader);
        let registry = RegistryDefaults::validate(&mut reader);
        let tokens = Tokens::validate(&mut reader);
        let trusted_publishing = TrustedPublishing::validate(&mut reader);
        let mail = Mail::validate(&mut reader);
        let jobs = Jobs::validate(&mut reader);
        let audit = Audit::validate(&mut reader);
        let log = Log::validate(&mut reader);
        let testing = Testing::validate(&mut reader);
        let readme = Readme::validate(&mut reader);
        let dump = Dump::validate(&mut reader);
        let problems = reader.problems;
        let whole = || {
            Some(Self {
                server: server?,
                auth: auth?,
                providers: providers?,
                database: database?,
                storage: storage?,
                limits: limits?,
                outbound: outbound?,
                rates: rates?,
                registry: registry?,
                tokens: tokens?,
                trusted_publishing: trusted_publishing?,
                mail: mail?,
                jobs: jobs?,
                audit: audit?,
                log: log?,
                testing: testing?,
                readme: readme?,
                dump: dump?,
                shown: shown(&layers),
            })
        };
        whole().filter(|_| problems.is_empty()).ok_or(Problems(problems))
    }

    /// Every setting with its value and origin, in the order of the table. Hidden ones only when they are set.
    #[must_use]
    pub fn shown(&self) -> &[ShownSetting] {
        &self.shown
    }
}

fn shown(layers: &Layers) -> Vec<ShownSetting> {
    let mut shown = Vec::new();
    for section in &sections::ALL {
        for key in section.keys {
            let name = format!("{}.{}", section.name, key.name);
            let origin = layers.origin(&name);
            if section.is_hidden && origin == Origin::Default {
                continue;
            }
            shown.push(ShownSetting { value: shown_value(layers, &name, key), key: name, origin });
        }
    }
    shown.extend(providers::shown(layers.providers()));
    shown
}

fn shown_value(layers: &Layers, name: &str, key: &Key) -> Option<String> {
    let found = layers.find(name);
    if key.kind.is_secret() && found.is_some() {
        return Some("***".to_owned());
    }
    match (found, key.kind.preset()) {
        (Some(found), _) if key.kind.is_bare() => match &found.raw {
            Raw::Text(text) => Some(text.clone()),
            Raw::List(_) => Some(found.raw.shown()),
        },
        (Some(found), _) => Some(found.raw.shown()),
        (None, Preset::Value(text)) if key.kind.is_bare() => Some(text.to_owned()),
        (None, Preset::Value(text)) => Some(Raw::Text(text.to_owned()).shown()),
        (None, Preset::EmptyList { .. }) => Some("[]".to_owned()),
        (None, Preset::Unset { .. }) => None,
    }
}

#[cfg(test)]
mod tests;
