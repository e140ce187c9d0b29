//! `…/crate_owner_invitations`: invitations to own a crate, listed and answered.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use cratekeep_app::{App, AppError, InvitationEntry, InvitationFilter, RegistryView};
use cratekeep_http::{ApiError, InRegistry, Params, json, limited_body};
use cratekeep_types::{CrateId, UserId, UserName};
use cratekeep_wire::api::{
    InvitationAnswer, InvitationAnswerRequest, InvitationAnsweredReply, InvitationBody, InvitationsMeta,
    InvitationsReply, MyInvitationsReply, UserBody,
};

use crate::bodies::user_body;
use crate::paging::{Query, seek_text};

/// Longest body of an answer, in bytes.
const BODY_BYTES_MAX: usize = 4 << 10;
/// Most invitations of the older list, which has no pages.
const OLD_LIST_MAX: u32 = 100;

/// `GET /api/v1/me/crate_owner_invitations`
pub(crate) async fn mine(
    State(app): State<App>,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let page = app.my_invitations(&caller, 0, OLD_LIST_MAX).await?;
    let named = |entry: &InvitationEntry| InvitationBody {
        invited_by_username: entry.inviter.as_ref().map(|(_, name)| name.to_string()),
        ..body_of(entry)
    };
    Ok(json(&MyInvitationsReply {
        crate_owner_invitations: page.entries.iter().map(named).collect(),
        users: users_of(&page.entries, &registry),
    }))
}

/// `GET /api/private/crate_owner_invitations`
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    app.may_send(&caller)?;
    let query = Query::of(query.as_deref())?;
    let filter = match (query.get("crate_name"), query.get("invitee_id").map(str::parse)) {
        (Some(name), _) => Some(InvitationFilter::Crate(name.to_owned())),
        (None, Some(Ok(id))) => Some(InvitationFilter::Invitee(UserId(id))),
        _ => None,
    };
    let after = query.seek()?.unwrap_or(0);
    let page = app.list_invitations(&caller, &registry, filter.as_ref(), after, query.per_page()?).await?;
    Ok(json(&InvitationsReply {
        invitations: page.entries.iter().map(body_of).collect(),
        users: users_of(&page.entries, &registry),
        meta: InvitationsMeta { next_page: page.next.map(|last| query.with("seek", &seek_text(&last))) },
    }))
}

/// `PUT /api/v1/me/crate_owner_invitations/{crate_id}`: the body says which crate, as on crates.io.
pub(crate) async fn answer(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    app.may_send(&caller)?;
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    let request: InvitationAnswerRequest = serde_json::from_slice(&bytes).map_err(|error| {
        AppError::invalid(format!(
            "the body is not JSON of the form {{\"crate_owner_invite\":{{\"crate_id\":1,\"accepted\":true}}}}: {error}"
        ))
    })?;
    let InvitationAnswer { crate_id, accepted } = request.crate_owner_invite;
    app.answer_invitation(&caller, CrateId(crate_id), accepted).await?;
    Ok(json(&InvitationAnsweredReply { crate_owner_invitation: request.crate_owner_invite }))
}

/// `PUT /api/v1/me/crate_owner_invitations/accept/{token}`: by the code of the letter, whoever sends it.
pub(crate) async fn accept(
    State(app): State<App>,
    params: Params,
    InRegistry { caller, .. }: InRegistry,
) -> Result<Response, ApiError> {
    let entry = app.accept_by_code(&caller, params.get("token")).await?;
    let answer = InvitationAnswer { crate_id: entry.krate.0, accepted: true };
    Ok(json(&InvitationAnsweredReply { crate_owner_invitation: answer }))
}

fn body_of(entry: &InvitationEntry) -> InvitationBody {
    InvitationBody {
        invitee_id: entry.invitee.0.0,
        inviter_id: entry.inviter.as_ref().map_or(0, |(id, _)| id.0),
        invited_by_username: None,
        crate_id: entry.krate.0,
        crate_name: entry.krate_name.to_string(),
        created_at: entry.created_at.to_micros_text(),
        expires_at: entry.expires_at.to_micros_text(),
    }
}

/// Everybody whom the invitations name, each once.
fn users_of(entries: &[InvitationEntry], registry: &RegistryView) -> Vec<UserBody> {
    let mut seen: Vec<&(UserId, UserName)> = Vec::new();
    for user in entries.iter().flat_map(|entry| entry.inviter.iter().chain([&entry.invitee])) {
        if !seen.contains(&user) {
            seen.push(user);
        }
    }
    seen.into_iter().map(|(id, name)| user_body(*id, name, None, registry)).collect()
}
