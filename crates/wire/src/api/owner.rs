//! Bodies about owners, teams and invitations to own a crate.

use serde::{Deserialize, Serialize};

use super::{OwnerBody, UserBody};

/// The teams that own a crate.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerTeamsReply {
    /// Each team.
    pub teams: Vec<OwnerBody>,
}

/// One user.
#[derive(Clone, Debug, Serialize)]
pub struct UserReply {
    /// The user.
    pub user: UserBody,
}

/// How often the crates of a user were downloaded.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct UserStatsReply {
    /// All downloads of them.
    pub total_downloads: u64,
}

/// One team.
#[derive(Clone, Debug, Serialize)]
pub struct TeamReply {
    /// The team.
    pub team: TeamBody,
}

/// A team.
#[derive(Clone, Debug, Serialize)]
pub struct TeamBody {
    /// Its number.
    pub id: i64,
    /// Its login, as in `team:core`.
    pub login: String,
    /// What people call it.
    pub name: Option<String>,
    /// Address of a picture.
    pub avatar: Option<String>,
    /// Address of its page.
    pub url: Option<String>,
}

/// An invitation to own a crate.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationBody {
    /// Number of the invited account.
    pub invitee_id: i64,
    /// Number of the account that invites; 0 when it was none.
    pub inviter_id: i64,
    /// Name of the account that invites. Only in the older list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invited_by_username: Option<String>,
    /// Number of the crate, by which the invitation is answered.
    pub crate_id: i64,
    /// Name of the crate.
    pub crate_name: String,
    /// Since when.
    pub created_at: String,
    /// When it ends.
    pub expires_at: String,
}

/// The invitations of the account that asks.
#[derive(Clone, Debug, Serialize)]
pub struct MyInvitationsReply {
    /// Each, with the name of who invites.
    pub crate_owner_invitations: Vec<InvitationBody>,
    /// Everybody whom they name.
    pub users: Vec<UserBody>,
}

/// A page of the invitations of a crate or an account.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationsReply {
    /// Each.
    pub invitations: Vec<InvitationBody>,
    /// Everybody whom they name.
    pub users: Vec<UserBody>,
    /// Where the list goes on.
    pub meta: InvitationsMeta,
}

/// Where a list of invitations goes on.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationsMeta {
    /// Query string of the next page, beginning with `?`.
    pub next_page: Option<String>,
}

/// An answer to an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationAnswerRequest {
    /// The answer.
    pub crate_owner_invite: InvitationAnswer,
}

/// What an answer to an invitation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationAnswer {
    /// Number of the crate.
    pub crate_id: i64,
    /// Whether it is accepted.
    pub accepted: bool,
}

/// The answer that was recorded.
#[derive(Clone, Debug, Serialize)]
pub struct InvitationAnsweredReply {
    /// The answer.
    pub crate_owner_invitation: InvitationAnswer,
}
