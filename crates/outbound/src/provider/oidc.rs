//! Signing in by any OpenID Connect provider: discovery, the code flow with PKCE, and the checks of the ID token
//! (OpenID Connect Core 1.0, section 3.1.3.7, and RFC 9700).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use cratekeep_types::{Secret, Timestamp};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims,
    CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse as _,
};

use super::claims::Claims;
use super::{Begin, Finish, ProviderError, Visitor, error_code, failed, unbelievable};
use crate::{Call, CallError, Client};

/// How long discovery and keys are believed, in seconds.
const KNOWN_SECS: i64 = 600;
/// How often keys are fetched again for a key that is not known, within [`KNOWN_SECS`].
const REFETCHES_MAX: usize = 5;
/// How far the clocks of the two sides may differ, in seconds.
const LEEWAY_SECS: i64 = 60;
/// An ID token is younger than this when it is shown, in seconds.
const AGE_SECS_MAX: i64 = 3_600;
/// Longest ID token in bytes.
const TOKEN_BYTES_MAX: usize = 64 << 10;

/// Signatures that are believed: none with a shared secret, and never none at all.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
];

/// An OpenID Connect provider.
#[derive(Clone, Debug)]
pub struct OidcOptions {
    /// The issuer, exactly as its discovery document writes it.
    pub issuer: String,
    /// The client's id there.
    pub client_id: String,
    /// The client's secret; a public client has none.
    pub client_secret: Option<Secret<String>>,
    /// What is asked for; `openid` among it.
    pub scopes: Vec<String>,
    /// The claim that a new account's name is taken from.
    pub login_claim: String,
    /// The claim that lists groups; with a leading `/`, a path into nested claims.
    pub groups_claim: String,
}

type Ready = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What discovery said, and when.
struct Known {
    metadata: CoreProviderMetadata,
    fetched_at: Timestamp,
}

#[derive(Default)]
struct Memory {
    known: Option<Arc<Known>>,
    refetched_at: Vec<Timestamp>,
}

/// An OpenID Connect provider, ready to be asked.
pub(super) struct Oidc {
    options: OidcOptions,
    client: Client,
    memory: Mutex<Memory>,
}

