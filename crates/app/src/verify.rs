//! Under way.
use crate::{App, AppError};
/// How deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyDepth {
    /// Rows.
    Rows,
    /// Blobs.
    Blobs,
}
/// Found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Summary.
    pub summary: Vec<String>,
    /// Findings.
    pub findings: Vec<String>,
}
impl App {
    /// Verify.
    pub async fn verify(&self, _depth: VerifyDepth) -> Result<Report, AppError> {
        Ok(Report::default())
    }
    /// Backup.
    pub async fn backup(&self, _folder: &std::path::Path) -> Result<Report, AppError> {
        Ok(Report::default())
    }
}
