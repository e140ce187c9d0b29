//! What handlers take out of a request.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams};
use bytes::Bytes;
use cratekeep_app::{App, AppError, Caller, RegistryView};
use http::header::AUTHORIZATION;
use http::request::Parts;
use http_body_util::{BodyExt, Limited};

use crate::guard::is_api;
use crate::{Address, ApiError};

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
        let named = params(parts, app).await?.remove("registry");
        let registry = match named {
            None => app.default_registry(),
            Some(name) => app
                .registry(&name)
                .ok_or_else(|| AppError::NotFound(format!("there is no registry `{name}`")))?,
        };
        // A value that is no text cannot be a token of ours; the empty text is malformed as well.
        let header = parts.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
        let address = parts.extensions.get::<Address>().map(|address| address.client.to_string());
        let actor = app.identify(header).await?;
        let caller = Caller { actor, address };
        if is_api(parts.uri.path()) {
            app.count_request(&caller)?;
        }
        Ok(Self { registry, caller })
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
