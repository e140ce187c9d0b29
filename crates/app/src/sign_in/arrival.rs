//! Who has arrived, by whatever way: may they come, which account is theirs, what do their groups give.

use std::net::IpAddr;

use cratekeep_outbound::provider::Visitor;
use cratekeep_store::Tx;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::identity::NewIdentity;
use cratekeep_types::{Timestamp, UserId};

use super::groups::Given;
use super::{Arrived, Known, ProviderKind, accounts, groups, no_such_provider};
use crate::{App, AppError, Caller, SessionText, SignIn};

/// Longest value of a proxy's header in bytes.
const HEADER_BYTES_MAX: usize = 16 << 10;

/// A request that came through a proxy.
pub struct ThroughProxy<'a> {
    /// The other end of the connection itself, whatever headers say.
    pub socket: IpAddr,
    /// Every value of a header, `None` for one that is no text.
    pub header: &'a (dyn Fn(&str) -> Vec<Option<String>> + Sync),
    /// The own path to go on to.
    pub next: &'a str,
    /// What the browser calls itself.
    pub agent: Option<&'a str>,
}

/// What is decided about somebody before the write.
#[derive(Clone)]
struct Arrival {
    place: String,
    source: String,
    new: NewIdentity,
    email: Option<String>,
    links_to: Option<UserId>,
    signs_up: bool,
    may_come: bool,
    /// While nothing changes, who is known may come, and nobody is linked or gets an account.
    is_read_only: bool,
    given: Given,
}

/// What the write came to.
enum Outcome {
    Account(UserId),
    Refused,
    ReadOnly,
}

impl App {
    /// Signs in whom a proxy names in its headers.
    ///
    /// # Errors
    /// [`AppError::Denied`] for a connection that is not the proxy's, and for headers that are not as they have to be.
    pub async fn come_through_proxy(
        &self,
        caller: &Caller,
        name: &str,
        request: &ThroughProxy<'_>,
    ) -> Result<Arrived, AppError> {
        let arrived = self.take_word_of_proxy(caller, name, request).await;
        self.note_if_refused(caller, name, &arrived);
        arrived
    }

    async fn take_word_of_proxy(
        &self,
        caller: &Caller,
        name: &str,
        request: &ThroughProxy<'_>,
    ) -> Result<Arrived, AppError> {
        let known = self.known_provider(name)?;
        let ProviderKind::Proxy(proxy) = &known.settings.kind else { return Err(no_such_provider(name)) };
        if !proxy.trusts(request.socket) {
            tracing::warn!(provider = name, socket = %request.socket, "headers of a proxy came from elsewhere");
            return Err(AppError::Denied(
                "this way of signing in is for requests through the proxy of this server".to_owned(),
            ));
        }
        let one = |header: &Option<String>| match header {
            Some(header) => header_of(request, header),
            None => Ok(None),
        };
        let subject = header_of(request, &proxy.user_header)?.ok_or_else(|| {
            AppError::Denied(format!(
                "the proxy did not say who you are in the header `{}`",
                proxy.user_header
            ))
        })?;
        let groups = one(&proxy.groups_header)?.unwrap_or_default();
        let visitor = Visitor {
            login: one(&proxy.login_header)?.unwrap_or_else(|| subject.clone()),
            display_name: None,
            email: one(&proxy.email_header)?,
            email_verified: false,
            groups: groups
                .split(',')
                .map(str::trim)
                .filter(|group| !group.is_empty())
                .map(str::to_owned)
                .collect(),
            token: None,
            subject,
        };
        visitor.check().map_err(|error| known.did_not_work(&error))?;
        let session = self.arrive(caller, known, visitor, None, request.agent).await?;
        Ok(Arrived { session, next: request.next.to_owned() })
    }

    /// Lets somebody in whom a provider vouches for, if they may come. Returns their session, or nothing after an
    /// identity was linked.
    pub(super) async fn arrive(
        &self,
        caller: &Caller,
        known: &Known,
        visitor: Visitor,
        links_to: Option<UserId>,
        agent: Option<&str>,
    ) -> Result<Option<SessionText>, AppError> {
        let arrival = self.judge(known, visitor, links_to).await?;
        let (salt, at) = (hex::encode(&self.entropy.bytes()[..4]), self.clock.now());
        let audit = caller.audit("sign-in", at);
        let done = self
            .store
            .write("arrive", move |tx| {
                let (arrival, audit, salt) = (arrival.clone(), audit.clone(), salt.clone());
                Box::pin(async move { settle(tx, &arrival, &audit, &salt, at).await })
            })
            .await?;
        if !done.events.is_empty() {
            self.identities.forget_all();
            self.settle(&done.events).await;
        }
        match (done.value, links_to) {
            (Outcome::Refused, _) => Err(AppError::Denied(format!(
                "you may not sign in here with {}; ask who runs this server",
                known.settings.title
            ))),
            (Outcome::ReadOnly, _) => Err(self.site().refusal().unwrap_or_else(|| {
                AppError::Unavailable("this server was in read-only mode a moment ago; try again".to_owned())
            })),
            (Outcome::Account(_), Some(_)) => Ok(None),
            (Outcome::Account(account), None) => {
                let sign_in = SignIn { method: &known.settings.name, agent };
                self.begin_session(caller, account, sign_in).await.map(Some)
            }
        }
    }

