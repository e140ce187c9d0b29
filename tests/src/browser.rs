//! A browser in which a person is signed in. How people sign in is tried elsewhere: here the session is simply there.

use std::sync::atomic::{AtomicU64, Ordering};

use cratekeep_store::StoreError;
use cratekeep_store::session::NewSession;
use cratekeep_testkit::http::{Reply, Request};
use cratekeep_types::{Clock, SessionId, UserName};
use http::Method;
use sha2::{Digest, Sha256};

use crate::{Door, Person, TestApp, send};

/// Makes the text of each session another one.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Somebody signed in.
#[derive(Clone, Debug)]
pub struct Browser {
    person: Person,
    cookie: String,
    form_key: String,
    session: SessionId,
}

impl TestApp {
    /// Signs a person in.
    ///
    /// # Panics
    /// The database does not take the session.
    pub async fn browser(&self, person: &Person) -> Browser {
        let text = format!("{:064x}", NEXT.fetch_add(1, Ordering::SeqCst));
        let name: UserName = person.name().parse().expect("a user name");
        let at = self.clock().now();
        let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let form_key = text.replace('0', "k");
        let account = {
            let mut conn = self.store().read().await.expect("a connection");
            let found = cratekeep_store::user::find_by_name(&mut conn, &name).await.expect("an answer");
            found.expect("the person has an account").account.id
        };
        let new = NewSession {
            account,
            hash,
            method: "password".to_owned(),
            form_key: form_key.clone(),
            address: None,
            agent: None,
            expires_at: at.plus_secs(86_400 * 30),
        };
        let made = self
            .store()
            .write::<_, StoreError, _>("test", move |tx| {
                let new = new.clone();
                Box::pin(async move { cratekeep_store::session::insert(tx, &new, at).await })
            })
            .await
            .expect("the session is kept");
        Browser { person: person.clone(), cookie: format!("cratekeep={text}"), form_key, session: made.value }
    }
}

impl Browser {
    /// The session's row.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// What the forms of this session carry.
    #[must_use]
    pub fn form_key(&self) -> &str {
        &self.form_key
    }

    /// Begins a request as a page of the server would send it.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> Request {
        self.request_from("same-origin", method, path)
    }

    /// Begins a request as a page of another site would make the browser send it, if cookies went along.
    #[must_use]
    pub fn request_from_elsewhere(&self, method: Method, path: &str) -> Request {
        self.request_from("cross-site", method, path)
    }

    fn request_from(&self, site: &str, method: Method, path: &str) -> Request {
        self.door().request(method, path).header("sec-fetch-site", site)
    }

    /// The person at the door with the cookie alone: it says nothing of the page that a request comes from.
    #[must_use]
    pub fn door(&self) -> Door {
        let door =
            Door { credential: None, form_key: Some(self.form_key.clone()), ..self.person.door.clone() };
        door.saying("cookie", &self.cookie)
    }

    /// GETs a path.
    pub async fn fetch(&self, path: &str) -> Reply {
        send(self.request(Method::GET, path)).await
    }

    /// Sends JSON.
    pub async fn send(&self, method: Method, path: &str, body: &serde_json::Value) -> Reply {
        let request = self.request(method, path).header("content-type", "application/json");
        send(request.body(body.to_string())).await
    }

    /// Sends a form with the session's key.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("key", &self.form_key).extend_pairs(fields);
        let request =
            self.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        send(request.body(form.finish())).await
    }
}
