//! The categories that crates may name: crates.io's tree of slugs, and those that the server adds.

use std::collections::BTreeMap;

/// crates.io's slugs, each with a name and a description of our own.
const STANDARD: &str = include_str!("categories/standard.txt");

/// A category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its slug; what stands before the last `::` is the slug of the one above it.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// What belongs in it.
    pub description: String,
}

/// The categories of a server, by slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Categories(BTreeMap<String, Category>);

impl Categories {
    /// Those of crates.io if `with_standard`, and `own` ones, each as `slug`, `slug | name` or
    /// `slug | name | description`. An own one replaces the standard one with its slug.
    ///
    /// # Errors
    /// A sentence about the first line that is none.
    pub fn new(with_standard: bool, own: &[String]) -> Result<Self, String> {
        let standard = STANDARD.lines().filter(|_| with_standard);
        let mut all = BTreeMap::new();
        for line in standard.chain(own.iter().map(String::as_str)) {
            let category = read(line)?;
            all.insert(category.slug.clone(), category);
        }
        Ok(Self(all))
    }

    /// Every one, by slug.
    pub fn iter(&self) -> impl Iterator<Item = &Category> {
        self.0.values()
    }

    /// Those that stand under no other.
    pub fn top(&self) -> impl Iterator<Item = &Category> {
        self.iter().filter(|category| !category.slug.contains("::"))
    }

    /// The one with this slug, in any spelling of its letters.
    #[must_use]
    pub fn get(&self, slug: &str) -> Option<&Category> {
        self.0.get(&slug.to_lowercase())
    }

    /// Those directly under a slug.
    pub fn under(&self, slug: &str) -> impl Iterator<Item = &Category> {
        let begin = format!("{slug}::");
        self.iter().filter(move |category| {
            category.slug.strip_prefix(&begin).is_some_and(|rest| !rest.contains("::"))
        })
    }

    /// Those above a slug, the topmost first.
    pub fn above(&self, slug: &str) -> impl Iterator<Item = &Category> {
        slug.match_indices("::").filter_map(|(end, _)| self.get(&slug[..end]))
    }

    /// Which of `slugs` are none of these, as they were written.
    #[must_use]
    pub fn unknown(&self, slugs: &[String]) -> Vec<String> {
        slugs.iter().filter(|slug| self.get(slug).is_none()).cloned().collect()
    }
}

fn read(line: &str) -> Result<Category, String> {
    let mut parts = line.splitn(3, '|').map(str::trim);
    let slug = parts.next().unwrap_or_default();
    let is_good = |part: &str| {
        part.starts_with(|sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit())
            && part.bytes().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-')
    };
    if !slug.split("::").all(is_good) {
        return Err(format!(
            "`{line}` is no category; write `slug | name | description`, the slug in lower case with `-` between words \
             and `::` before what stands under it"
        ));
    }
    let name = parts.next().filter(|name| !name.is_empty());
    Ok(Category {
        slug: slug.to_owned(),
        name: name.or_else(|| slug.rsplit("::").next()).unwrap_or(slug).to_owned(),
        description: parts.next().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_tree_is_whole() {
        let all = Categories::new(true, &[]).expect("our own lines");
        assert_eq!(all.iter().count(), STANDARD.lines().count(), "no slug stands twice");
        for category in all.iter() {
            assert!(!category.name.is_empty() && !category.description.is_empty(), "{}", category.slug);
            let parents = category.slug.matches("::").count();
            assert_eq!(all.above(&category.slug).count(), parents, "{}", category.slug);
        }
        let under: Vec<_> = all.under("web-programming").map(|one| one.name.as_str()).collect();
        assert_eq!(under, ["HTTP clients", "HTTP servers", "WebSocket"]);
        assert_eq!(all.get("No-Std").map(|one| one.slug.as_str()), Some("no-std"));
        let slugs = ["Parsing", "parsing-more"].map(str::to_owned);
        assert_eq!(all.unknown(&slugs), ["parsing-more"]);
    }

    #[test]
    fn a_server_has_its_own() {
        let own = ["team-tools", "team-tools::ci | CI | Our builds", "wasm | Our Wasm"].map(str::to_owned);
        let all = Categories::new(true, &own).expect("good lines");
        assert_eq!(all.get("team-tools::ci").map(|one| one.description.as_str()), Some("Our builds"));
        assert_eq!(all.get("wasm").map(|one| one.name.as_str()), Some("Our Wasm"));
        assert_eq!(Categories::new(false, &own).expect("good lines").iter().count(), 3);
        for bad in ["", "Upper", "a b", "a::", "-a", "a | ".repeat(0).as_str()] {
            assert!(Categories::new(false, &[bad.to_owned()]).is_err(), "{bad}");
        }
    }
}
