//! `admin audit …`

use serde::{Deserialize, Serialize};

use crate::audit::AuditQuery;

/// `admin audit …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum AuditCommand {
    /// `admin audit list`: the newest entries.
    List(AuditQuery),
    /// `admin audit export`: a page of entries, oldest first.
    Export(AuditQuery),
}
