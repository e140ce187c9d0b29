//! The first administrator, by the link that the server prints at its start.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError};
use cratekeep_http::{InRegistry, Params, limited_body, same_origin};
use http::{HeaderMap, StatusCode};

use crate::page::{PageError, SetUp, render};

/// Longest form in bytes.
const FORM_BYTES_MAX: usize = 4 << 10;

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup {
    name: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "token.html")]
struct Token {
    user: String,
    token: String,
    set_up: SetUp,
}

/// `GET /setup/{code}`: the form.
pub(crate) async fn get(State(app): State<App>, params: Params) -> Result<Response, PageError> {
    if !app.setup_is_open(params.get("code")).await? {
        let text = "This set-up link was used already or is not the last one printed. Restart the server for a new one, \
                    or run `cratekeep admin user create NAME --admin`.";
        return Err(AppError::NotFound(text.to_owned()).into());
    }
    Ok(render(StatusCode::OK, &Setup { name: String::new(), problem: None }))
}

/// `POST /setup/{code}`: makes the administrator and shows the first token, once.
pub(crate) async fn post(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, PageError> {
    if !same_origin(&headers, app.base_url()) {
        return Err(AppError::Denied("this form has to be sent from its own page".to_owned()).into());
    }
    let form = limited_body(body, FORM_BYTES_MAX).await?;
    let name = form_urlencoded::parse(&form)
        .find(|(key, _)| key == "name")
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default();
    match app.use_setup(&caller, params.get("code"), &name).await {
        Ok(token) => {
            let page = Token { user: name, token: token.expose().to_owned(), set_up: SetUp::of(&registry) };
            Ok(render(StatusCode::OK, &page))
        }
        Err(error @ (AppError::Invalid(_) | AppError::Conflict(_))) => {
            Ok(render(StatusCode::BAD_REQUEST, &Setup { name, problem: Some(error.to_string()) }))
        }
        Err(error) => Err(error.into()),
    }
}
