//! Forms of our pages: who sent them, from which page, and what they say.

use axum::body::Body;
use axum::extract::Request;
use cratekeep_app::{App, AppError};
use http::header::CONTENT_TYPE;

use crate::extract::Visitor;
use crate::{limited_body, says_same_origin};

/// Longest form in bytes.
const FORM_BYTES_MAX: usize = 64 << 10;
/// Most fields of a form.
const FIELDS_MAX: usize = 300;
/// The hidden field that carries the session's form key.
const KEY_FIELD: &str = "key";
/// Longest path that a sign-in goes on to, in bytes.
const NEXT_BYTES_MAX: usize = 2_000;

/// What a form says.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// The first field called `name`; empty when there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// Every field called `name`, in their order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box called `name` is ticked.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    async fn read(body: Body) -> Result<Self, AppError> {
        let bytes = limited_body(body, FORM_BYTES_MAX).await?;
        let fields: Vec<_> = form_urlencoded::parse(&bytes).into_owned().take(FIELDS_MAX + 1).collect();
        if fields.len() > FIELDS_MAX {
            return Err(AppError::invalid(format!("the form has more than {FIELDS_MAX} fields")));
        }
        if fields.iter().any(|(_, value)| value.contains('\0')) {
            return Err(AppError::invalid("the form has a NUL character"));
        }
        Ok(Self(fields))
    }
}

/// A form that came from a page of ours, with who sent it.
#[derive(Debug)]
pub struct Posted {
    /// Who sent it.
    pub visitor: Visitor,
    /// What it says.
    pub form: Form,
}

impl Posted {
    /// Reads a form. The browser has to say that a page of this server sent it, and a session's form has to carry the
    /// session's key: either alone would keep other sites out.
    ///
    /// # Errors
    /// [`AppError::Denied`] for a form from elsewhere, [`AppError::Invalid`] for a body that is no form.
    pub async fn read(app: &App, request: Request) -> Result<Self, AppError> {
        let (mut parts, body) = request.into_parts();
        if !says_same_origin(&parts.headers, app.base_url()) {
            return Err(not_from_here());
        }
        let is_form =
            parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_none_or(|kind| {
                kind.split(';').next().is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded")
            });
        if !is_form {
            return Err(AppError::invalid("this form is sent as application/x-www-form-urlencoded"));
        }
        let visitor = Visitor::of(&mut parts, app).await.map_err(|error| error.0)?;
        let form = Form::read(body).await?;
        if let Some(key) = &visitor.form_key
            && form.get(KEY_FIELD) != key
        {
            return Err(AppError::Denied(
                "this form is from another session; open its page again and send it from there".to_owned(),
            ));
        }
        Ok(Self { visitor, form })
    }
}

pub(crate) fn not_from_here() -> AppError {
    AppError::Denied("this has to be sent from a page of this server".to_owned())
}

/// The path to go on to, if it is one of this server: nobody is sent elsewhere.
#[must_use]
pub fn own_path(next: &str) -> Option<&str> {
    let rest = next.strip_prefix('/')?;
    let is_own = next.len() <= NEXT_BYTES_MAX
        && !rest.starts_with(['/', '\\'])
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_own.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_paths_are_gone_on_to() {
        for path in ["/", "/me", "/settings/tokens?a=b#c", "/a//b", "/https://x.example"] {
            assert_eq!(own_path(path), Some(path));
        }
        for path in [
            "",
            "me",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/a\nLocation: x",
            " /me",
            "/me ",
            "/é",
            "\u{2f}\u{2f}evil.example",
        ] {
            assert_eq!(own_path(path), None, "{path:?}");
        }
        assert_eq!(own_path(&format!("/{}", "a".repeat(NEXT_BYTES_MAX))), None);
    }
}
