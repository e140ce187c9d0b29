//! The names in a request, as the accounts and teams that they mean. Every name that means nothing is a problem of its
//! own.

use std::sync::Arc;

use cratekeep_policy::may_read;
use cratekeep_store::Conn;
use cratekeep_store::team::{NewTeam, TeamRow};
use cratekeep_types::{Account, Actor, Credential, Registry, SessionId, TeamLogin, TeamLoginError, UserName};

use super::change::Way;
use crate::{App, AppError, Caller};

/// Somebody who is to own a crate, or no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    User(Account),
    Team(TeamRow),
    /// A team of GitHub as GitHub knows it now, which may have no row yet.
    AtGitHub(NewTeam),
}

impl App {
    /// Who is meant, each once.
    pub(super) async fn targets(
        &self,
        caller: &Caller,
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
        let (mut targets, mut problems) = (Vec::new(), Vec::new());
        for login in logins {
            match self.target(caller, registry, login, way).await {
                Ok(known) if targets.contains(&known) => {}
                Ok(target) => targets.push(target),
                Err(AppError::Invalid(more)) => problems.extend(more),
                Err(other) => return Err(other),
            }
        }
        if problems.is_empty() { Ok(targets) } else { Err(AppError::Invalid(problems)) }
    }

    async fn target(
        &self,
        caller: &Caller,
        registry: &Registry,
        login: &str,
        way: Way,
    ) -> Result<Target, AppError> {
        if !TeamLogin::is_meant(login) {
            return user(&mut *self.store.read().await?, registry, login, way).await.map(Target::User);
        }
        let known = team(&mut *self.store.read().await?, login, way).await?;
        match known {
            (TeamLogin::GitHub { .. }, Some(row)) if way != Way::Invite => Ok(Target::Team(row)),
            (login @ TeamLogin::GitHub { .. }, _) => {
                self.github_team(caller, &login).await.map(Target::AtGitHub)
            }
            (_, Some(row)) => Ok(Target::Team(row)),
            (login, None) => Err(AppError::invalid(format!(
                "could not find the team `{login}`; an administrator makes it with `cratekeep admin team create`"
            ))),
        }
    }
}

async fn user(conn: &mut Conn, registry: &Registry, login: &str, way: Way) -> Result<Account, AppError> {
    let known = match login.parse::<UserName>() {
        Ok(name) => cratekeep_store::user::find_by_name(conn, &name).await?,
        Err(_) => None,
    };
    let account = match known {
        Some(user) => user.account,
        None if way == Way::Remove => return Err(no_owner(login)),
        None => return Err(AppError::invalid(format!("could not find user with login `{login}`"))),
    };
    if way != Way::Remove && !can_read(conn, &account, registry).await? {
        return Err(AppError::invalid(format!(
            "`{}` is no member of the registry `{}`; ask one of its administrators to add them first",
            account.name, registry.name
        )));
    }
    Ok(account)
}

/// What a login of a team means, with the team that has it here. A team whose name at GitHub went to another one keeps a
/// login here that nobody can ask for, only remove.
async fn team(conn: &mut Conn, login: &str, way: Way) -> Result<(TeamLogin, Option<TeamRow>), AppError> {
    let folded = login.to_ascii_lowercase();
    if way == Way::Remove {
        let row = cratekeep_store::team::find_by_login(conn, &folded).await?;
        let row = row.ok_or_else(|| no_owner(login))?;
        return Ok((TeamLogin::Local(folded), Some(row)));
    }
    let login: TeamLogin =
        login.parse().map_err(|error: TeamLoginError| AppError::invalid(error.to_string()))?;
    let row = cratekeep_store::team::find_by_login(conn, &login.to_string()).await?;
    Ok((login, row))
}

fn no_owner(login: &str) -> AppError {
    AppError::invalid(format!("could not find owner with login `{login}`"))
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
