//! The first administrator, by the link that the server prints at its start.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, SetupWish};
use cratekeep_http::{cookies, limited_body, same_origin};
use cratekeep_types::Secret;
use http::{HeaderMap, StatusCode};

use crate::page::{PageError, SetUp, render};
use crate::visit::Visit;

/// Longest form in bytes.
const FORM_BYTES_MAX: usize = 4 << 10;

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup {
    name: String,
    problem: Option<String>,
    takes_passwords: bool,
}

#[derive(Template)]
#[template(path = "token.html")]
struct Token {
    user: String,
    token: String,
    signed_in: bool,
    set_up: SetUp,
}

/// `GET /setup/{code}`: the form.
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    if !app.setup_is_open(visit.params.get("code")).await? {
        let text = "This set-up link was used already or is not the last one printed. Restart the server for a new one, \
                    or run `cratekeep admin user create NAME --admin`.";
        return Err(AppError::NotFound(text.to_owned()).into());
    }
    let takes_passwords = app.takes_passwords_of(&visit.caller);
    let page = Setup { name: String::new(), problem: None, takes_passwords };
    Ok(render(StatusCode::OK, &page))
}

/// `POST /setup/{code}`: makes the administrator, signs in and shows the first token, once. The code is the proof, so a
/// script may send the form too, also without a password.
pub(crate) async fn post(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, PageError> {
    if !same_origin(&headers, app.base_url()) {
        return Err(AppError::Denied("this form has to be sent from its own page".to_owned()).into());
    }
    let form = limited_body(body, FORM_BYTES_MAX).await?;
    let field = |name: &str| {
        let found = form_urlencoded::parse(&form).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let name = field("name");
    let password = Some(field("password")).filter(|text| !text.is_empty()).map(Secret::new);
    let wish = SetupWish { name: &name, password, agent: visit.agent.as_deref() };
    let done = match app.use_setup(&visit.caller, visit.params.get("code"), wish).await {
        Ok(done) => done,
        Err(error @ (AppError::Invalid(_) | AppError::Conflict(_))) => {
            let (problem, takes_passwords) = (Some(error.to_string()), app.takes_passwords_of(&visit.caller));
            let page = Setup { name, problem, takes_passwords };
            return Ok(render(StatusCode::BAD_REQUEST, &page));
        }
        Err(error) => return Err(error.into()),
    };
    let token = done.token.expose().to_owned();
    let (set_up, signed_in) = (SetUp::of(&visit.registry), done.session.is_some());
    let page = Token { user: name, token, signed_in, set_up };
    let mut response = render(StatusCode::OK, &page);
    if let Some(session) = &done.session {
        cookies::set_session(&mut response, &app, session);
    }
    Ok(response)
}
