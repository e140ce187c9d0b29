//! Pages of lists: `page`, `per_page` and `seek`, with crates.io's limits and texts.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cratekeep_app::AppError;

/// Items of a page when the client does not say.
const PER_PAGE: u32 = 10;
/// Most items of a page.
const PER_PAGE_MAX: u32 = 100;
/// Deepest page; deeper ones are reached by `seek`.
const PAGE_MAX: u32 = 200;

/// Which page of a list is asked for that is paged both ways.
#[derive(Debug)]
pub(crate) enum PageOf<T> {
    /// The page with this number.
    Number(u32),
    /// What comes after this place; `None` is the beginning.
    Seek(Option<T>),
}

/// A query string, taken apart once.
pub(crate) struct Query<'q> {
    pairs: Vec<(Cow<'q, str>, Cow<'q, str>)>,
}

impl<'q> Query<'q> {
    /// Takes the query apart.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a NUL character, which no database text has.
    pub(crate) fn of(text: Option<&'q str>) -> Result<Self, AppError> {
        let pairs: Vec<_> = form_urlencoded::parse(text.unwrap_or_default().as_bytes()).collect();
        if let Some((key, _)) = pairs.iter().find(|(key, value)| key.contains('\0') || value.contains('\0')) {
            let key = key.replace('\0', "");
            return Err(AppError::invalid(format!(
                "Failed to deserialize query string: `{key}` has a NUL character"
            )));
        }
        Ok(Self { pairs })
    }

    /// The last value of a key; the last one counts, as with crates.io.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.as_ref())
    }

    /// Every value of a key that may be repeated.
    pub(crate) fn all(&self, key: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(known, _)| known == key).map(|(_, value)| value.as_ref()).collect()
    }

    /// The same query with another `seek` or `page`, as a whole query string.
    pub(crate) fn with(&self, key: &str, value: &str) -> String {
        let kept = self.pairs.iter().filter(|(known, _)| known != key);
        let text = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair(key, value)
            .finish();
        format!("?{text}")
    }

    /// `per_page`, ten unless said otherwise.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what is no number from 1 to 100.
    pub(crate) fn per_page(&self) -> Result<u32, AppError> {
        match self.number("per_page")? {
            Some(most) if most > PER_PAGE_MAX => {
                Err(AppError::invalid(format!("cannot request more than {PER_PAGE_MAX} items")))
            }
            asked => Ok(asked.unwrap_or(PER_PAGE)),
        }
    }

    /// Where the page begins and how long it is, for a list that is paged by number alone.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a bad number, a page that is too deep, or `seek`.
    pub(crate) fn offset_page(&self) -> Result<(u32, u32), AppError> {
        if self.get("seek").is_some() {
            return Err(AppError::invalid("?seek= is not supported for this request"));
        }
        let per_page = self.per_page()?;
        let page = self.number("page")?.unwrap_or(1);
        check_depth(page)?;
        Ok(((page - 1) * per_page, per_page))
    }

    /// The page with the number that `page` says, or else the one that `seek` leads to.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for both at once, a page that is too deep, and a `seek` that did not come from here.
    pub(crate) fn page_or_seek<T: serde::de::DeserializeOwned>(&self) -> Result<PageOf<T>, AppError> {
        match self.number("page")? {
            Some(page) if self.get("seek").is_none() => {
                check_depth(page)?;
                Ok(PageOf::Number(page))
            }
            _ => self.seek().map(PageOf::Seek),
        }
    }

    /// A row's number.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what is no number.
    pub(crate) fn id(&self, key: &str) -> Result<Option<i64>, AppError> {
        let Some(text) = self.get(key) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            AppError::invalid(format!(
                "Failed to deserialize query string: {key}: `{text}` is no whole number"
            ))
        })
    }

    /// The place at which a list goes on that is paged by place alone.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for `page`, and for a `seek` that did not come from here.
    pub(crate) fn seek<T: serde::de::DeserializeOwned>(&self) -> Result<Option<T>, AppError> {
        if self.get("page").is_some() {
            return Err(AppError::invalid(match self.get("seek") {
                Some(_) => "providing both ?page= and ?seek= is unsupported",
                None => "?page= is not supported for this request",
            }));
        }
        let Some(text) = self.get("seek") else { return Ok(None) };
        let bad = || AppError::invalid("invalid seek parameter");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
        serde_json::from_slice(&bytes).map(Some).map_err(|_| bad())
    }

    fn number(&self, key: &str) -> Result<Option<u32>, AppError> {
        let Some(text) = self.get(key) else { return Ok(None) };
        match text.parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(AppError::invalid(format!(
                "Failed to deserialize query string: {key}: `{text}` is no whole number from 1 on"
            ))),
        }
    }
}

fn check_depth(page: u32) -> Result<(), AppError> {
    if page <= PAGE_MAX {
        return Ok(());
    }
    Err(AppError::invalid(format!(
        "Page {page} is unavailable for performance reasons; the deepest page is {PAGE_MAX}, go on with `seek` or \
         narrow the list instead"
    )))
}

/// The text of a place, for `seek`.
pub(crate) fn seek_text<T: serde::Serialize>(place: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T>(answer: Result<T, AppError>) -> String {
        answer.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn bad_pages_are_told_in_the_words_that_clients_know() {
        let of = |text| Query::of(Some(text)).expect("no NUL");
        assert_eq!(of("").offset_page().ok(), Some((0, 10)));
        assert_eq!(of("page=3&per_page=20").offset_page().ok(), Some((40, 20)));
        assert_eq!(refusal(of("per_page=101").per_page()), "cannot request more than 100 items");
        assert!(refusal(of("page=201").offset_page()).starts_with("Page 201 is unavailable"));
        assert_eq!(refusal(of("seek=x").offset_page()), "?seek= is not supported for this request");
        assert_eq!(refusal(of("page=1").seek::<i64>()), "?page= is not supported for this request");
        assert!(refusal(of("page=1&seek=x").seek::<i64>()).starts_with("providing both"));
        assert_eq!(refusal(of("seek=%21").seek::<i64>()), "invalid seek parameter");
        for bad in ["page=0", "page=-1", "page=x", "per_page=0", "per_page=99999999999"] {
            assert!(refusal(of(bad).offset_page()).contains("Failed to deserialize"), "{bad}");
        }
        assert!(Query::of(Some("a=%00")).is_err());
    }

    #[test]
    fn a_place_survives_its_text() {
        let link = Query::of(Some("sort=date&seek=old")).expect("no NUL").with("seek", &seek_text(&(7, "x")));
        assert!(link.starts_with("?sort=date&seek="), "{link}");
        let back = Query::of(Some(&link[1..])).expect("no NUL");
        assert_eq!(back.seek::<(i64, String)>().ok(), Some(Some((7, "x".to_owned()))));
    }
}
