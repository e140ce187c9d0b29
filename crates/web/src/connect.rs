//! `/connect`: a person decides whether a `cargo login` is let in.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use cratekeep_app::{App, AppError, ConnectAsk};
use cratekeep_http::{Posted, Visitor};
use http::{StatusCode, Uri};

use crate::page::{PageError, render};
use crate::spans::{Choice, choices};

#[derive(Template)]
#[template(path = "connect.html")]
struct Connect {
    form_key: String,
    user: String,
    ask: Option<ConnectAsk>,
    code: String,
    lives: Vec<Choice>,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "connected.html")]
struct Connected {
    granted: bool,
}

/// `GET /connect`
pub(crate) async fn get(State(app): State<App>, visitor: Visitor, uri: Uri) -> Result<Response, PageError> {
    let code = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find(|(key, _)| key == "code")
        .map(|(_, code)| code.into_owned())
        .unwrap_or_default();
    show(&app, &visitor, code).await
}

/// `POST /connect`
pub(crate) async fn post(State(app): State<App>, request: Request) -> Result<Response, PageError> {
    let Posted { visitor, form } = Posted::read(&app, request).await?;
    let granted = match form.get("answer") {
        "let in" => true,
        "turn away" => false,
        other => return Err(AppError::invalid(format!("`{other}` is no answer")).into()),
    };
    let secs = form.get("life").parse::<u64>().ok();
    if granted && secs.is_none() {
        return Err(AppError::invalid("choose how long cargo may stay signed in").into());
    }
    app.answer_connect(&visitor.caller, form.get("code"), secs.filter(|_| granted)).await?;
    Ok(render(StatusCode::OK, &Connected { granted }))
}

async fn show(app: &App, visitor: &Visitor, code: String) -> Result<Response, PageError> {
    let (ask, problem) = match app.connect_ask(&visitor.caller, &code).await {
        Ok(ask) => (Some(ask), None),
        // Without a code the page asks for it.
        Err(AppError::NotFound(_)) if code.is_empty() => (None, None),
        Err(AppError::NotFound(text)) => (None, Some(text)),
        Err(error) => return Err(error.into()),
    };
    let status = if problem.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let user = visitor.caller.actor.account().map(|account| account.name.to_string()).unwrap_or_default();
    let form_key = visitor.form_key.clone().unwrap_or_default();
    let lives = choices(app.login_secs_default(), app.login_secs_max());
    Ok(render(status, &Connect { form_key, user, ask, code, lives, problem }))
}
