//! The account that asks: what it is, and its mail address.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, Caller, ProfileChange};
use cratekeep_http::{ApiError, InRegistry, Params, json, limited_body};
use cratekeep_wire::OkReply;
use cratekeep_wire::api::account::{
    EmailNotification, MeReply, OwnUserBody, OwnedCrateBody, UserChangeRequest,
};

/// Longest body in bytes.
const BODY_BYTES_MAX: usize = 64 << 10;

/// `GET /api/v1/me`
pub(crate) async fn me(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
) -> Result<Response, ApiError> {
    Ok(json(&me_body(&app, &caller).await?))
}

/// The account that asks, with the crates it owns.
pub(crate) async fn me_body(app: &App, caller: &Caller) -> Result<MeReply, AppError> {
    let own = app.own_profile(caller).await?;
    let owned = app.own_crates(caller).await?;
    let body = |(id, name): (i64, String)| OwnedCrateBody { id, name, email_notifications: true };
    let (profile, account) = (own.profile, own.account);
    let user = OwnUserBody {
        id: account.id.0,
        login: account.name.to_string(),
        email_verified: profile.email_verified_at.is_some(),
        email_verification_sent: profile.email.is_some() && own.sends_mail,
        name: profile.display_name,
        email: profile.email,
        avatar: None,
        url: None,
        is_admin: account.is_admin,
        publish_notifications: profile.publish_mail,
    };
    Ok(MeReply { user, owned_crates: owned.into_iter().map(body).collect() })
}

/// `PUT /api/v1/users/{id}`
pub(crate) async fn change(
    State(app): State<App>,
    params: Params,
    InRegistry { caller, .. }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    check_own(&app, &caller, &params).await?;
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    let asked: UserChangeRequest = serde_json::from_slice(&bytes)
        .map_err(|error| AppError::invalid(format!("the body is not what is expected: {error}")))?;
    if let Some(email) = &asked.user.email {
        app.change_email(&caller, email).await?;
    }
    if asked.user.publish_notifications.is_some() {
        let change = ProfileChange { display_name: None, publish_mail: asked.user.publish_notifications };
        app.change_profile(&caller, change).await?;
    }
    Ok(json(&OkReply::OK))
}

/// `PUT /api/v1/me/email_notifications`: an old switch that crates.io takes and does nothing with.
pub(crate) async fn email_notifications(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    let _own = app.own_profile(&caller).await?;
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    serde_json::from_slice::<Vec<EmailNotification>>(&bytes).map_err(|error| {
        AppError::invalid(format!(
            "the body is not JSON of the form [{{\"id\":1,\"email_notifications\":true}}]: {error}"
        ))
    })?;
    Ok(json(&OkReply::OK))
}

/// `PUT /api/v1/users/{id}/resend`
pub(crate) async fn resend(
    State(app): State<App>,
    params: Params,
    InRegistry { caller, .. }: InRegistry,
) -> Result<Response, ApiError> {
    check_own(&app, &caller, &params).await?;
    app.resend_confirmation(&caller).await?;
    Ok(json(&OkReply::OK))
}

/// `PUT /api/v1/confirm/{token}`
pub(crate) async fn confirm(
    State(app): State<App>,
    params: Params,
    InRegistry { caller, .. }: InRegistry,
) -> Result<Response, ApiError> {
    app.confirm_email(&caller, params.get("token")).await?;
    Ok(json(&OkReply::OK))
}

/// The number in the path has to be that of who asks; crates.io says so with a 400.
async fn check_own(app: &App, caller: &Caller, params: &Params) -> Result<(), AppError> {
    let own = app.own_profile(caller).await?;
    match params.get("id").parse::<i64>() {
        Ok(id) if own.account.id.0 == id => Ok(()),
        _ => Err(AppError::invalid("current user does not match requested user")),
    }
}
