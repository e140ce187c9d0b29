//! The way to a sign-in provider and back. Nothing is shown: browsers are sent on, or told why not.

use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use cratekeep_app::{App, AppError, Arrived, ComeBack, SetOut, ThroughProxy, WAY_SECS_MAX};
use cratekeep_http::cookies::{WAY, cookie_text, set_cookie, set_session};
use cratekeep_http::{Address, Params, Visitor, own_path};
use http::header::{CACHE_CONTROL, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::page::PageError;

/// `GET /sign-in/{provider}`: sets out, or signs in whom a proxy names.
pub(crate) async fn get(
    State(app): State<App>,
    params: Params,
    visitor: Visitor,
    Extension(address): Extension<Address>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let (name, query) = (params.get("provider"), Query::read(query.as_deref())?);
    let next = own_path(query.get("next")).unwrap_or("/");
    if !app.is_asked(name)? {
        let request = ThroughProxy {
            socket: address.socket.ip(),
            header: &|name| all_values(&headers, name),
            next,
            agent: agent(&headers),
        };
        let arrived = app.come_through_proxy(&visitor.caller, name, &request).await?;
        return Ok(go_on(&app, &arrived)?);
    }
    let link_key = visitor.form_key.as_deref().map(link_key);
    let links = !query.get("link").is_empty();
    if links && link_key.as_deref() != Some(query.get("link")) {
        let text = "this link is from another session; open your settings again and use the one there";
        return Err(AppError::Denied(text.to_owned()).into());
    }
    let way = app.set_out(&visitor.caller, name, SetOut { next, links }).await?;
    let mut response = send_to(&way.url)?;
    set_cookie(&mut response, &app, WAY, way.binding.expose(), WAY_SECS_MAX);
    Ok(response)
}

/// `GET /sign-in/{provider}/callback`: comes back.
pub(crate) async fn callback(
    State(app): State<App>,
    params: Params,
    visitor: Visitor,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let query = Query::read(query.as_deref())?;
    let back = ComeBack {
        state: query.get("state"),
        code: query.get("code"),
        error: query.get("error"),
        issuer: query.find("iss"),
        binding: cookie_text(&headers, &app, WAY),
        agent: agent(&headers),
    };
    let arrived = app.come_back(&visitor.caller, params.get("provider"), back).await?;
    let mut response = go_on(&app, &arrived)?;
    set_cookie(&mut response, &app, WAY, "", 0);
    Ok(response)
}

/// What a link in the settings carries, so that no other site can begin to link an identity to somebody's account.
pub(crate) fn link_key(form_key: &str) -> String {
    cratekeep_types::Checksum::of(format!("link {form_key}").as_bytes()).to_string()
}

/// The parameters of an address, each there once.
struct Query(Vec<(String, String)>);

impl Query {
    fn read(query: Option<&str>) -> Result<Self, AppError> {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        let is_twice = |name: &String| pairs.iter().filter(|(other, _)| other == name).count() > 1;
        match pairs.iter().find(|(name, _)| is_twice(name)) {
            Some(_) => Err(AppError::invalid("the address has a parameter twice; begin again")),
            None => Ok(Self(pairs)),
        }
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }
}

fn go_on(app: &App, arrived: &Arrived) -> Result<Response, AppError> {
    let mut response = send_to(&format!("{}{}", app.base_url(), arrived.next))?;
    if let Some(session) = &arrived.session {
        set_session(&mut response, app, session);
    }
    Ok(response)
}

fn send_to(url: &str) -> Result<Response, AppError> {
    let location = HeaderValue::from_str(url).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn all_values(headers: &HeaderMap, name: &str) -> Vec<Option<String>> {
    headers.get_all(name).iter().map(|value| value.to_str().ok().map(str::to_owned)).collect()
}

fn agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(USER_AGENT)?.to_str().ok()
}
