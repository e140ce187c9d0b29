//! `…/trusted_publishing/…`: rules of owners, and identities of builds for tokens. Shapes and texts are crates.io's;
//! `oidc_configs` are ours, in the same manner.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, TrustConfig, TrustFields, TrustOf, TrustProvider};
use cratekeep_http::{ApiError, InRegistry, Params, json, limited_body};
use cratekeep_types::{TrustedPublisherId, UserId};
use cratekeep_wire::trusted_publishing::{ExchangeReply, ExchangeRequest};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Map, Value, json as value};

use crate::paging::{Query, seek_text};

/// Longest body in bytes.
const BODY_BYTES_MAX: usize = 64 << 10;

/// `POST …/tokens`
pub(crate) async fn exchange(
    State(app): State<App>,
    InRegistry { registry, caller }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    let request: ExchangeRequest = serde_json::from_slice(&bytes)
        .map_err(|_| AppError::invalid("the body is not JSON of the form {\"jwt\":\"…\"}"))?;
    let token = app.exchange_identity(&caller, &registry, &request.jwt, request.krate.as_deref()).await?;
    Ok(json(&ExchangeReply { token: token.expose().to_owned() }))
}

/// `DELETE …/tokens`
pub(crate) async fn revoke(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let shown = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    app.revoke_build_token(&caller, shown).await?;
    Ok(no_content())
}

/// The three handlers of a kind of rules.
macro_rules! configs {
    ($($module:ident: $Provider:ident,)+) => {$(
        /// Rules of this kind.
        pub(crate) mod $module {
            use super::*;

            /// `GET …_configs`
            pub(crate) async fn list(
                State(app): State<App>,
                within: InRegistry,
                uri: Uri,
            ) -> Result<Response, ApiError> {
                super::list(&app, &within, TrustProvider::$Provider, &uri).await
            }

            /// `POST …_configs`
            pub(crate) async fn create(
                State(app): State<App>,
                within: InRegistry,
                body: Body,
            ) -> Result<Response, ApiError> {
                super::create(&app, &within, TrustProvider::$Provider, body).await
            }

            /// `DELETE …_configs/{id}`
            pub(crate) async fn remove(
                State(app): State<App>,
                within: InRegistry,
                params: Params,
            ) -> Result<Response, ApiError> {
                super::remove(&app, &within, TrustProvider::$Provider, params.get("id")).await
            }
        }
    )+};
}

configs! {
    github: Github,
    gitlab: Gitlab,
    oidc: Oidc,
}

async fn list(
    app: &App,
    InRegistry { registry, caller }: &InRegistry,
    provider: TrustProvider,
    uri: &Uri,
) -> Result<Response, ApiError> {
    app.may_send(caller)?;
    let query = Query::of(uri.query())?;
    let of = match (query.get("crate"), query.get("user_id")) {
        (Some(name), None) => TrustOf::Crate(name),
        (None, Some(user)) => {
            let id =
                user.parse().map_err(|_| AppError::invalid(format!("`{user}` is no number of a user")))?;
            TrustOf::User(UserId(id))
        }
        _ => return Err(AppError::invalid("name either `crate` or `user_id`, and not both").into()),
    };
    let (after, limit) = (query.seek::<i64>()?.unwrap_or(0), query.per_page()?);
    let place = (TrustedPublisherId(after), limit);
    let (configs, total) = app.list_trust_configs(caller, registry, (provider, of), place).await?;
    let mut meta = Map::from_iter([("total".to_owned(), Value::from(total))]);
    if let Some(last) = configs.last().filter(|_| configs.len() == limit as usize) {
        meta.insert("next_page".to_owned(), Value::from(query.with("seek", &seek_text(&last.id.0))));
    }
    let configs: Vec<_> = configs.iter().map(body_of).collect();
    let key = format!("{}_configs", provider.word());
    Ok(json(&Map::from_iter([(key, Value::from(configs)), ("meta".to_owned(), Value::from(meta))])))
}

async fn create(
    app: &App,
    InRegistry { registry, caller }: &InRegistry,
    provider: TrustProvider,
    body: Body,
) -> Result<Response, ApiError> {
    app.may_send(caller)?;
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    let (name, fields) = read_config(&bytes, provider)?;
    let made = app.create_trust_config(caller, registry, &name, fields).await?;
    Ok(json(&Map::from_iter([(key_of(provider), body_of(&made))])))
}

async fn remove(
    app: &App,
    InRegistry { registry, caller }: &InRegistry,
    provider: TrustProvider,
    id: &str,
) -> Result<Response, ApiError> {
    app.may_send(caller)?;
    let id = id.parse().map_err(|_| AppError::NotFound("Not Found".to_owned()))?;
    app.remove_trust_config(caller, registry, provider, TrustedPublisherId(id)).await?;
    Ok(no_content())
}

fn key_of(provider: TrustProvider) -> String {
    format!("{}_config", provider.word())
}

fn read_config(bytes: &[u8], provider: TrustProvider) -> Result<(String, TrustFields), AppError> {
    let key = key_of(provider);
    let wrong = |reason: &dyn std::fmt::Display| {
        AppError::invalid(format!(
            "the body is not JSON of the form {{\"{key}\":{{\"crate\":\"…\",…}}}}: {reason}"
        ))
    };
    let mut body: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| wrong(&error))?;
    let config = body.remove(&key).ok_or_else(|| wrong(&format!("`{key}` is missing")))?;
    let name = config.get("crate").and_then(Value::as_str).map(str::to_owned);
    let name = name.ok_or_else(|| wrong(&"`crate` is missing"))?;
    let fields = match provider {
        TrustProvider::Github => serde_json::from_value(config).map(TrustFields::Github),
        TrustProvider::Gitlab => serde_json::from_value(config).map(TrustFields::Gitlab),
        TrustProvider::Oidc => serde_json::from_value(config).map(TrustFields::Oidc),
    };
    Ok((name, fields.map_err(|error| wrong(&error))?))
}

/// A rule with its number and its crate.
fn body_of(config: &TrustConfig) -> Value {
    let fields = match &config.fields {
        TrustFields::Github(fields) => serde_json::to_value(fields),
        TrustFields::Gitlab(fields) => serde_json::to_value(fields),
        TrustFields::Oidc(fields) => serde_json::to_value(fields),
    };
    let mut body = value!({
        "id": config.id.0,
        "crate": config.krate.as_str(),
        "created_at": config.created_at.to_micros_text(),
    });
    if let (Some(body), Ok(Value::Object(fields))) = (body.as_object_mut(), fields) {
        body.extend(fields);
    }
    body
}

fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
