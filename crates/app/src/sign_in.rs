//! Signing in by other places: OpenID Connect providers, GitHub, GitLab, and a proxy that has asked already.
//!
//! A person is known by (place, stable id there) and by nothing else: neither an equal mail address nor an equal name
//! leads into an account that somebody else has.

mod accounts;
mod arrival;
mod groups;
mod links;
mod options;

use cratekeep_outbound::provider::{Begin, Finish, Provider, ProviderError};
use cratekeep_outbound::{Client, GitHubApi};
use cratekeep_store::ticket::Purpose;
use cratekeep_types::{Checksum, Secret, UserId};
use serde::{Deserialize, Serialize};

use crate::limits::Action;
use crate::sessions::session_of;
use crate::tickets::payload_of;
use crate::{App, AppError, Attempt, Caller, SessionText};

pub use arrival::ThroughProxy;
pub use links::LinkedIdentity;
pub use options::{ProviderKind, ProviderSettings, ProxySettings};

/// How long somebody may take at a provider, in seconds.
pub const WAY_SECS_MAX: i64 = 600;

/// The providers of this server, ready to be asked.
#[derive(Debug)]
pub(crate) struct Providers(Vec<Known>);

#[derive(Debug)]
pub(crate) struct Known {
    settings: ProviderSettings,
    /// What vouches for identities: it names the place itself, so that a provider that takes over the name of another in
    /// the settings does not take over its people.
    place: String,
    /// `None` for a proxy, which is not asked.
    provider: Option<Provider>,
}

/// A provider as a page offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderOffer {
    /// Its name: the page is `/sign-in/NAME`.
    pub name: String,
    /// What the button says.
    pub title: String,
}

/// How somebody sets out for a provider.
#[derive(Clone, Copy, Debug)]
pub struct SetOut<'a> {
    /// The own path to go on to afterwards.
    pub next: &'a str,
    /// Whether the identity is to be linked to the account that is signed in.
    pub links: bool,
}

/// Somebody on the way to a provider.
#[derive(Clone, Debug)]
pub struct OnTheWay {
    /// Where the browser goes.
    pub url: String,
    /// What the browser keeps for its way back, in a cookie for [`WAY_SECS_MAX`].
    pub binding: Secret<String>,
    /// What it brings back, also part of the address.
    pub state: Secret<String>,
}

/// What a browser brings back from a provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct ComeBack<'a> {
    /// The state.
    pub state: &'a str,
    /// The code; empty when the provider said no.
    pub code: &'a str,
    /// The error of the provider; empty when it said yes.
    pub error: &'a str,
    /// The issuer, if the provider names itself (RFC 9207).
    pub issuer: Option<&'a str>,
    /// What the browser kept.
    pub binding: Option<&'a str>,
    /// What the browser calls itself.
    pub agent: Option<&'a str>,
}

/// Somebody who has arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The session; none when an identity was linked to the account that was signed in already.
    pub session: Option<SessionText>,
    /// The own path to go on to.
    pub next: String,
}

/// What is kept of a way to a provider.
#[derive(Clone, Serialize, Deserialize)]
struct Way {
    provider: String,
    place: String,
    nonce: String,
    verifier: String,
    binding: String,
    next: String,
    links_to: Option<i64>,
}

impl Providers {
    pub(crate) fn new(settings: &[ProviderSettings], client: &Client) -> Self {
        let known = settings.iter().map(|settings| {
            let provider = match &settings.kind {
                ProviderKind::Asked(options) => Some(Provider::new(options.clone(), client.clone())),
                ProviderKind::Proxy(_) => None,
            };
            Known { place: settings.place(), settings: settings.clone(), provider }
        });
        Self(known.collect())
    }

    /// The first GitHub of the settings: the place as identities name it, and its API.
    pub(crate) fn github(&self) -> Option<(&str, &GitHubApi)> {
        self.0.iter().find_map(|known| Some((known.place.as_str(), known.provider.as_ref()?.github()?)))
    }

    fn find(&self, name: &str) -> Option<&Known> {
        self.0.iter().find(|known| known.settings.name == name)
    }
}

