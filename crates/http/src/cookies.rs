//! Cookies: the one that a session is known by, and short-lived ones of a sign-in under way.

use axum::response::Response;
use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use cratekeep_app::{App, SessionText};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// The cookie of the session, before its prefix.
const SESSION: &str = "cratekeep";

/// What the browser keeps between setting out for a sign-in provider and coming back.
pub const WAY: &str = "cratekeep-way";

/// The text of the session cookie. A browser that shows several of that name shows none: one of them is forged.
#[must_use]
pub fn session_text<'a>(headers: &'a HeaderMap, app: &App) -> Option<&'a str> {
    cookie_text(headers, app, SESSION)
}

/// The text of the cookie called `name`, prefixed as [`set_cookie`] does; none if there are several.
#[must_use]
pub fn cookie_text<'a>(headers: &'a HeaderMap, app: &App, name: &str) -> Option<&'a str> {
    let name = full_name(app, name);
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, text)| text);
    match (found.next(), found.next()) {
        (Some(text), None) => Some(text),
        _ => None,
    }
}

/// Gives the browser its session.
pub fn set_session(response: &mut Response, app: &App, session: &SessionText) {
    set_cookie(response, app, SESSION, session.text.expose(), session.secs);
}

/// Takes the session away from the browser.
pub fn clear_session(response: &mut Response, app: &App) {
    set_cookie(response, app, SESSION, "", 0);
}

/// Sets a cookie that scripts cannot read and that other sites cannot send along with a form, for `secs`; zero takes
/// it away. Over https it is `__Host-…`: bound to this host, to TLS, and to no domain.
pub fn set_cookie(response: &mut Response, app: &App, name: &str, text: &str, secs: i64) {
    let cookie = Cookie::build((full_name(app, name), text.to_owned()))
        .path("/")
        .http_only(true)
        .secure(is_https(app))
        .same_site(SameSite::Lax)
        .max_age(Duration::seconds(secs))
        .build();
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

fn full_name(app: &App, name: &str) -> String {
    if is_https(app) { format!("__Host-{name}") } else { name.to_owned() }
}

fn is_https(app: &App) -> bool {
    app.base_url().starts_with("https://")
}
