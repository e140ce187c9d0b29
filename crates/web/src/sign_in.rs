//! Signing in by name and password, signing out, and links to set a password.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, ProviderOffer, SessionText, SignedIn};
use cratekeep_http::{Noted, cookies, own_path};
use cratekeep_types::Secret;
use http::StatusCode;

use crate::page::{PageError, render};
use crate::visit::{Sent, Visit, go_to};

/// Where somebody goes after a sign-in that was not on the way to anywhere.
pub(crate) const HOME: &str = "/me";
/// What the browser keeps between the password and the passkey.
pub(crate) const STEP_COOKIE: &str = "cratekeep-step";
/// How long it keeps that, in seconds.
const STEP_SECS: i64 = 300;

/// A way to sign in that leads elsewhere.
struct Button {
    title: String,
    href: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    buttons: Vec<Button>,
    name: String,
    next: String,
    problem: Option<String>,
    takes_passwords: bool,
    is_https: bool,
    has_passkeys: bool,
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    name: String,
    problem: Option<String>,
    takes_passwords: bool,
}

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage {
    is_sent: bool,
}

/// `GET /sign-in`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let next = next_of(&visit.path);
    if visit.is_signed_in {
        return Ok(go_to(&next));
    }
    Ok(render(StatusCode::OK, &page(&app, visit, String::new(), next, None)))
}

/// `POST /sign-in`
pub(crate) async fn post(State(app): State<App>, Sent { visit, form }: Sent) -> Result<Response, PageError> {
    let (name, next) = (form.get("name").to_owned(), own_path(form.get("next")).unwrap_or(HOME).to_owned());
    let password = Secret::new(form.get("password").to_owned());
    match app.sign_in_with_password(&visit.caller, &name, password, visit.agent.as_deref()).await {
        Ok(signed_in) => Ok(arrived(&app, &signed_in, &next)),
        Err(error @ (AppError::Unauthenticated(_) | AppError::SlowDown { .. })) => {
            let (status, text) = (status_of(&error), error.to_string());
            let mut again = render(status, &page(&app, visit, name, next, Some(text)));
            again.extensions_mut().insert(Noted);
            Ok(again)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /sign-out`
pub(crate) async fn sign_out(
    State(app): State<App>,
    Sent { visit, .. }: Sent,
) -> Result<Response, PageError> {
    app.sign_out(&visit.caller).await?;
    let mut response = go_to("/");
    cookies::clear_session(&mut response, &app);
    Ok(response)
}

/// `GET /link/{secret}`
pub(crate) async fn link(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let Some(holder) = app.password_link(visit.params.get("secret")).await? else {
        return Err(no_link().into());
    };
    let takes_passwords = app.takes_passwords_of(&visit.caller);
    let page = LinkPage { name: holder.name.to_string(), problem: None, takes_passwords };
    Ok(render(StatusCode::OK, &page))
}

/// `POST /link/{secret}`
pub(crate) async fn use_link(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    let secret = visit.params.get("secret").to_owned();
    let password = Secret::new(form.get("password").to_owned());
    match app.use_password_link(&visit.caller, &secret, password, visit.agent.as_deref()).await {
        Ok(signed_in) => Ok(arrived(&app, &signed_in, HOME)),
        Err(error @ AppError::Invalid(_)) => {
            let holder = app.password_link(&secret).await?.ok_or_else(no_link)?;
            let (name, problem) = (holder.name.to_string(), Some(error.to_string()));
            let page = LinkPage { name, problem, takes_passwords: true };
            Ok(render(StatusCode::BAD_REQUEST, &page))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /link`
pub(crate) async fn forgot() -> Response {
    render(StatusCode::OK, &ForgotPage { is_sent: false })
}

/// `POST /link`: the answer is the same whether there is such an address or not.
pub(crate) async fn send_link(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    app.mail_password_link(&visit.caller, form.get("email")).await?;
    Ok(render(StatusCode::OK, &ForgotPage { is_sent: true }))
}

/// Sends the browser on as far as the sign-in came.
fn arrived(app: &App, came: &SignedIn, next: &str) -> Response {
    match came {
        SignedIn::Session(session) => signed_in(app, session, next),
        SignedIn::SecondStep(ticket) => {
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let mut response = go_to(&format!("/passkey?next={next}"));
            cookies::set_cookie(&mut response, app, STEP_COOKIE, ticket.expose(), STEP_SECS);
            response
        }
    }
}

/// Gives the browser its session and sends it on.
pub(crate) fn signed_in(app: &App, session: &SessionText, next: &str) -> Response {
    let mut response = go_to(own_path(next).unwrap_or(HOME));
    cookies::set_session(&mut response, app, session);
    response
}

/// Where a request for the sign-in page wants to go on to.
pub(crate) fn next_of(path: &str) -> String {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let next = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "next");
    next.and_then(|(_, next)| own_path(&next).map(str::to_owned)).unwrap_or_else(|| HOME.to_owned())
}

fn page(app: &App, visit: Visit, name: String, next: String, problem: Option<String>) -> SignInPage {
    let takes_passwords = app.takes_passwords_of(&visit.caller);
    let go_on: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let button = |offer: ProviderOffer| Button {
        href: format!("/sign-in/{}?next={go_on}", offer.name),
        title: offer.title,
    };
    let buttons = app.sign_in_providers().into_iter().map(button).collect();
    SignInPage {
        buttons,
        name,
        next,
        problem,
        takes_passwords,
        is_https: app.is_https(),
        has_passkeys: app.has_passkeys(),
    }
}

fn status_of(error: &AppError) -> StatusCode {
    match error {
        AppError::SlowDown { .. } => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::UNAUTHORIZED,
    }
}

fn no_link() -> AppError {
    AppError::NotFound(
        "This link was used already, is older than a day, or was replaced by a newer one. Ask for another."
            .to_owned(),
    )
}
