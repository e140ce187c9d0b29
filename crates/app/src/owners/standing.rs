//! What somebody is to a crate.

use cratekeep_policy::Standing;
use cratekeep_store::Conn;
use cratekeep_types::{Actor, CrateId};

use crate::AppError;

/// What `actor` is to a crate that is there: an owner, a member of a team that owns it, or a stranger.
pub(crate) async fn standing(conn: &mut Conn, actor: &Actor, krate: CrateId) -> Result<Standing, AppError> {
    let Some(account) = actor.account() else { return Ok(Standing::Stranger) };
    if cratekeep_store::owner::is_owner(conn, krate, account.id).await? {
        return Ok(Standing::Owner);
    }
    let teams = cratekeep_store::team_owner::list(conn, krate).await?;
    if teams.iter().any(|team| actor.is_in(team.id)) {
        return Ok(Standing::TeamOwner);
    }
    Ok(Standing::Stranger)
}
