//! Pure decisions: who may do what, and what an upload must satisfy. (actor, action, facts) → a proof, or a reason.
//!
//! Nothing here looks anything up; facts are arguments.

pub mod builds;
mod categories;
mod house_rules;
mod rights;

pub use categories::{Categories, Category};
pub use house_rules::{DependencyHome, MetadataLimits, ResolvedDependency, UploadFacts, house_rules};
pub use rights::{
    Denied, MayAdminister, MayAdministerRegistry, MayChangeCrate, MayChangeOwners, MayDelete,
    MayManageAccount, MayPublish, MayRead, MaySetTrustedPublishing, MayYank, Readers, Standing, Target,
    may_administer, may_administer_registry, may_change_crate, may_change_owners, may_delete,
    may_list_trusted_publishing, may_manage_account, may_publish, may_publish_something, may_read, may_send,
    may_set_trusted_publishing, may_yank, sees,
};
