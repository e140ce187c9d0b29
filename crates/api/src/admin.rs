//! The commands of administrators, in the words of the shell.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::Response;
use cratekeep_app::{App, AppError};
use cratekeep_http::{ApiError, InRegistry, json, limited_body};
use cratekeep_wire::AuditQuery;
use cratekeep_wire::control::AdminCommand;

/// Longest command in bytes.
const COMMAND_BYTES_MAX: usize = 64 << 10;

/// `POST /api/v1/admin/commands`
pub(crate) async fn post(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    app.may_send(&caller)?;
    let bytes = limited_body(body, COMMAND_BYTES_MAX).await?;
    let command: AdminCommand = serde_json::from_slice(&bytes).map_err(|error| {
        AppError::invalid(format!(
            "the body is no command as in {{\"command\":\"user\",\"action\":\"list\"}}: {error}"
        ))
    })?;
    Ok(json(&app.run_admin(&caller, command).await?))
}

/// `GET /api/v1/admin/audit`: the newest entries that pass, or those before the last page
pub(crate) async fn audit(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    Query(query): Query<AuditQuery>,
) -> Result<Response, ApiError> {
    Ok(json(&app.list_audit(&caller, &query).await?))
}
