//! Going through a list page by page.

use cratekeep_app::AppError;

use crate::visit::Visit;
use crate::words;

/// The deepest page; who wants to see more asks more exactly.
const PAGES_MAX: u32 = 200;

/// What stands below a list.
pub(crate) struct Pager {
    /// What is shown of how much, as in `51–100 of 1,234`.
    pub(crate) shown: String,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
}

impl Pager {
    /// The page that is asked for, the first one is 1.
    pub(crate) fn number_of(visit: &Visit) -> Result<u32, AppError> {
        let text = visit.query("page");
        let number = if text.is_empty() { Ok(1) } else { text.parse::<u32>() };
        match number {
            Ok(number @ 1..=PAGES_MAX) => Ok(number),
            _ => Err(AppError::invalid(format!("`page` is a number from 1 to {PAGES_MAX}, not `{text}`"))),
        }
    }

    /// For page `number` of a list with `rows` on a page and `total` in all.
    pub(crate) fn of(visit: &Visit, number: u32, rows: u32, total: u64) -> Self {
        let first = u64::from((number - 1) * rows) + 1;
        let last = total.min(u64::from(number * rows));
        let to = |page: u32| visit.path_with("page", &page.to_string());
        Self {
            shown: if total == 0 || first > total {
                format!("none of {}", words::count(total))
            } else {
                format!("{}–{} of {}", words::count(first), words::count(last), words::count(total))
            },
            previous: (number > 1).then(|| to(number - 1)),
            next: (last < total && number < PAGES_MAX).then(|| to(number + 1)),
        }
    }
}
