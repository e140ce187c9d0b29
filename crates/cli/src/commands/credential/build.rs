//! The identity of a build, where this runs in one, and other words of the environment.

use cratekeep_outbound::Call;
use serde::Deserialize;

use super::server::Server;

/// Largest identity that is read from a file, in bytes.
const IDENTITY_BYTES_MAX: usize = 64 << 10;

/// What GitHub answers when it is asked for an identity.
#[derive(Deserialize)]
struct Given {
    value: String,
}

/// A variable of the environment that is not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "a credential provider reads what cargo and CI systems set for it"
)]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// Whether nobody sits at the terminal: CI systems say so.
pub(super) fn is_unattended() -> bool {
    variable("CI").is_some_and(|text| text != "false")
}

/// The signed identity of this build for `server`: from `CRATEKEEP_ID_TOKEN`, from the file that
/// `CRATEKEEP_ID_TOKEN_FILE` names, or from GitHub Actions where the job has the permission `id-token: write`.
pub(super) async fn identity(server: &Server) -> Result<Option<String>, String> {
    if let Some(text) = variable("CRATEKEEP_ID_TOKEN") {
        return Ok(Some(text.trim().to_owned()));
    }
    if let Some(path) = variable("CRATEKEEP_ID_TOKEN_FILE") {
        let text = std::fs::read_to_string(&path).map_err(|error| {
            format!("CRATEKEEP_ID_TOKEN_FILE names {path}, which cannot be read: {error}")
        })?;
        if text.len() > IDENTITY_BYTES_MAX {
            return Err(format!("{path} is too large for an identity token"));
        }
        return Ok(Some(text.trim().to_owned()));
    }
    let (url, token) = (variable("ACTIONS_ID_TOKEN_REQUEST_URL"), variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
    let (Some(url), Some(token)) = (url, token) else { return Ok(None) };
    github(server, &url, &token).await.map(Some)
}

async fn github(server: &Server, url: &str, token: &str) -> Result<String, String> {
    let told = |error: &dyn std::fmt::Display| format!("GitHub did not give this job an identity: {error}");
    let mut url = url.to_owned();
    url.push(if url.contains('?') { '&' } else { '?' });
    url.push_str("audience=");
    url.push_str(server.audience());
    let call = Call::get(&url).wants_json().bearer(token).map_err(|error| told(&error))?;
    let reply = server.client()?.send(call).await.map_err(|error| told(&error))?;
    let given: Given = reply.json().map_err(|error| told(&error))?;
    Ok(given.value)
}
