//! `/settings/tokens`: a person's tokens, listed, made, renewed and taken back.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use cratekeep_app::{App, AppError, Renewal, TokenRequest, TokenRow};
use cratekeep_http::{Form, Params, Posted, Visitor};
use cratekeep_types::{Scope, Timestamp, TokenId, TokenText};
use http::StatusCode;
use http::header::LOCATION;

use crate::page::{PageError, SetUp, render};
use crate::spans::{Choice, choices, text_of};

/// Tokens that ended within this many days are still shown.
const ENDED_DAYS: u32 = 30;

struct Line {
    id: i64,
    name: String,
    limits: Vec<String>,
    is_over: bool,
    ends: String,
    used: String,
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct Tokens {
    form_key: String,
    tokens: Vec<Line>,
}

struct Tick {
    word: String,
    about: &'static str,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "token_new.html")]
struct New {
    form_key: String,
    name: String,
    scopes: Vec<Tick>,
    crates: String,
    registries: Vec<Tick>,
    addresses: String,
    lives: Vec<Choice>,
    may_be_endless: bool,
    problems: Vec<String>,
}

#[derive(Template)]
#[template(path = "token_made.html")]
struct Made {
    name: String,
    token: String,
    set_ups: Vec<SetUp>,
}

/// `GET /settings/tokens`
pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, PageError> {
    app.check_browser(&visitor.caller)?;
    let now = app.now();
    let tokens = app.own_tokens(&visitor.caller, ENDED_DAYS).await?;
    let tokens = tokens.iter().map(|token| line_of(token, now)).collect();
    Ok(render(StatusCode::OK, &Tokens { form_key: visitor.form_key.unwrap_or_default(), tokens }))
}

/// `POST /settings/tokens/{id}/revoke`
pub(crate) async fn revoke(
    State(app): State<App>,
    params: Params,
    request: Request,
) -> Result<Response, PageError> {
    let Posted { visitor, .. } = Posted::read(&app, request).await?;
    app.check_browser(&visitor.caller)?;
    let id = TokenId(params.get("id").parse().unwrap_or(0));
    app.revoke_own_token(&visitor.caller, id).await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/settings/tokens")]).into_response())
}

/// `POST /settings/tokens/{id}/renew`: the new text is shown this once; the one before works for another day.
pub(crate) async fn renew(
    State(app): State<App>,
    params: Params,
    request: Request,
) -> Result<Response, PageError> {
    let Posted { visitor, .. } = Posted::read(&app, request).await?;
    app.check_browser(&visitor.caller)?;
    let id = TokenId(params.get("id").parse().unwrap_or(0));
    let (token, text) = app.renew_own_token(&visitor.caller, id, Renewal::default()).await?;
    Ok(made(&app, token, &text))
}

/// `GET /settings/tokens/new`
pub(crate) async fn form(State(app): State<App>, visitor: Visitor) -> Result<Response, PageError> {
    app.check_browser(&visitor.caller)?;
    Ok(render(StatusCode::OK, &new_page(&app, &visitor, None, Vec::new())))
}

/// `POST /settings/tokens/new`
pub(crate) async fn create(State(app): State<App>, request: Request) -> Result<Response, PageError> {
    let Posted { visitor, form } = Posted::read(&app, request).await?;
    app.check_browser(&visitor.caller)?;
    let done = match read(&form, app.now()) {
        Ok(request) => app.create_own_token(&visitor.caller, request).await,
        Err(error) => Err(error),
    };
    match done {
        Ok((token, text)) => Ok(made(&app, token, &text)),
        Err(AppError::Invalid(problems)) => {
            Ok(render(StatusCode::BAD_REQUEST, &new_page(&app, &visitor, Some(&form), problems)))
        }
        Err(error) => Err(error.into()),
    }
}

/// The page that shows a token's text once.
fn made(app: &App, token: TokenRow, text: &TokenText) -> Response {
    let is_for = |name: &_| token.registries.is_empty() || token.registries.contains(name);
    let all = app.all_registries();
    let views = all.iter().filter(|view| is_for(&view.registry.name));
    let set_ups = views.map(|view| SetUp::of(view)).collect();
    let page = Made { name: token.label, token: text.expose().to_owned(), set_ups };
    render(StatusCode::OK, &page)
}

/// The form as it was sent, or with what is sensible for most: to publish new versions, for a while.
fn new_page(app: &App, visitor: &Visitor, sent: Option<&Form>, problems: Vec<String>) -> New {
    let is_admin = visitor.caller.actor.account().is_some_and(|account| account.is_admin);
    let was_sent = |field: &str, word: &str| sent.is_some_and(|form| form.all(field).any(|one| one == word));
    let typed = |field: &str| sent.map(|form| form.get(field).to_owned()).unwrap_or_default();
    let scopes =
        Scope::ALL.into_iter().filter(|scope| is_admin || *scope != Scope::Admin).map(|scope| Tick {
            word: scope.word().to_owned(),
            about: about(scope),
            is_on: sent.map_or(matches!(scope, Scope::Read | Scope::PublishUpdate), |_| {
                was_sent("scope", scope.word())
            }),
        });
    let registries = app.all_registries();
    let registries = registries.iter().map(|view| {
        let word = view.registry.name.to_string();
        Tick { is_on: was_sent("registry", &word), about: "", word }
    });
    let options = app.token_options();
    New {
        form_key: visitor.form_key.clone().unwrap_or_default(),
        name: typed("name"),
        scopes: scopes.collect(),
        crates: typed("crates"),
        registries: registries.collect(),
        addresses: typed("addresses"),
        lives: choices(options.life_secs_default, options.life_secs_max.unwrap_or(u64::MAX)),
        may_be_endless: options.life_secs_max.is_none(),
        problems,
    }
}

fn read(form: &Form, now: Timestamp) -> Result<TokenRequest, AppError> {
    let words = |field: &str| {
        let texts = form.get(field).split([',', '\n', ' ', '\r']).map(str::trim);
        texts.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let life = form.get("life");
    let expires_at = match life.parse::<i64>() {
        Ok(secs) if secs > 0 => Some(now.plus_secs(secs)),
        _ if life == "never" => None,
        _ => return Err(AppError::invalid("choose when the token ends")),
    };
    Ok(TokenRequest {
        label: form.get("name").to_owned(),
        scopes: Some(form.all("scope").map(str::to_owned).collect()),
        crates: words("crates"),
        registries: form.all("registry").map(str::to_owned).collect(),
        addresses: words("addresses"),
        expires_at,
    })
}

fn about(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read registries that are not open; part of everything below",
        Scope::PublishNew => "publish crates that do not exist yet",
        Scope::PublishUpdate => "publish new versions of crates you own",
        Scope::Yank => "yank versions, and take that back",
        Scope::ChangeOwners => "invite and remove owners",
        Scope::TrustedPublishing => "say which builds may publish your crates",
        Scope::Admin => "administer this server",
    }
}

fn line_of(token: &TokenRow, now: Timestamp) -> Line {
    let mut limits = vec![match token.is_legacy {
        true => "everything you may do".to_owned(),
        false => token.scopes.to_string().replace(',', ", "),
    }];
    let mut add = |what: &str, items: Vec<String>| {
        if !items.is_empty() {
            limits.push(format!("{what} {}", items.join(", ")));
        }
    };
    add("crates", token.crates.iter().map(ToString::to_string).collect());
    add("registries", token.registries.iter().map(ToString::to_string).collect());
    add("from", token.addresses.iter().map(ToString::to_string).collect());
    let from = token.used_from.map(|from| format!(" from {from}")).unwrap_or_default();
    Line {
        id: token.id.0,
        name: token.label.clone(),
        limits,
        is_over: !token.is_live(now),
        ends: token.expires_at.map_or_else(|| "never".to_owned(), |end| in_words(end, now)),
        used: token.used_at.map_or_else(|| "never".to_owned(), |at| format!("{}{from}", in_words(at, now))),
    }
}

/// How far away a moment is: `in 3 days`, `2 hours ago`.
fn in_words(at: Timestamp, now: Timestamp) -> String {
    let away = at.secs_since(now);
    let secs = away.unsigned_abs();
    let unit = [86_400, 3_600, 60, 1].into_iter().find(|unit| secs >= *unit).unwrap_or(1);
    let text = text_of(secs / unit * unit);
    if away > 0 { format!("in {text}") } else { format!("{text} ago") }
}
