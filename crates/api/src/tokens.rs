//! `/api/v1/me/tokens`: what account holders do with their own tokens, and `/api/v1/tokens/current`.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cratekeep_app::{App, AppError, Renewal, TokenRequest, TokenRow};
use cratekeep_http::{ApiError, InRegistry, Params, json, limited_body};
use cratekeep_types::{Timestamp, TokenId, TokenText};
use cratekeep_wire::api::tokens::{NewTokenRequest, RenewRequest, TokenBody, TokenReply, TokensReply};
use http::{StatusCode, Uri};
use serde::de::DeserializeOwned;
use serde_json::json as object;

/// Longest body in bytes.
const BODY_BYTES_MAX: usize = 64 << 10;

/// `GET /api/v1/me/tokens`
pub(crate) async fn list(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    uri: Uri,
) -> Result<Response, ApiError> {
    let expired_days = expired_days(uri.query().unwrap_or_default())?;
    let tokens = app.own_tokens(&caller, expired_days).await?;
    let api_tokens = tokens.iter().map(|token| body_of(token, None)).collect();
    Ok(json(&TokensReply { api_tokens }))
}

/// `PUT /api/v1/me/tokens`
pub(crate) async fn create(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    app.may_send(&caller)?;
    let NewTokenRequest { api_token: asked } = read(body).await?;
    let request = TokenRequest {
        label: asked.name,
        scopes: asked.endpoint_scopes,
        crates: asked.crate_scopes.unwrap_or_default(),
        registries: asked.registries.unwrap_or_default(),
        addresses: asked.addresses.unwrap_or_default(),
        expires_at: asked.expired_at.map(|text| text.parse()).transpose().map_err(AppError::invalid)?,
    };
    let (token, text) = app.create_own_token(&caller, request).await?;
    Ok(json(&TokenReply { api_token: body_of(&token, Some(&text)) }))
}

/// `GET /api/v1/me/tokens/{id}`
pub(crate) async fn get(
    State(app): State<App>,
    params: Params,
    InRegistry { caller, .. }: InRegistry,
) -> Result<Response, ApiError> {
    let token = app.own_token(&caller, id_of(&params)).await?;
    Ok(json(&TokenReply { api_token: body_of(&token, None) }))
}

/// `DELETE /api/v1/me/tokens/{id}`
pub(crate) async fn revoke(
    State(app): State<App>,
    params: Params,
    InRegistry { caller, .. }: InRegistry,
) -> Result<Response, ApiError> {
    app.revoke_own_token(&caller, id_of(&params)).await?;
    Ok(json(&object!({})))
}

/// `PUT /api/v1/me/tokens/{id}/renew`
pub(crate) async fn renew(
    State(app): State<App>,
    params: Params,
    InRegistry { caller, .. }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    app.may_send(&caller)?;
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    let asked: RenewRequest = if bytes.is_empty() { RenewRequest::default() } else { parse(&bytes)? };
    let renewal = Renewal { grace_secs: asked.grace_secs };
    let (token, text) = app.renew_own_token(&caller, id_of(&params), renewal).await?;
    Ok(json(&TokenReply { api_token: body_of(&token, Some(&text)) }))
}

/// `DELETE /api/v1/tokens/current`
pub(crate) async fn revoke_current(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
) -> Result<Response, ApiError> {
    app.revoke_current_token(&caller).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// No token has the number zero, nor one that is none.
fn id_of(params: &Params) -> TokenId {
    TokenId(params.get("id").parse().unwrap_or(0))
}

fn expired_days(query: &str) -> Result<u32, AppError> {
    let days = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "expired_days");
    days.map_or(Ok(0), |(_, value)| {
        value
            .parse()
            .map_err(|_| AppError::invalid(format!("`expired_days={value}`: this is a whole number of days")))
    })
}

async fn read<T: DeserializeOwned>(body: Body) -> Result<T, AppError> {
    parse(&limited_body(body, BODY_BYTES_MAX).await?)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AppError> {
    serde_json::from_slice(bytes).map_err(|error| {
        AppError::invalid(format!(
            "the body is not JSON of the form {{\"api_token\":{{\"name\":\"ci\"}}}}: {error}"
        ))
    })
}

fn body_of(token: &TokenRow, text: Option<&TokenText>) -> TokenBody {
    let scopes = || token.scopes.to_string().split(',').map(str::to_owned).collect();
    TokenBody {
        id: token.id.0,
        name: token.label.clone(),
        token: text.map(|text| text.expose().to_owned()),
        created_at: token.created_at.to_micros_text(),
        last_used_at: token.used_at.map(Timestamp::to_micros_text),
        last_used_from: token.used_from.map(|address| address.to_string()),
        crate_scopes: listed(&token.crates),
        endpoint_scopes: (!token.is_legacy).then(scopes),
        expired_at: token.expires_at.map(Timestamp::to_micros_text),
        registries: listed(&token.registries),
        addresses: listed(&token.addresses),
    }
}

fn listed(items: &[impl ToString]) -> Option<Vec<String>> {
    (!items.is_empty()).then(|| items.iter().map(ToString::to_string).collect())
}
