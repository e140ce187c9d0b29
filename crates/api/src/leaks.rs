//! Reports of exposed tokens, and the alerts of GitHub's secret scanning.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{AlertProof, App, AppError, LeakFind};
use cratekeep_http::{ApiError, InRegistry, json, limited_body};
use cratekeep_wire::OkReply;
use cratekeep_wire::api::leaks::{Alert, AlertLabel, TokenReport};
use http::HeaderMap;

/// Longest report in bytes.
const REPORT_BYTES_MAX: usize = 4 << 10;
/// Longest alert in bytes.
const ALERT_BYTES_MAX: usize = 1 << 20;

/// `POST /api/v1/tokens/report`
pub(crate) async fn report(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = limited_body(body, REPORT_BYTES_MAX).await?;
    let report: TokenReport = serde_json::from_slice(&bytes)
        .map_err(|_| AppError::invalid("the body is not JSON of the form {\"token\":\"…\",\"url\":\"…\"}"))?;
    app.report_token(&caller, &LeakFind { text: report.token, place: report.url }).await?;
    Ok(json(&OkReply::OK))
}

/// `POST /api/github/secret-scanning/verify`
pub(crate) async fn alert(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (key, signature) = (text("github-public-key-identifier"), text("github-public-key-signature"));
    let body = limited_body(body, ALERT_BYTES_MAX).await?;
    app.check_alert(AlertProof { key, signature, body: &body }).await?;
    let alerts: Vec<Alert> = serde_json::from_slice(&body)
        .map_err(|error| AppError::invalid(format!("invalid secret alert request: line {}", error.line())))?;
    let finds: Vec<_> =
        alerts.iter().map(|alert| LeakFind { text: alert.token.clone(), place: alert.url.clone() }).collect();
    let known = app.take_alert(&caller, &finds).await?;
    let labels = alerts.into_iter().zip(known).map(|(alert, known)| AlertLabel {
        token_raw: alert.token,
        token_type: alert.kind,
        label: if known { "true_positive" } else { "false_positive" }.to_owned(),
    });
    Ok(json(&labels.collect::<Vec<_>>()))
}