impl App {
    /// The providers that the sign-in page offers, in the order of the settings.
    #[must_use]
    pub fn sign_in_providers(&self) -> Vec<ProviderOffer> {
        let offer = |known: &Known| ProviderOffer {
            name: known.settings.name.clone(),
            title: known.settings.title.clone(),
        };
        self.providers.0.iter().map(offer).collect()
    }

    /// Whether signing in by this provider means to be sent there; otherwise a proxy has asked already.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such provider.
    pub fn is_asked(&self, name: &str) -> Result<bool, AppError> {
        Ok(self.known_provider(name)?.provider.is_some())
    }

    /// Sends somebody on the way to a provider.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown provider, [`AppError::Denied`] when it cannot be asked or nobody is signed
    /// in to link it to.
    pub async fn set_out(&self, caller: &Caller, name: &str, wish: SetOut<'_>) -> Result<OnTheWay, AppError> {
        let known = self.known_provider(name)?;
        let Some(provider) = &known.provider else { return Err(no_such_provider(name)) };
        let links_to = match wish.links {
            true => Some(self.who_links(caller)?.0),
            false => None,
        };
        self.spend(caller, Action::SignInAddress).await?;
        let binding = hex::encode(self.entropy.bytes());
        let way = Way {
            provider: name.to_owned(),
            place: known.place.clone(),
            nonce: hex::encode(self.entropy.bytes()),
            verifier: hex::encode(self.entropy.bytes()),
            binding: Checksum::of(binding.as_bytes()).to_string(),
            next: wish.next.to_owned(),
            links_to,
        };
        let state = self.issue_ticket(Purpose::ProviderSignIn, None, &way, WAY_SECS_MAX).await?;
        let begin = Begin {
            redirect_uri: &self.way_back(name),
            state: &state,
            nonce: &Secret::new(way.nonce),
            verifier: &Secret::new(way.verifier),
            now: self.clock.now(),
        };
        let url = provider.begin(&begin).await.map_err(|error| known.did_not_work(&error))?;
        Ok(OnTheWay { url, binding: Secret::new(binding), state })
    }

    /// Signs in who comes back from a provider, or links the identity to the account that is signed in.
    ///
    /// # Errors
    /// [`AppError::Denied`] for everything that is not as it has to be; the text tells a stranger nothing.
    pub async fn come_back(
        &self,
        caller: &Caller,
        name: &str,
        back: ComeBack<'_>,
    ) -> Result<Arrived, AppError> {
        let arrived = self.finish_way(caller, name, back).await;
        self.note_if_refused(caller, name, &arrived);
        arrived
    }

    async fn finish_way(&self, caller: &Caller, name: &str, back: ComeBack<'_>) -> Result<Arrived, AppError> {
        let known = self.known_provider(name)?;
        let Some(provider) = &known.provider else { return Err(no_such_provider(name)) };
        let way = self.take_way(known, &back).await?;
        if !back.error.is_empty() || back.code.is_empty() {
            let title = &known.settings.title;
            return Err(AppError::Denied(format!("{title} did not sign you in; begin again if you want to")));
        }
        let is_issuer = |named: &str| provider.issuer().is_none_or(|issuer| issuer == named);
        if !back.issuer.is_none_or(is_issuer) {
            return Err(
                known.did_not_work(&ProviderError::Unbelievable("another issuer answered".to_owned()))
            );
        }
        let links_to = self.still_links(caller, way.links_to)?;
        let finish = Finish {
            code: &Secret::new(back.code.to_owned()),
            redirect_uri: &self.way_back(name),
            nonce: &Secret::new(way.nonce),
            verifier: &Secret::new(way.verifier),
            now: self.clock.now(),
            wants_groups: known.settings.wants_groups(),
        };
        let visitor = provider.finish(&finish).await.map_err(|error| known.did_not_work(&error))?;
        let session = self.arrive(caller, known, visitor, links_to, back.agent).await?;
        Ok(Arrived { session, next: way.next })
    }

