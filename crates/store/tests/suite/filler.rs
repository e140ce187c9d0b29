//! A row for every table of the second migration, written past the functions of the store: backups carry them whether
//! or not a use case writes them yet.

use cratekeep_store::{Conn, StoreError};
use sqlx::Executor;

use crate::world::World;

const ROWS: &str = r"
INSERT INTO krate_keyword (krate_id, keyword) VALUES (1, 'parser');
INSERT INTO registry_download (registry_id, day, downloads) VALUES (1, 7, 9);
INSERT INTO krate_category (krate_id, slug) VALUES (1, 'parsing');
INSERT INTO followed_krate (account_id, krate_id, followed_at) VALUES (1, 1, 1);
INSERT INTO password (account_id, hash, changed_at) VALUES (1, 'a', 1);
INSERT INTO identity (account_id, provider, subject, login, sealed_token, created_at, seen_at)
    VALUES (1, 'github', '17', 'someone', BYTES, 1, 2);
INSERT INTO passkey (account_id, credential, label, state, created_at) VALUES (1, BYTES, 'key', '{}', 1);
INSERT INTO session (account_id, hash, method, form_key, created_at, seen_at, expires_at)
    VALUES (1, BYTES, 'password', 'k', 1, 2, 3);
INSERT INTO ticket (hash, purpose, payload, created_at, expires_at) VALUES (BYTES, 'state', '{}', 1, 2);
INSERT INTO vault_key (bytes, created_at) VALUES (BYTES, 1);
INSERT INTO team (login, kind, name, created_at) VALUES ('team:core', 'local', 'Core', 1);
INSERT INTO team_member (team_id, account_id, source, added_at) VALUES (1, 1, 'direct', 1);
INSERT INTO group_role (account_id, provider, role, registry_id) VALUES (1, 'idp', 'reader', 1);
INSERT INTO registry_member (registry_id, account_id, role, added_at) VALUES (1, 1, 'reader', 1);
INSERT INTO registry_team (registry_id, team_id, role, added_at) VALUES (1, 1, 'publisher', 1);
INSERT INTO krate_reader (krate_id, account_id, added_at) VALUES (1, 1, 1);
INSERT INTO krate_team_reader (krate_id, team_id, added_at) VALUES (1, 1, 1);
INSERT INTO team_owner (krate_id, team_id, added_at) VALUES (1, 1, 1);
INSERT INTO invitation (krate_id, account_id, hash, created_at, expires_at) VALUES (1, 1, BYTES, 1, 2);
INSERT INTO reserved_name (registry_id, pattern, reason, created_at) VALUES (1, 'acme-*', 'ours', 1);
INSERT INTO name_request (registry_id, canon, name, account_id, state, asked_at) VALUES (1, 'x', 'x', 1, 'asked', 1);
INSERT INTO deleted_krate (registry_id, canon, name, owners, deleted_at, available_at) VALUES (1, 'y', 'y', '[1]', 1, 2);
INSERT INTO rate_bucket (subject, action, tokens, refilled_at) VALUES ('user 1', 'publish', 3, 1);
INSERT INTO rate_override (account_id, action, burst) VALUES (1, 'publish', 30);
INSERT INTO trust_issuer (name, url, audience, required, created_at) VALUES ('ci', 'https://ci', 'crates', '{}', 1);
INSERT INTO trusted_publisher (krate_id, provider, subject, fields, created_at)
    VALUES (1, 'github', 'a/b', '{}', 1);
INSERT INTO trust_token (hash, registry_id, krates, build, created_at, expires_at) VALUES (BYTES, 1, '1:1', '{}', 1, 2);
INSERT INTO used_jwt (issuer, jti, expires_at) VALUES ('https://ci', 'one', 1);
";

impl World {
    /// Makes every version one that stands in no order yet.
    pub(crate) async fn unorder(&self) {
        run(self, "UPDATE version SET semver_order = ''".to_owned()).await;
    }
}

/// Writes them.
pub(crate) async fn fill(world: &World) {
    run(world, ROWS.to_owned()).await;
}

async fn run(world: &World, rows: String) {
    let done = world
        .store
        .write("fill", move |tx| {
            let rows = rows.clone();
            Box::pin(async move {
                let conn: &mut Conn = tx;
                for statement in rows.split(";\n").filter(|text| !text.trim().is_empty()) {
                    let done = match conn {
                        Conn::Sqlite(link) => {
                            let sql = sqlx::AssertSqlSafe(statement.replace("BYTES", "X'0102'"));
                            link.inner().execute(sqlx::raw_sql(sql)).await.map(|_| ())
                        }
                        Conn::Postgres(link) => {
                            let sql = sqlx::AssertSqlSafe(statement.replace("BYTES", "'\\x0102'"));
                            link.inner().execute(sqlx::raw_sql(sql)).await.map(|_| ())
                        }
                    };
                    done.map_err(|error| StoreError::Internal(format!("{statement}: {error}")))?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await;
    done.expect("the statements are good");
}
