//! `/api/v1/credential/…`: sign-ins of cargo through a browser.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, ConnectState};
use cratekeep_http::{ApiError, InRegistry, json, limited_body};
use cratekeep_wire::api::credential::{CredentialBegin, CredentialBegun, CredentialPoll, CredentialState};
use serde::de::DeserializeOwned;

/// Longest body in bytes.
const BODY_BYTES_MAX: usize = 4 << 10;

/// `POST /api/v1/credential/begin`
pub(crate) async fn begin(
    State(app): State<App>,
    InRegistry { registry, caller }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    let asked: CredentialBegin = read(body).await?;
    let begun = app.begin_connect(&caller, &registry, &asked.client).await?;
    Ok(json(&CredentialBegun {
        code: begun.code,
        secret: begun.secret.expose().clone(),
        page: begun.page,
        wait_secs: begun.wait_secs,
        poll_secs: begun.poll_secs,
    }))
}

/// `POST /api/v1/credential/poll`
pub(crate) async fn poll(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    let asked: CredentialPoll = read(body).await?;
    let state = match app.poll_connect(&caller, &asked.code, &asked.secret).await? {
        ConnectState::Waiting => CredentialState::Waiting,
        ConnectState::Refused => CredentialState::Refused,
        ConnectState::Granted { token, secs } => {
            CredentialState::Granted { token: token.expose().to_owned(), secs }
        }
    };
    Ok(json(&state))
}

async fn read<T: DeserializeOwned>(body: Body) -> Result<T, AppError> {
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| AppError::invalid(format!("the body is not the JSON that belongs here: {error}")))
}
