//! GitHub and GitLab on loopback, as far as signing in, groups, team members and the keys of secret scanning go. One
//! server answers as both: GitHub's API lies under `/api/v3`, GitLab's under `/api/v4`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::oidc::Asked;
use crate::remote::{Remote, answer, redirect};

/// The application that it knows.
pub const CLIENT_ID: &str = "Iv1.crates";
/// The application's secret.
pub const CLIENT_SECRET: &str = "canary-forge-secret";

/// A running forge. Ends with the test's runtime.
#[derive(Debug)]
pub struct Forge {
    remote: Remote,
    desk: Arc<Mutex<Desk>>,
}

/// Somebody with an account there.
#[derive(Clone, Debug)]
pub struct ForgePerson {
    /// The id that nobody else ever gets.
    pub id: u64,
    /// The name, which may be somebody else's tomorrow.
    pub login: String,
    /// The mail address.
    pub email: Option<String>,
}

/// A team of an organisation (GitHub), or a group (GitLab; its path is `organization/slug`).
#[derive(Clone, Debug)]
pub struct ForgeTeam {
    /// Its id.
    pub id: u64,
    /// Its name in addresses.
    pub slug: String,
    /// The id of its organisation.
    pub organization_id: u64,
    /// The name of its organisation.
    pub organization: String,
    /// Ids of its members.
    pub members: Vec<u64>,
    /// Ids of the owners of its organisation.
    pub owners: Vec<u64>,
}

#[derive(Debug, Default)]
struct Desk {
    people: Vec<ForgePerson>,
    teams: Vec<ForgeTeam>,
    keys: Vec<Value>,
    at_browser: u64,
    codes: HashMap<String, (u64, String, String)>,
    given: usize,
    is_down: bool,
}

impl Forge {
    /// Starts a forge with nobody in it.
    ///
    /// # Panics
    /// There is no free port.
    pub async fn start() -> Self {
        let desk = Arc::new(Mutex::new(Desk::default()));
        let answering = Arc::clone(&desk);
        let remote = Remote::start(move |request| lock(&answering).answer(&Asked::of(request))).await;
        Self { remote, desk }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        self.remote.url("")
    }

    /// The address of GitHub's API.
    #[must_use]
    pub fn github_api(&self) -> String {
        self.remote.url("/api/v3")
    }

    /// The address of GitLab's API.
    #[must_use]
    pub fn gitlab_api(&self) -> String {
        self.remote.url("/api/v4")
    }

    /// Makes an account, or changes the one with this id, and sits its holder at the browser.
    pub fn person(&self, id: u64, login: &str, email: Option<&str>) {
        let mut desk = lock(&self.desk);
        desk.people.retain(|known| known.id != id);
        let person = ForgePerson { id, login: login.to_owned(), email: email.map(str::to_owned) };
        desk.people.push(person);
        desk.at_browser = id;
    }

    /// Deletes an account there.
    pub fn delete_person(&self, id: u64) {
        lock(&self.desk).people.retain(|known| known.id != id);
    }

    /// Makes a team, or changes the one with this id.
    pub fn team(&self, team: ForgeTeam) {
        let mut desk = lock(&self.desk);
        desk.teams.retain(|known| known.id != team.id);
        desk.teams.push(team);
    }

    /// Deletes a team.
    pub fn delete_team(&self, id: u64) {
        lock(&self.desk).teams.retain(|known| known.id != id);
    }

    /// Publishes these keys of secret scanning.
    pub fn publish_keys(&self, keys: Vec<Value>) {
        lock(&self.desk).keys = keys;
    }

    /// Whether it answers 503 to everything from now on.
    pub fn set_down(&self, is_down: bool) {
        lock(&self.desk).is_down = is_down;
    }

    /// How often somebody asked.
    #[must_use]
    pub fn times_asked(&self) -> usize {
        self.remote.seen().len()
    }

    /// A token of an account, as signing in gives it.
    #[must_use]
    pub fn token_of(id: u64) -> String {
        format!("gho_canary_{id}")
    }
}

impl Desk {
    fn answer(&mut self, asked: &Asked<'_>) -> String {
        if self.is_down {
            return answer(503, "");
        }
        match (asked.method, asked.path) {
            ("GET", "/login/oauth/authorize" | "/oauth/authorize") => self.authorize(asked),
            // GitHub answers 200 also when it refuses, GitLab does not.
            ("POST", "/login/oauth/access_token") => answer(200, &self.token(asked).to_string()),
            ("POST", "/oauth/token") => {
                let reply = self.token(asked);
                answer(if reply.get("error").is_some() { 400 } else { 200 }, &reply.to_string())
            }
            ("GET", path) => match path.strip_prefix("/api/v3/").or_else(|| path.strip_prefix("/api/v4/")) {
                Some("meta/public_keys/secret_scanning") => {
                    answer(200, &json!({ "public_keys": self.keys }).to_string())
                }
                Some(rest) => self.api(rest, path.starts_with("/api/v4/"), asked),
                None => answer(404, ""),
            },
            _ => answer(404, ""),
        }
    }