    /// Writes a refused sign-in down.
    fn note_if_refused(&self, caller: &Caller, provider: &str, arrived: &Result<Arrived, AppError>) {
        if let Err(error @ (AppError::Denied(_) | AppError::Conflict(_))) = arrived {
            let attempt = Attempt { action: "sign-in".to_owned(), ..Attempt::default() };
            self.note_refusal(caller, attempt, &format!("by `{provider}`: {error}"));
        }
    }

    /// The provider of clients that know of one only: the first GitHub, or else the first that is asked at all.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none.
    pub fn only_provider(&self) -> Result<&str, AppError> {
        let asked = || self.providers.0.iter().filter_map(|known| Some((known, known.provider.as_ref()?)));
        let github = asked().find(|(_, provider)| provider.github().is_some());
        let found = github.or_else(|| asked().next());
        found.map(|(known, _)| known.settings.name.as_str()).ok_or_else(|| {
            AppError::NotFound("this server has no sign-in provider; sign in on its pages".to_owned())
        })
    }

    /// Whether a browser that comes back set out here a while ago.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown provider.
    pub async fn has_set_out(&self, name: &str, back: &ComeBack<'_>) -> Result<bool, AppError> {
        Ok(self.way_of(self.known_provider(name)?, back).await?.is_some())
    }

    /// Takes what was kept of the way; it is good once, and only in the browser that set out.
    async fn take_way(&self, known: &Known, back: &ComeBack<'_>) -> Result<Way, AppError> {
        let lost = || {
            AppError::Denied(
                "this sign-in was not begun in this browser, or too long ago; begin again on the sign-in page"
                    .to_owned(),
            )
        };
        let way = self.way_of(known, back).await?.ok_or_else(lost)?;
        self.spend_ticket(Purpose::ProviderSignIn, back.state).await?.ok_or_else(lost)?;
        Ok(way)
    }

    /// What was kept of the way of the browser that comes back.
    async fn way_of(&self, known: &Known, back: &ComeBack<'_>) -> Result<Option<Way>, AppError> {
        let Some(found) = self.find_ticket(Purpose::ProviderSignIn, back.state).await? else {
            return Ok(None);
        };
        let way: Way = payload_of(&found)?;
        let binding = back.binding.map(|text| Checksum::of(text.as_bytes()).to_string());
        let is_ours = binding.as_deref() == Some(way.binding.as_str())
            && way.provider == known.settings.name
            && way.place == known.place;
        Ok(is_ours.then_some(way))
    }

    /// The account that asks to link an identity: only a session may, so that no token makes a way in.
    fn who_links(&self, caller: &Caller) -> Result<UserId, AppError> {
        session_of(&caller.actor).map(|(account, _)| account).ok_or_else(|| {
            AppError::Denied("this is for who is signed in with a browser: sign in first".to_owned())
        })
    }

    /// Who set out to link an identity has to be signed in still, as the same account.
    fn still_links(&self, caller: &Caller, links_to: Option<i64>) -> Result<Option<UserId>, AppError> {
        let Some(account) = links_to.map(UserId) else { return Ok(None) };
        if self.who_links(caller)? != account {
            return Err(AppError::Denied("another account is signed in now; begin again".to_owned()));
        }
        Ok(Some(account))
    }

    fn known_provider(&self, name: &str) -> Result<&Known, AppError> {
        self.providers.find(name).ok_or_else(|| no_such_provider(name))
    }

    /// Where a provider sends browsers back to; registered there.
    fn way_back(&self, name: &str) -> String {
        format!("{}/sign-in/{name}/callback", self.base_url())
    }
}

impl Known {
    /// What somebody at the browser is told; the log is told why.
    fn did_not_work(&self, error: &ProviderError) -> AppError {
        let name = &self.settings.name;
        tracing::warn!(provider = name, reason = %error, "a sign-in by a provider did not work");
        AppError::Denied(format!(
            "signing in with {} did not work; try again, and if it stays so, tell who runs this server: the log says why",
            self.settings.title
        ))
    }
}

fn no_such_provider(name: &str) -> AppError {
    let name: String = name.chars().take(64).collect();
    AppError::NotFound(format!("there is no sign-in by `{name}`; the sign-in page shows what there is"))
}
