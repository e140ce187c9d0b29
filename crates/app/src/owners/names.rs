//! The names in a request, as the accounts and teams that they mean. Every name that means nothing is a problem of its
//! own.

use std::sync::Arc;

use cratekeep_policy::may_read;
use cratekeep_store::Conn;
use cratekeep_store::team::TeamRow;
use cratekeep_types::{Account, Actor, Credential, Registry, SessionId, TeamLogin, UserName};

use super::change::Way;
use crate::{App, AppError};

/// Somebody who is to own a crate, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    User(Account),
    Team(TeamRow),
}

impl App {
    /// Who is meant, each once.
    pub(super) async fn targets(
        &self,
        registry: &Registry,
        logins: &[String],
        way: Way,
    ) -> Result<Vec<Target>, AppError> {
        let most = self.options.owners_per_request_max;
        if logins.is_empty() {
            return Err(AppError::invalid("the list `users` is empty: name somebody"));
        }
        if logins.len() > most {
            return Err(AppError::invalid(format!("too many invites for this request - maximum {most}")));
        }
        let mut conn = self.store.read().await?;
        let (mut targets, mut problems) = (Vec::new(), Vec::new());
        for login in logins {
            match target(&mut conn, registry, login, way).await {
                Ok(known) if targets.contains(&known) => {}
                Ok(target) => targets.push(target),
                Err(AppError::Invalid(more)) => problems.extend(more),
                Err(other) => return Err(other),
            }
        }
        if problems.is_empty() { Ok(targets) } else { Err(AppError::Invalid(problems)) }
    }
}

async fn target(conn: &mut Conn, registry: &Registry, login: &str, way: Way) -> Result<Target, AppError> {
    if TeamLogin::is_meant(login) {
        return team(conn, login, way).await.map(Target::Team);
    }
    let known = match login.parse::<UserName>() {
        Ok(name) => cratekeep_store::user::find_by_name(conn, &name).await?,
        Err(_) => None,
    };
    let account = match known {
        Some(user) => user.account,
        None if way == Way::Remove => {
            return Err(AppError::invalid(format!("could not find owner with login `{login}`")));
        }
        None => return Err(AppError::invalid(format!("could not find user with login `{login}`"))),
    };
    if way != Way::Remove && !can_read(conn, &account, registry).await? {
        return Err(AppError::invalid(format!(
            "`{}` is no member of the registry `{}`; ask one of its administrators to add them first",
            account.name, registry.name
        )));
    }
    Ok(Target::User(account))
}

async fn team(conn: &mut Conn, login: &str, way: Way) -> Result<TeamRow, AppError> {
    let parsed: Result<TeamLogin, _> = login.parse();
    let login = match (parsed, way) {
        (Ok(login), _) => login,
        (Err(_), Way::Remove) => {
            return Err(AppError::invalid(format!("could not find owner with login `{login}`")));
        }
        (Err(error), _) => return Err(AppError::invalid(error.to_string())),
    };
    let known = cratekeep_store::team::find_by_login(conn, &login.to_string()).await?;
    known.ok_or_else(|| match (&login, way) {
        (_, Way::Remove) => AppError::invalid(format!("could not find owner with login `{login}`")),
        (TeamLogin::Local(_), _) => AppError::invalid(format!(
            "could not find the team `{login}`; an administrator makes it with `cratekeep admin team create`"
        )),
        (TeamLogin::GitHub { organization, team }, _) => AppError::invalid(format!(
            "could not find the github team {organization}/{team}. No crate here has had it as an owner, and this server does not ask GitHub about teams"
        )),
    })
}

/// Whether an account could read the registry, as whoever it is signed in as itself.
pub(crate) async fn can_read(
    conn: &mut Conn,
    account: &Account,
    registry: &Registry,
) -> Result<bool, AppError> {
    let memberships = cratekeep_store::member::memberships(conn, account.id).await?;
    let actor = Actor::Account {
        account: account.clone(),
        credential: Credential::Session { id: SessionId(0) },
        memberships: Arc::new(memberships),
    };
    Ok(may_read(&actor, registry).is_ok())
}
