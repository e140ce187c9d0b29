//! Bodies about the account that asks, as crates.io has them.

use serde::{Deserialize, Serialize};

/// The answer to `GET /api/v1/me`.
#[derive(Clone, Debug, Serialize)]
pub struct MeReply {
    /// The account.
    pub user: OwnUserBody,
    /// Crates it owns itself, by id.
    pub owned_crates: Vec<OwnedCrateBody>,
}

/// The answer to `POST /api/private/session/begin`.
#[derive(Clone, Serialize)]
pub struct SessionBegun {
    /// Where the browser goes.
    pub url: String,
    /// What it brings back.
    pub state: String,
}

/// The body of `POST /api/private/session/authorize`: what the browser brought back.
#[derive(Clone, Deserialize)]
pub struct AuthorizeRequest {
    /// The provider's code.
    pub code: String,
    /// The state.
    pub state: String,
}

/// The answer to `POST /api/private/session/authorize`.
#[derive(Clone, Debug, Serialize)]
pub struct SignedInReply {
    /// `signed_in`
    pub status: &'static str,
    /// Who is signed in now.
    #[serde(flatten)]
    pub me: MeReply,
}

/// The account that asks.
#[derive(Clone, Debug, Serialize)]
pub struct OwnUserBody {
    /// Its number.
    pub id: i64,
    /// Its user name.
    pub login: String,
    /// Whether the mail address is confirmed.
    pub email_verified: bool,
    /// Whether a letter to confirm it was sent.
    pub email_verification_sent: bool,
    /// The name shown.
    pub name: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// A picture; there is none.
    pub avatar: Option<String>,
    /// A page about the account elsewhere; there is none.
    pub url: Option<String>,
    /// Whether it administers the server.
    pub is_admin: bool,
    /// Whether it wants a letter for each publish.
    pub publish_notifications: bool,
}

/// A crate that the account owns.
#[derive(Clone, Debug, Serialize)]
pub struct OwnedCrateBody {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// An old switch without effect.
    pub email_notifications: bool,
}

/// One of the old switches in the body of `PUT /api/v1/me/email_notifications`. They have no effect.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct EmailNotification {
    /// Number of a crate.
    pub id: i64,
    /// Whether letters about it are wanted.
    pub email_notifications: bool,
}

/// The body of `PUT /api/v1/users/{id}`.
#[derive(Clone, Debug, Deserialize)]
pub struct UserChangeRequest {
    /// What is to change.
    pub user: UserChange,
}

/// What is to change of an account; what is absent stays.
#[derive(Clone, Debug, Deserialize)]
pub struct UserChange {
    /// The mail address.
    pub email: Option<String>,
    /// Whether letters about publishes are wanted.
    pub publish_notifications: Option<bool>,
}
