//! Bodies of the web API under `/api/v1`, in the shapes that cargo and tools written for crates.io read.

use serde::{Deserialize, Serialize};

pub mod account;
pub mod credential;
pub mod events;
mod krate;
pub mod leaks;
mod owner;
pub mod tokens;

pub use krate::{
    AuditActionBody, AuthorsReply, CategoriesReply, CategoryBody, CategoryReply, CategorySlugBody,
    CategorySlugsReply, CrateBody, CrateChange, CrateDownloadsReply, CrateLinks, CratePatch, CrateReply,
    CratesReply, DependenciesReply, DependencyBody, DependentsReply, ExtraDownloadBody, ExtraDownloads,
    FollowingReply, KeywordBody, KeywordReply, KeywordsReply, PageMeta, RegistryDownloadsReply,
    SuggestionBody, SuggestionsReply, SummaryReply, TotalMeta, TrackBody, UpdatesMeta, UpdatesReply,
    UserBody, VersionBody, VersionDownloadBody, VersionDownloadsReply, VersionLinks, VersionReply,
    VersionsMeta, VersionsReply,
};
pub use owner::{
    InvitationAnswer, InvitationAnswerRequest, InvitationAnsweredReply, InvitationBody, InvitationsMeta,
    InvitationsReply, MyInvitationsReply, OwnerTeamsReply, TeamBody, TeamReply, UserReply, UserStatsReply,
};

/// Every failure: cargo prints the details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// One entry for each problem.
    pub errors: Vec<ErrorDetail>,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// A sentence for the person who sent the request.
    pub detail: String,
}

impl ErrorBody {
    /// A body with one problem.
    #[must_use]
    pub fn one(detail: impl Into<String>) -> Self {
        Self { errors: vec![ErrorDetail { detail: detail.into() }] }
    }

    /// A body with several problems.
    #[must_use]
    pub fn all(details: impl IntoIterator<Item = String>) -> Self {
        Self { errors: details.into_iter().map(|detail| ErrorDetail { detail }).collect() }
    }

    /// The text of the body.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a list of strings always prints")
    }
}

/// Success with nothing more to say. cargo insists on the key after a yank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OkReply {
    /// Always true.
    pub ok: bool,
}

impl OkReply {
    /// Success.
    pub const OK: Self = Self { ok: true };
}

/// The owners of a crate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnersReply {
    /// Each owner.
    pub users: Vec<OwnerBody>,
}

/// One owner. Every key is always there, since some readers insist on one or the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerBody {
    /// Number of the account. cargo reads 32 bits without a sign.
    pub id: u32,
    /// Name of the account.
    pub login: String,
    /// `user` or `team`.
    pub kind: String,
    /// Name of the person.
    pub name: Option<String>,
    /// Address of the account's page. Some readers do not accept `null` here.
    pub url: String,
    /// Address of a picture.
    pub avatar: Option<String>,
}

/// Who sees a crate of a registry that is not open. Not a shape of crates.io, which has no such registries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadersBody {
    /// Whether only its owners and these readers see it, instead of whoever may read the registry.
    pub limited: bool,
    /// Names of users, and `team:NAME`.
    #[serde(default)]
    pub readers: Vec<String>,
}

/// Whom to make an owner, or whom to remove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnersRequest {
    /// Names of accounts. Old clients say `owners`.
    #[serde(alias = "owners")]
    pub users: Vec<String>,
}

/// What was done to the owners. cargo insists on both keys, after a removal too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnersChanged {
    /// Always true.
    pub ok: bool,
    /// A sentence that cargo prints after the word `Owner`.
    pub msg: String,
}

/// Where a crate is downloaded, for clients that ask for JSON instead of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownloadReply {
    /// The address.
    pub url: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_shape_that_cargo_reads() {
        assert_eq!(ErrorBody::one("no").to_json(), r#"{"errors":[{"detail":"no"}]}"#);
        assert_eq!(serde_json::to_string(&OkReply::OK).expect("prints"), r#"{"ok":true}"#);
        let owner = OwnerBody {
            id: 1,
            login: "ada".into(),
            kind: "user".into(),
            name: None,
            url: String::new(),
            avatar: None,
        };
        assert_eq!(
            serde_json::to_string(&OwnersReply { users: vec![owner] }).expect("prints"),
            r#"{"users":[{"id":1,"login":"ada","kind":"user","name":null,"url":"","avatar":null}]}"#
        );
    }

    #[test]
    fn the_old_key_for_owners_is_read() {
        for json in [r#"{"users":["a"]}"#, r#"{"owners":["a"],"extra":1}"#] {
            let read: OwnersRequest = serde_json::from_str(json).expect("either key");
            assert_eq!(read.users, ["a"]);
        }
    }
}
