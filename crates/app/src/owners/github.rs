//! Teams of GitHub as owners: who is in them is known there, and asked there, as whoever wants to do something.

use cratekeep_outbound::{CallError, GitHubApi};
use cratekeep_policy::{Denied, Standing};
use cratekeep_store::team::{NewTeam, TeamRow};
use cratekeep_types::{AccountKind, CrateId, Secret, TeamId, TeamLogin, Timestamp, UserId};
use quick_cache::sync::Cache;

use crate::{App, AppError, Caller};

/// How long GitHub's word on who is in a team counts, in seconds.
const WORD_SECS: i64 = 30;
/// Words of GitHub that are kept in memory.
const WORDS_MAX: usize = 10_000;
/// Most teams of one crate that GitHub is asked about for one request.
const TEAMS_MAX: usize = 10;

/// What GitHub said a moment ago, by identity and team.
pub(crate) struct Words(Cache<(i64, TeamId), Word>);

#[derive(Clone, Copy)]
struct Word {
    is_member: bool,
    said_at: Timestamp,
}

/// Somebody at GitHub, with what it takes to ask as them.
struct Link {
    identity: i64,
    subject: String,
    token: Secret<String>,
}

impl Words {
    pub(crate) fn new() -> Self {
        Self(Cache::new(WORDS_MAX))
    }
}