    fn authorize(&mut self, asked: &Asked<'_>) -> String {
        let get = |name: &str| asked.query.get(name).cloned().unwrap_or_default();
        if get("client_id") != CLIENT_ID || get("code_challenge_method") != "S256" {
            return answer(400, "unknown application, or no PKCE");
        }
        self.given += 1;
        let code = format!("code-{}", self.given);
        let kept = (self.at_browser, get("code_challenge"), get("redirect_uri"));
        self.codes.insert(code.clone(), kept);
        redirect(302, &format!("{}?code={code}&state={}", get("redirect_uri"), get("state")))
    }

    fn token(&mut self, asked: &Asked<'_>) -> Value {
        let get = |name: &str| asked.form.get(name).map_or("", String::as_str);
        if (get("client_id"), get("client_secret")) != (CLIENT_ID, CLIENT_SECRET) {
            return json!({ "error": "incorrect_client_credentials" });
        }
        let Some((id, challenge, redirect_uri)) = self.codes.remove(get("code")) else {
            return json!({ "error": "bad_verification_code" });
        };
        let digest = ring::digest::digest(&ring::digest::SHA256, get("code_verifier").as_bytes());
        if BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref()) != challenge || redirect_uri != get("redirect_uri")
        {
            return json!({ "error": "bad_verification_code" });
        }
        json!({ "access_token": Forge::token_of(id), "token_type": "bearer", "scope": "read:org" })
    }

    fn api(&self, path: &str, is_gitlab: bool, asked: &Asked<'_>) -> String {
        let token = asked.authorization.and_then(|header| header.strip_prefix("Bearer "));
        let asks = self.people.iter().find(|person| token == Some(&Forge::token_of(person.id)));
        let parts: Vec<&str> = path.split('/').collect();
        if let ["users", login] = parts.as_slice() {
            let found = self.people.iter().find(|person| person.login.eq_ignore_ascii_case(login));
            return found.map_or_else(|| answer(404, "{}"), |found| answer(200, &user(found).to_string()));
        }
        let Some(asks) = asks else { return answer(401, r#"{"message":"Bad credentials"}"#) };
        let mine = self.teams.iter().filter(|team| team.members.contains(&asks.id));
        // Everything fits on the first page.
        let is_later = asked.query.get("page").is_some_and(|page| page != "1");
        let list = |items: Vec<Value>| {
            answer(200, &Value::from(if is_later { Vec::new() } else { items }).to_string())
        };
        match parts.as_slice() {
            ["user"] => answer(200, &user(asks).to_string()),
            ["user", "orgs"] => {
                let mut orgs: Vec<_> = mine.map(organization).collect();
                orgs.dedup();
                list(orgs)
            }
            ["user", "teams"] => list(mine.map(team).collect()),
            ["groups"] if is_gitlab => list(mine.map(group).collect()),
            ["orgs", name, "teams", slug] => {
                let is_it =
                    |team: &&ForgeTeam| team.organization.eq_ignore_ascii_case(name) && team.slug == *slug;
                let found = self.teams.iter().find(is_it).filter(|team| self.sees(asks, team));
                found.map_or_else(|| answer(404, "{}"), |found| answer(200, &team(found).to_string()))
            }
            ["organizations", organization, "team", id, "memberships", login] => {
                let is_it = |team: &&ForgeTeam| {
                    team.organization_id.to_string() == *organization && team.id.to_string() == *id
                };
                let member = self.people.iter().find(|person| person.login.eq_ignore_ascii_case(login));
                match (self.teams.iter().find(is_it), member) {
                    (Some(team), Some(member)) if team.members.contains(&member.id) => {
                        answer(200, r#"{"state":"active","role":"member"}"#)
                    }
                    _ => answer(404, "{}"),
                }
            }
            ["organizations", organization, "memberships", login] => {
                let of_it = |team: &&ForgeTeam| team.organization_id.to_string() == *organization;
                let member = self.people.iter().find(|person| person.login.eq_ignore_ascii_case(login));
                let Some(member) = member else { return answer(404, "{}") };
                match self.teams.iter().filter(of_it).any(|team| team.owners.contains(&member.id)) {
                    true => answer(200, r#"{"state":"active","role":"admin"}"#),
                    false => answer(404, "{}"),
                }
            }
            _ => answer(404, "{}"),
        }
    }

    /// A team is seen by whoever is in its organisation.
    fn sees(&self, asks: &ForgePerson, team: &ForgeTeam) -> bool {
        let is_in = |other: &ForgeTeam| other.members.contains(&asks.id) || other.owners.contains(&asks.id);
        self.teams.iter().any(|other| other.organization_id == team.organization_id && is_in(other))
    }
}

fn user(person: &ForgePerson) -> Value {
    json!({
        "id": person.id, "login": person.login, "username": person.login, "name": null, "email": person.email,
        "state": "active", "confirmed_at": "2026-01-01T00:00:00Z",
    })
}

fn organization(team: &ForgeTeam) -> Value {
    let picture = format!("https://avatars.example/{}", team.organization_id);
    json!({ "id": team.organization_id, "login": team.organization, "avatar_url": picture })
}

fn team(team: &ForgeTeam) -> Value {
    json!({ "id": team.id, "slug": team.slug, "name": team.slug, "organization": organization(team) })
}

fn group(team: &ForgeTeam) -> Value {
    json!({ "id": team.id, "full_path": format!("{}/{}", team.organization, team.slug) })
}

fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}