impl fmt::Debug for Oidc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Oidc").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Oidc {
    pub(super) fn new(options: OidcOptions, client: Client) -> Self {
        Self { options, client, memory: Mutex::default() }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.options.issuer
    }

    pub(super) async fn begin(&self, begin: &Begin<'_>) -> Result<String, ProviderError> {
        let known = self.known(begin.now).await?;
        let ready = self.ready(&known.metadata, begin.redirect_uri)?;
        let (state, nonce) = (begin.state.expose().clone(), begin.nonce.expose().clone());
        let verifier = PkceCodeVerifier::new(begin.verifier.expose().clone());
        let scopes = self.options.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new);
        let (url, ..) = ready
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scopes(scopes)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    pub(super) async fn finish(&self, finish: &Finish<'_>) -> Result<Visitor, ProviderError> {
        let known = self.known(finish.now).await?;
        let ready = self.ready(&known.metadata, finish.redirect_uri)?;
        let (id_token, access_token) = self.exchange(&ready, finish).await?;
        let text = id_token.to_string();
        if text.len() > TOKEN_BYTES_MAX {
            return Err(unbelievable(format!("the ID token has more than {TOKEN_BYTES_MAX} bytes")));
        }
        let verified = match self.verified(&id_token, &known, finish) {
            Err(Doubt::UnknownKey) if self.may_refetch(finish.now) => {
                let fresh = self.fetch(finish.now).await?;
                self.verified(&id_token, &fresh, finish)
            }
            first => first,
        };
        let verified = verified.map_err(Doubt::into_error)?;
        let claims = Claims::of_token(&text)?;
        self.check_party(verified, &claims, finish.now)?;
        self.visitor(verified, &claims, &known, finish, access_token).await
    }

    async fn exchange(
        &self,
        ready: &Ready,
        finish: &Finish<'_>,
    ) -> Result<(CoreIdToken, Secret<String>), ProviderError> {
        let http = |request: HttpRequest| send(self.client.clone(), request);
        let exchange = ready
            .exchange_code(AuthorizationCode::new(finish.code.expose().clone()))
            .map_err(|error| unbelievable(format!("discovery names no usable token endpoint: {error}")))?
            .set_pkce_verifier(PkceCodeVerifier::new(finish.verifier.expose().clone()));
        let reply = exchange.request_async(&http).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(refusal) => {
                ProviderError::Refused(error_code(refusal.error().as_ref()))
            }
            RequestTokenError::Request(cause) => failed("asking for a token")(cause),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                unbelievable("the answer of the token endpoint is not what it has to be")
            }
        })?;
        let id_token = reply.id_token().ok_or_else(|| unbelievable("the answer holds no ID token"))?;
        Ok((id_token.clone(), Secret::new(reply.access_token().secret().clone())))
    }

    /// The claims, when signature, issuer, audience, nonce and times are good.
    fn verified<'t>(
        &self,
        id_token: &'t CoreIdToken,
        known: &Known,
        finish: &Finish<'_>,
    ) -> Result<&'t CoreIdTokenClaims, Doubt> {
        let issuer = IssuerUrl::new(self.options.issuer.clone())
            .map_err(|_| Doubt::Other("the issuer is no URL".to_owned()))?;
        let now = finish.now;
        let verifier = CoreIdTokenVerifier::new_public_client(
            ClientId::new(self.options.client_id.clone()),
            issuer,
            known.metadata.jwks().clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || moment(now, -LEEWAY_SECS).into())
        .set_issue_time_verifier_fn(move |issued| {
            let issued = std::time::SystemTime::from(issued);
            match issued <= moment(now, LEEWAY_SECS) && issued >= moment(now, -AGE_SECS_MAX) {
                true => Ok(()),
                false => Err("it was issued in the future, or long ago".to_owned()),
            }
        });
        let nonce = Nonce::new(finish.nonce.expose().clone());
        id_token.claims(&verifier, &nonce).map_err(Doubt::from)
    }

    /// What the library leaves to its caller: for whom the token was made, and from when it counts.
    fn check_party(
        &self,
        verified: &CoreIdTokenClaims,
        claims: &Claims,
        now: Timestamp,
    ) -> Result<(), ProviderError> {
        let ours = &self.options.client_id;
        if claims.text("azp")?.is_some_and(|azp| azp != ours) || verified.audiences().len() != 1 {
            return Err(unbelievable("the ID token was made for another client"));
        }
        let latest = (now.0 / 1_000_000 + LEEWAY_SECS) as f64;
        if claims.seconds("nbf")?.is_some_and(|from| from > latest) {
            return Err(unbelievable("the ID token does not count yet"));
        }
        Ok(())
    }

    async fn visitor(
        &self,
        verified: &CoreIdTokenClaims,
        claims: &Claims,
        known: &Known,
        finish: &Finish<'_>,
        access_token: Secret<String>,
    ) -> Result<Visitor, ProviderError> {
        let subject = verified.subject().as_str().to_owned();
        let name = self.options.groups_claim.as_str();
        let groups = match claims.list(name)? {
            None if finish.wants_groups => {
                self.groups_of_user_info(&known.metadata, &subject, &access_token).await?
            }
            groups => groups.unwrap_or_default(),
        };
        let email = claims.text("email")?.map(str::to_owned);
        Ok(Visitor {
            login: claims.text(&self.options.login_claim)?.unwrap_or_default().to_owned(),
            display_name: claims.text("name")?.map(str::to_owned),
            email_verified: email.is_some() && verified.email_verified() == Some(true),
            email,
            groups,
            subject,
            token: None,
        })
    }

    /// Some providers tell groups only there. The answer has to be about the same person.
    async fn groups_of_user_info(
        &self,
        metadata: &CoreProviderMetadata,
        subject: &str,
        access_token: &Secret<String>,
    ) -> Result<Vec<String>, ProviderError> {
        let Some(endpoint) = metadata.userinfo_endpoint() else { return Ok(Vec::new()) };
        let what = "asking for the groups of the person";
        let call = Call::get(endpoint.as_str()).wants_json().bearer(access_token.expose());
        let reply = self.client.send(call.map_err(failed(what))?).await.map_err(failed(what))?;
        let claims: Claims = reply.json().map_err(failed(what))?;
        if claims.text("sub")? != Some(subject) {
            return Err(unbelievable("the user-info endpoint told about somebody else"));
        }
        Ok(claims.list(&self.options.groups_claim)?.unwrap_or_default())
    }

    fn ready(&self, metadata: &CoreProviderMetadata, redirect_uri: &str) -> Result<Ready, ProviderError> {
        let secret = self.options.client_secret.as_ref();
        let only_post = metadata.token_endpoint_auth_methods_supported().is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        });
        let redirect = RedirectUrl::new(redirect_uri.to_owned())
            .map_err(|_| unbelievable("the address of this server is no URL"))?;
        Ok(CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.options.client_id.clone()),
            secret.map(|secret| ClientSecret::new(secret.expose().clone())),
        )
        .set_auth_type(if only_post { AuthType::RequestBody } else { AuthType::BasicAuth })
        .set_redirect_uri(redirect))
    }

    /// Discovery and keys, from memory while they are young.
    async fn known(&self, now: Timestamp) -> Result<Arc<Known>, ProviderError> {
        let known = self.memory().known.clone();
        match known {
            Some(known) if (now.0 - known.fetched_at.0).abs() < KNOWN_SECS * 1_000_000 => Ok(known),
            _ => self.fetch(now).await,
        }
    }

    async fn fetch(&self, now: Timestamp) -> Result<Arc<Known>, ProviderError> {
        let issuer = &self.options.issuer;
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let what = "reading the discovery document";
        let metadata: CoreProviderMetadata = self.client.get_json(&address).await.map_err(failed(what))?;
        if metadata.issuer().as_str() != issuer {
            return Err(unbelievable("the discovery document names another issuer"));
        }
        let plain_issuer = issuer.starts_with("http://");
        let endpoints = [
            Some(metadata.authorization_endpoint().as_str()),
            metadata.token_endpoint().map(|url| url.as_str()),
            Some(metadata.jwks_uri().as_str()),
            metadata.userinfo_endpoint().map(|url| url.as_str()),
        ];
        if endpoints.into_iter().flatten().any(|url| !url.starts_with("https://") && !plain_issuer) {
            return Err(unbelievable("the discovery document names an address that is not encrypted"));
        }
        let keys: CoreJsonWebKeySet =
            self.client.get_json(metadata.jwks_uri().as_str()).await.map_err(failed("reading the keys"))?;
        let known = Arc::new(Known { metadata: metadata.set_jwks(keys), fetched_at: now });
        self.memory().known = Some(known.clone());
        Ok(known)
    }

    /// Whether keys may be fetched for a key that is not known: a few times only, however many such tokens come.
    fn may_refetch(&self, now: Timestamp) -> bool {
        let mut memory = self.memory();
        memory.refetched_at.retain(|at| (now.0 - at.0).abs() < KNOWN_SECS * 1_000_000);
        let may = memory.refetched_at.len() < REFETCHES_MAX;
        if may {
            memory.refetched_at.push(now);
        }
        may
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why an ID token is not believed.
enum Doubt {
    /// No key of those known fits: the provider may have new ones.
    UnknownKey,
    Other(String),
}

impl Doubt {
    fn into_error(self) -> ProviderError {
        match self {
            Self::UnknownKey => unbelievable("no key of the provider fits the ID token"),
            Self::Other(text) => unbelievable(text),
        }
    }
}

impl From<ClaimsVerificationError> for Doubt {
    fn from(error: ClaimsVerificationError) -> Self {
        use ClaimsVerificationError as Error;
        let text = match error {
            Error::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                return Self::UnknownKey;
            }
            Error::SignatureVerification(_) => "its signature cannot be believed",
            Error::Expired(_) => "its time is over or has not come",
            Error::InvalidAudience(_) => "it was made for another client",
            Error::InvalidIssuer(_) => "it names another issuer",
            Error::InvalidNonce(_) => "it does not repeat what this sign-in began with",
            _ => "it is not what an ID token has to be",
        };
        Self::Other(format!("the ID token is not good: {text}"))
    }
}

/// A moment so many seconds after `now`.
fn moment(now: Timestamp, secs: i64) -> std::time::SystemTime {
    let micros = now.0.saturating_add(secs * 1_000_000);
    UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse, CallError> {
    let (parts, body) = request.into_parts();
    let mut call = Call::new(parts.method, &parts.uri.to_string(), body.into());
    for (name, value) in &parts.headers {
        let text = value.to_str().map_err(|_| CallError::Header(name.to_string()))?;
        call = call.header(name.clone(), text)?;
    }
    let reply = client.send(call).await?;
    let mut response = HttpResponse::new(reply.body.to_vec());
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    Ok(response)
}
