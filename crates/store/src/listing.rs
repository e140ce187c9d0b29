//! Lists of crates: every order and filter that the web API has, each page a walk along an index.
//!
//! The one module that puts statements together. Column names and conditions come from the texts below and nowhere
//! else; whatever a caller says is a parameter.

use std::fmt::Write as _;

use cratekeep_types::{CanonName, CrateId, RegistryId, TeamId, UserId};
use serde_json::{Value, json};

use crate::krate::Seen;
use crate::sql::{PAGE_MAX, Query, Row, bounded};
use crate::{Conn, StoreError};

/// Which crates of a registry are listed. Every condition that is there must hold.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Where.
    pub registry: RegistryId,
    /// Which limited crates are among them.
    pub seen: Seen,
    /// With each of these keywords, in lower case.
    pub keywords: Vec<String>,
    /// In this category or one below it.
    pub category: Option<String>,
    /// With a canonical name that begins so.
    pub prefix: Option<String>,
    /// Owned by this account itself.
    pub owner: Option<UserId>,
    /// Owned by this team.
    pub team: Option<TeamId>,
    /// With one of these names.
    pub names: Option<Vec<CanonName>>,
    /// Not those of which every version is yanked.
    pub live_only: bool,
    /// Not those that never changed since they were made.
    pub changed_only: bool,
}

impl Filter {
    /// Every crate of a registry that `seen` lets through.
    #[must_use]
    pub fn every(registry: RegistryId, seen: Seen) -> Self {
        Self {
            registry,
            seen,
            keywords: Vec::new(),
            category: None,
            prefix: None,
            owner: None,
            team: None,
            names: None,
            live_only: false,
            changed_only: false,
        }
    }

    /// Whether nothing but visibility narrows the list.
    fn is_every(&self) -> bool {
        let Self {
            registry: _,
            seen: _,
            keywords,
            category,
            prefix,
            owner,
            team,
            names,
            live_only,
            changed_only,
        } = self;
        keywords.is_empty()
            && category.is_none()
            && prefix.is_none()
            && owner.is_none()
            && team.is_none()
            && names.is_none()
            && !live_only
            && !changed_only
    }
}

/// In which order crates are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By canonical name.
    Name,
    /// The most downloaded first.
    Downloads,
    /// The most downloaded of late first.
    RecentDownloads,
    /// The last changed first.
    Updated,
    /// The youngest first.
    New,
}

impl Order {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Name, Self::Downloads, Self::RecentDownloads, Self::Updated, Self::New];

    fn column(self) -> &'static str {
        match self {
            Self::Name => "krate.canon",
            Self::Downloads => "krate.downloads",
            Self::RecentDownloads => "krate.recent_downloads",
            Self::Updated => "krate.updated_at",
            Self::New => "krate.created_at",
        }
    }
}

/// Where a crate stands in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the order of names.
    Name(String),
    /// In any other: the number that it is ordered by, and the row.
    Number(i64, CrateId),
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// After so many crates.
    Offset(u32),
    /// After this place. One of another order gives an empty page.
    After(Place),
}

/// A page of a list: the crates with their places, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn page(
    conn: &mut Conn,
    filter: &Filter,
    order: Order,
    from: &From,
    limit: u32,
) -> Result<Vec<(CrateId, Place)>, StoreError> {
    let mut built = Built::begin(conn, "SELECT krate.id, ", filter);
    let column = order.column();
    let offset = match (from, order) {
        (From::Offset(offset), _) => i64::from(*offset),
        (From::After(Place::Name(name)), Order::Name) => {
            built.text.push_str(" AND krate.canon > ");
            built.put(Part::Text(name.clone()));
            0
        }
        (From::After(Place::Number(number, id)), order) if order != Order::Name => {
            _ = write!(built.text, " AND ({column}, krate.id) < (");
            built.put(Part::Number(*number));
            built.text.push_str(", ");
            built.put(Part::Number(id.0));
            built.text.push(')');
            0
        }
        (From::After(_), _) => return Ok(Vec::new()),
    };
    let ending = match order {
        Order::Name => " ORDER BY krate.canon LIMIT ".to_owned(),
        _ => format!(" ORDER BY {column} DESC, krate.id DESC LIMIT "),
    };
    built.text.push_str(&ending);
    built.put(Part::Number(bounded(limit, PAGE_MAX)));
    built.text.push_str(" OFFSET ");
    built.put(Part::Number(offset));
    built.text.insert_str("SELECT krate.id, ".len(), column);
    built.query(conn).all(|row| read(row, order)).await
}

/// How many crates a list has on all pages: the number kept with the registry less what is hidden, or a count of
/// what the filter lets through.
///
/// # Errors
/// When the database fails.
pub async fn total(conn: &mut Conn, filter: &Filter) -> Result<u64, StoreError> {
    if !filter.is_every() {
        let built = Built::begin(conn, "SELECT COUNT(*)", filter);
        return built.query(conn).one(|row| row.unsigned()).await;
    }
    let mut built = Built::new(conn);
    built.text.push_str("SELECT registry.krates - (SELECT COUNT(*) FROM krate WHERE krate.registry_id = registry.id AND krate.limited");
    if filter.seen.all {
        built.text.push_str(" AND FALSE");
    } else if !filter.seen.limited.is_empty() {
        built.text.push_str(" AND krate.id NOT IN ");
        built.put_numbers(filter.seen.limited.iter().map(|id| id.0));
    }
    built.text.push_str(") FROM registry WHERE registry.id = ");
    built.put(Part::Number(filter.registry.0));
    let total: Option<i64> = built.query(conn).optional(|row| row.next()).await?;
    Ok(total.and_then(|total| u64::try_from(total).ok()).unwrap_or_default())
}