    async fn judge(
        &self,
        known: &Known,
        visitor: Visitor,
        links_to: Option<UserId>,
    ) -> Result<Arrival, AppError> {
        let settings = &known.settings;
        let sealed_token = match &visitor.token {
            Some(token) => Some(self.seal(token.expose().as_bytes()).await?),
            None => None,
        };
        let in_group = settings.allowed_groups.is_empty()
            || visitor.groups.iter().any(|group| settings.allowed_groups.contains(group));
        let domain = visitor.email.as_ref().filter(|_| visitor.email_verified);
        let domain =
            domain.and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain.to_ascii_lowercase());
        let in_domain = settings.allowed_domains.is_empty()
            || domain.is_some_and(|domain| settings.allowed_domains.contains(&domain));
        Ok(Arrival {
            place: known.place.clone(),
            source: settings.name.clone(),
            given: self.given_by(settings, &visitor.groups),
            new: NewIdentity {
                account: UserId(0),
                provider: known.place.clone(),
                subject: visitor.subject,
                login: visitor.login,
                sealed_token,
            },
            email: visitor.email,
            links_to,
            signs_up: settings.signs_up,
            may_come: in_group && in_domain,
            is_read_only: self.site().read_only.is_some(),
        })
    }
}

/// Everything that changes when somebody arrives, in one write. Who may no longer come loses what the groups gave.
async fn settle(
    tx: &mut Tx,
    arrival: &Arrival,
    audit: &NewAudit,
    salt: &str,
    at: Timestamp,
) -> Result<Outcome, AppError> {
    let found = cratekeep_store::identity::find(tx, &arrival.place, &arrival.new.subject).await?;
    if let (Some(found), Some(account)) = (&found, arrival.links_to)
        && found.account != account
    {
        return Err(AppError::Conflict(
            "this sign-in belongs to another account here; sign in with it, and unlink it there first"
                .to_owned(),
        ));
    }
    let account = match (&found, arrival.links_to) {
        (Some(found), _) => {
            let (login, token) = (&arrival.new.login, arrival.new.sealed_token.as_deref());
            cratekeep_store::identity::touch(tx, found.id, login, token, at).await?;
            found.account
        }
        (None, _) if !arrival.may_come => return Ok(Outcome::Refused),
        (None, _) if arrival.is_read_only => return Ok(Outcome::ReadOnly),
        (None, Some(account)) => link(tx, arrival, account, audit, at).await?,
        (None, None) if arrival.signs_up => {
            let wish = accounts::Wish { login: &arrival.new.login, email: arrival.email.as_deref(), salt };
            let account = accounts::make(tx, &wish, audit, at).await?;
            link(tx, arrival, account, audit, at).await?
        }
        (None, None) => return Ok(Outcome::Refused),
    };
    groups::sync(tx, account, &arrival.source, &arrival.given, audit, at).await?;
    if arrival.may_come { Ok(Outcome::Account(account)) } else { Ok(Outcome::Refused) }
}

async fn link(
    tx: &mut Tx,
    arrival: &Arrival,
    account: UserId,
    audit: &NewAudit,
    at: Timestamp,
) -> Result<UserId, AppError> {
    let new = NewIdentity { account, ..arrival.new.clone() };
    cratekeep_store::identity::insert(tx, &new, at).await?;
    let after = format!("user {account}: {} id {}", new.provider, new.subject);
    tx.audit(NewAudit { action: "identity-link".to_owned(), after: Some(after), ..audit.clone() });
    Ok(account)
}

/// The one value of a header; two of them, or one that is no text, come from nowhere good.
fn header_of(request: &ThroughProxy<'_>, name: &str) -> Result<Option<String>, AppError> {
    let odd = || AppError::Denied(format!("the header `{name}` of the proxy is not as it has to be"));
    let values = (request.header)(name);
    match values.as_slice() {
        [] => Ok(None),
        [Some(text)] if text.len() <= HEADER_BYTES_MAX => {
            let text = text.trim();
            Ok((!text.is_empty()).then(|| text.to_owned()))
        }
        _ => Err(odd()),
    }
}
