//! The database's own time, for leases: the one clock that all nodes share.

use cratekeep_types::Timestamp;

use crate::sql::sql;
use crate::{Conn, StoreError};

/// The time by the database's clock, not that of the transaction's begin.
///
/// # Errors
/// When the database fails.
pub async fn now(conn: &mut Conn) -> Result<Timestamp, StoreError> {
    // The engines have no clock function in common.
    let sql = sql!(
        sqlite: "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        postgres: "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
    );
    conn.query(sql).one(|row| row.time()).await
}
