//! Pure decisions: who may do what, and what an upload must satisfy. (actor, action, facts) → a proof, or a reason.
//!
//! Nothing here looks anything up; facts are arguments.

mod house_rules;
mod rights;

pub use house_rules::{DependencyHome, MetadataLimits, ResolvedDependency, UploadFacts, house_rules};
pub use rights::{
    Denied, MayAdminister, MayChangeOwners, MayPublish, MayRead, MayYank, Standing, may_administer,
    may_change_owners, may_publish, may_publish_something, may_read, may_send, may_yank,
};