fn read(row: &mut Row<'_>, order: Order) -> Result<(CrateId, Place), StoreError> {
    let id = CrateId(row.next()?);
    let place = match order {
        Order::Name => Place::Name(row.next()?),
        _ => Place::Number(row.next()?, id),
    };
    Ok((id, place))
}

/// A parameter.
enum Part {
    Number(i64),
    Text(String),
}

/// A statement that grows, with its parameters in the order of their numbers.
struct Built {
    text: String,
    parts: Vec<Part>,
    is_sqlite: bool,
}

impl Built {
    fn new(conn: &Conn) -> Self {
        Self { text: String::new(), parts: Vec::new(), is_sqlite: matches!(conn, Conn::Sqlite(_)) }
    }

    /// Everything up to the end of the filter's conditions.
    fn begin(conn: &Conn, select: &str, filter: &Filter) -> Self {
        let mut built = Self::new(conn);
        built.text.push_str(select);
        built.text.push_str(" FROM krate WHERE krate.registry_id = ");
        built.put(Part::Number(filter.registry.0));
        built.visible(&filter.seen);
        built.narrow(filter);
        built
    }

    fn visible(&mut self, seen: &Seen) {
        if seen.all {
            return;
        }
        if seen.limited.is_empty() {
            self.text.push_str(" AND NOT krate.limited");
            return;
        }
        self.text.push_str(" AND (NOT krate.limited OR krate.id IN ");
        self.put_numbers(seen.limited.iter().map(|id| id.0));
        self.text.push(')');
    }

    fn narrow(&mut self, filter: &Filter) {
        for keyword in &filter.keywords {
            self.text.push_str(" AND krate.id IN (SELECT krate_id FROM krate_keyword WHERE keyword = ");
            self.put(Part::Text(keyword.clone()));
            self.text.push(')');
        }
        if let Some(slug) = &filter.category {
            self.text.push_str(" AND krate.id IN (SELECT krate_id FROM krate_category WHERE slug = ");
            self.put(Part::Text(slug.clone()));
            self.text.push_str(" OR (slug >= ");
            self.put(Part::Text(format!("{slug}::")));
            self.text.push_str(" AND slug < ");
            self.put(Part::Text(format!("{slug}:;")));
            self.text.push_str("))");
        }
        if let Some(prefix) = &filter.prefix {
            self.text.push_str(" AND krate.canon >= ");
            self.put(Part::Text(prefix.clone()));
            self.text.push_str(" AND krate.canon < ");
            self.put(Part::Text(format!("{prefix}\u{10ffff}")));
        }
        if let Some(owner) = filter.owner {
            self.text.push_str(" AND krate.id IN (SELECT krate_id FROM owner WHERE account_id = ");
            self.put(Part::Number(owner.0));
            self.text.push(')');
        }
        if let Some(team) = filter.team {
            self.text.push_str(" AND krate.id IN (SELECT krate_id FROM team_owner WHERE team_id = ");
            self.put(Part::Number(team.0));
            self.text.push(')');
        }
        if let Some(names) = &filter.names {
            let rows: Value = names.iter().map(|name| json!({ "is": name.as_str() })).collect();
            self.text.push_str(" AND krate.canon IN (SELECT item.value ->> 'is' FROM ");
            self.put_rows(rows);
            self.text.push(')');
        }
        if filter.live_only {
            self.text.push_str(" AND NOT krate.all_yanked");
        }
        if filter.changed_only {
            self.text.push_str(" AND krate.updated_at > krate.created_at");
        }
    }

    fn put(&mut self, part: Part) {
        self.parts.push(part);
        _ = write!(self.text, "${}", self.parts.len());
    }

    /// A list of numbers, however many, as one parameter.
    fn put_numbers(&mut self, numbers: impl Iterator<Item = i64>) {
        let rows: Value = numbers.map(|number| json!({ "is": number })).collect();
        self.text.push_str("(SELECT CAST(item.value ->> 'is' AS BIGINT) FROM ");
        self.put_rows(rows);
        self.text.push(')');
    }

    fn put_rows(&mut self, rows: Value) {
        self.text.push_str(if self.is_sqlite { "json_each(" } else { "jsonb_array_elements(" });
        self.put(Part::Text(rows.to_string()));
        self.text.push_str(if self.is_sqlite { ") AS item" } else { "::JSONB) AS item (value)" });
    }

    fn query(self, conn: &mut Conn) -> Query<'_> {
        let query = conn.query_built(self.text);
        self.parts.into_iter().fold(query, |query, part| match part {
            Part::Number(number) => query.bind(number),
            Part::Text(text) => query.bind(text),
        })
    }
}