impl App {
    /// Asks policy with what `caller` is to the crate; where being in a team of GitHub would be enough, and nothing else
    /// is, GitHub is asked too. Gives the proof, and the team of GitHub that it rests on.
    ///
    /// # Errors
    /// The denial of `ask`; [`AppError::Denied`] that says what to do when GitHub cannot be asked as this account or does
    /// not say yes; [`AppError::Unavailable`] when it does not answer.
    pub(crate) async fn prove_in_team<P>(
        &self,
        caller: &Caller,
        krate: Option<CrateId>,
        standing: Standing,
        ask: impl Fn(Standing) -> Result<P, Denied>,
    ) -> Result<(P, Option<TeamId>), AppError> {
        let denied = match ask(standing) {
            Ok(proof) => return Ok((proof, None)),
            Err(denied) => denied,
        };
        let (Some(krate), Standing::Stranger, Ok(proof)) = (krate, standing, ask(Standing::TeamOwner)) else {
            return Err(denied.into());
        };
        let person = caller.actor.account().filter(|account| account.kind == AccountKind::Person);
        let Some(person) = person.map(|account| account.id) else { return Err(denied.into()) };
        let mut teams = cratekeep_store::team_owner::list(&mut *self.store.read().await?, krate).await?;
        teams.retain(|team| is_of_github(&team.team.kind));
        teams.truncate(TEAMS_MAX);
        let mut refusal = AppError::from(denied);
        for team in &teams {
            match self.is_in_github_team(person, team).await {
                Ok(true) => return Ok((proof, Some(team.id))),
                Ok(false) => refusal = not_in(&team.team.login),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    /// The team of GitHub that an account wants to make an owner; it has to be in it, or own the organization.
    pub(super) async fn github_team(&self, caller: &Caller, login: &TeamLogin) -> Result<NewTeam, AppError> {
        let TeamLogin::GitHub { organization, team } = login else {
            return Err(AppError::Internal(format!("{login} is no team of GitHub")));
        };
        let Some((place, api)) = self.providers.github() else {
            return Err(AppError::invalid(format!(
                "could not find the github team {organization}/{team}: GitHub is not among the sign-in providers of this server"
            )));
        };
        let person = caller.actor.account().map(|account| account.id);
        let person = person.ok_or_else(|| AppError::invalid(format!(
            "could not find the github team {organization}/{team}: a person with a GitHub account has to add it first"
        )))?;
        let link = self.github_link(person, place, &login.to_string()).await?;
        let failed = |error| did_not_answer(&login.to_string(), &error);
        let found = api.team(organization, team, &link.token).await.map_err(failed)?.ok_or_else(|| {
            AppError::invalid(format!(
                "could not find the github team {organization}/{team}. Check the name, and that GitHub shows the team to this server: sign in with GitHub again, or let an owner of the organization approve the application"
            ))
        })?;
        let me = api.user(&link.token).await.map_err(failed)?;
        let is_same = me.id.to_string() == link.subject;
        let may_add = is_same
            && (api
                .is_member(found.organization.id, found.id, &me.login, &link.token)
                .await
                .map_err(failed)?
                || api
                    .is_organization_owner(found.organization.id, &me.login, &link.token)
                    .await
                    .map_err(failed)?);
        if !may_add {
            return Err(AppError::Denied(
                "only members of a team or organization owners can add it as an owner".to_owned(),
            ));
        }
        let (owner, slug) = (found.organization.login.to_ascii_lowercase(), found.slug.to_ascii_lowercase());
        Ok(NewTeam {
            login: format!("github:{owner}:{slug}"),
            kind: place.to_owned(),
            name: found.name.unwrap_or(found.slug),
            external_id: Some(found.id.to_string()),
            organization_id: Some(found.organization.id.to_string()),
            avatar: found.organization.avatar_url,
        })
    }

    /// Whether a person is in a team now, by GitHub's word of a moment ago at the latest.
    async fn is_in_github_team(&self, person: UserId, team: &TeamRow) -> Result<bool, AppError> {
        let login = &team.team.login;
        let known = self.providers.github().filter(|(place, _)| *place == team.team.kind);
        let Some((place, api)) = known else {
            return Err(AppError::Denied(format!(
                "this server does not ask the GitHub of `{login}` any more, so its members cannot do this"
            )));
        };
        let link = self.github_link(person, place, login).await?;
        let now = self.clock.now();
        let key = (link.identity, team.id);
        if let Some(word) = self.words.0.get(&key).filter(|word| now < word.said_at.plus_secs(WORD_SECS)) {
            return Ok(word.is_member);
        }
        let is_member = ask(api, &link, team).await.map_err(|error| did_not_answer(login, &error))?;
        self.words.0.insert(key, Word { is_member, said_at: now });
        Ok(is_member)
    }

    /// Who a person is at GitHub, with the token of their last sign-in there.
    async fn github_link(&self, person: UserId, place: &str, login: &str) -> Result<Link, AppError> {
        let found =
            cratekeep_store::identity::list_by_account(&mut *self.store.read().await?, person).await?;
        let last = found.into_iter().filter(|identity| identity.provider == place);
        let Some(identity) = last.max_by_key(|identity| (identity.seen_at, identity.id)) else {
            return Err(AppError::Denied(format!(
                "GitHub is asked who is in `{login}`, and it is not known who you are there: link your GitHub account at {}/settings/identities",
                self.base_url()
            )));
        };
        let sealed = identity.sealed_token.ok_or_else(|| sign_in_again(login))?;
        let plain = self.open(&sealed).await?.ok_or_else(|| sign_in_again(login))?;
        let token = String::from_utf8(plain.expose().clone()).map_err(|_| sign_in_again(login))?;
        Ok(Link { identity: identity.id, subject: identity.subject, token: Secret::new(token) })
    }
}

/// Whether teams of this kind are asked about at GitHub.
pub(super) fn is_of_github(kind: &str) -> bool {
    kind.starts_with("github ")
}

/// Asks GitHub. Its word on a name counts for the person only while the name is theirs, so that is asked first.
async fn ask(api: &GitHubApi, link: &Link, team: &TeamRow) -> Result<bool, CallError> {
    let id = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<u64>().ok());
    let (Some(organization), Some(id)) = (id(&team.team.organization_id), id(&team.team.external_id)) else {
        return Ok(false);
    };
    let me = api.user(&link.token).await?;
    if me.id.to_string() != link.subject {
        return Ok(false);
    }
    api.is_member(organization, id, &me.login, &link.token).await
}

fn not_in(login: &str) -> AppError {
    AppError::Denied(format!(
        "GitHub does not say that you are in `{login}`. If you are, sign in with GitHub again so that this server may see your teams, or let an owner of the organization approve the application; GitHub is asked again after {WORD_SECS} seconds"
    ))
}

fn sign_in_again(login: &str) -> AppError {
    AppError::Denied(format!(
        "GitHub cannot be asked any more whether you are in `{login}`: sign in with GitHub again"
    ))
}

fn did_not_answer(login: &str, error: &CallError) -> AppError {
    if matches!(error, CallError::Status(401)) {
        return sign_in_again(login);
    }
    tracing::warn!(team = login, reason = %error, "GitHub could not be asked about a team");
    AppError::Unavailable(format!(
        "GitHub could not be asked about the team `{login}`; nothing was changed, try again in a moment"
    ))
}
