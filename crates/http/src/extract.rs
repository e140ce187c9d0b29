//! What handlers take out of a request.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use bytes::Bytes;
use cratekeep_app::{App, AppError, Caller, RegistryView, Shown, Visit};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http_body_util::{BodyExt, Limited};

use crate::change::Asker;
use crate::cookies::session_text;
use crate::form::not_from_here;
use crate::guard::is_api;
use crate::{Address, ApiError, says_same_origin};

/// The registry a request means, with who asks. `/r/{registry}/…` names one, every other path means the default.
#[derive(Debug)]
pub struct InRegistry {
    /// The registry.
    pub registry: Arc<RegistryView>,
    /// Who asks.
    pub caller: Caller,
}

impl FromRequestParts<App> for InRegistry {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Visitor { registry, caller, .. } = Visitor::of(parts, app).await?;
        Ok(Self { registry, caller })
    }
}

/// As [`InRegistry`], with what pages need besides.
#[derive(Debug)]
pub struct Visitor {
    /// The registry.
    pub registry: Arc<RegistryView>,
    /// Who asks.
    pub caller: Caller,
    /// What the forms of this session carry in the hidden field `key`; only a session has one.
    pub form_key: Option<String>,
}

impl Visitor {
    /// Who asks, by cookie or header. Where a session would change something, the browser has to say that a page of this
    /// server asks for it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown registry, [`AppError::Denied`] without the origin check.
    pub async fn of(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let named = params(parts, app).await?.remove("registry");
        let registry = match named {
            None => app.default_registry(),
            Some(name) => app
                .registry(&name)
                .ok_or_else(|| AppError::NotFound(format!("there is no registry `{name}`")))?,
        };
        let address = parts.extensions.get::<Address>().map(|address| address.client);
        let shown = Shown {
            // A value that is no text cannot be a token of ours; the empty text is malformed as well.
            authorization: parts.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default()),
            session: session_text(&parts.headers, app),
            address,
        };
        let Visit { actor, form_key } = app.visit(&shown).await?;
        if form_key.is_some() && !parts.method.is_safe() && !says_same_origin(&parts.headers, app.base_url())
        {
            return Err(not_from_here().into());
        }
        let address = address.map(|address| address.to_string());
        let caller = Caller { actor, address };
        if let Some(asker) = parts.extensions.get::<Asker>() {
            asker.tell(&caller);
        }
        if is_api(parts.uri.path()) {
            app.count_request(&caller)?;
        }
        Ok(Self { registry, caller, form_key })
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Self::of(parts, app).await
    }
}

/// The parameters in the path, by name, percent-decoded.
#[derive(Debug)]
pub struct Params(HashMap<String, String>);

impl Params {
    /// The parameter `name`; empty when the route has none, which no crate or version is called.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

impl FromRequestParts<App> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Self(params(parts, app).await?))
    }
}

async fn params(parts: &mut Parts, app: &App) -> Result<HashMap<String, String>, ApiError> {
    let raw = RawPathParams::from_request_parts(parts, app)
        .await
        .map_err(|_| AppError::invalid("the path is not UTF-8 after percent-decoding"))?;
    let params: HashMap<_, _> = raw.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if params.values().any(|value| value.contains('\0')) {
        return Err(AppError::invalid("the path has a NUL character").into());
    }
    Ok(params)
}

/// Reads a whole body of at most `bytes_max`.
///
/// # Errors
/// [`AppError::TooLarge`] past the limit, [`AppError::Invalid`] when the body breaks off.
pub async fn limited_body(body: Body, bytes_max: usize) -> Result<Bytes, AppError> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(AppError::TooLarge(format!("the body is larger than {bytes_max} bytes")))
        }
        Err(_) => Err(AppError::invalid("the body ended before it was complete")),
    }
}
