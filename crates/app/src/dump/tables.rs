//! The tables of a dump: names and columns of crates.io's, what fills them, and the scripts that are made of them.

use std::fmt::Write;

/// What fills a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    Categories,
    CrateDownloads,
    Owners,
    Crates,
    CratesCategories,
    CratesKeywords,
    DefaultVersions,
    Dependencies,
    Keywords,
    Metadata,
    Teams,
    Users,
    VersionDownloads,
    Versions,
    /// Nothing: on crates.io everybody may read it, here not.
    Nothing,
}

/// One table: a file, and a table of the database that it is read into.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Name and type of each column, in the order of the file.
    pub(super) columns: &'static [(&'static str, &'static str)],
    key: &'static str,
    /// Columns that name rows of other tables.
    references: &'static [(&'static str, &'static str)],
    pub(super) rows: Rows,
}

const ID: &str = "bigint NOT NULL";
const NUMBER: &str = "bigint";
const TEXT: &str = "text";
const SURE_TEXT: &str = "text NOT NULL";
const TIME: &str = "timestamp with time zone NOT NULL";
const FLAG: &str = "boolean NOT NULL";
const LIST: &str = "text[] NOT NULL";

/// Every table, each after those that it refers to.
pub(super) static TABLES: &[Table] = &[
    Table {
        name: "users",
        columns: &[
            ("created_at", "timestamp with time zone"),
            ("gh_id", ID),
            ("id", ID),
            ("name", TEXT),
            ("username", SURE_TEXT),
        ],
        key: "id",
        references: &[],
        rows: Rows::Users,
    },
    Table {
        name: "teams",
        columns: &[
            ("avatar", TEXT),
            ("github_id", ID),
            ("id", ID),
            ("login", SURE_TEXT),
            ("name", TEXT),
            ("org_id", NUMBER),
        ],
        key: "id",
        references: &[],
        rows: Rows::Teams,
    },
    Table {
        name: "crates",
        columns: &[
            ("created_at", TIME),
            ("description", TEXT),
            ("documentation", TEXT),
            ("homepage", TEXT),
            ("id", ID),
            ("max_features", NUMBER),
            ("max_upload_size", NUMBER),
            ("name", SURE_TEXT),
            ("readme", TEXT),
            ("repository", TEXT),
            ("trustpub_only", FLAG),
            ("updated_at", TIME),
        ],
        key: "id",
        references: &[],
        rows: Rows::Crates,
    },
    Table {
        name: "versions",
        columns: &[
            ("bin_names", LIST),
            ("categories", LIST),
            ("crate_id", ID),
            ("crate_size", ID),
            ("created_at", TIME),
            ("description", TEXT),
            ("documentation", TEXT),
            ("downloads", ID),
            ("edition", TEXT),
            ("features", "jsonb NOT NULL"),
            ("has_lib", FLAG),
            ("homepage", TEXT),
            ("id", ID),
            ("keywords", LIST),
            ("license", TEXT),
            ("links", TEXT),
            ("num", SURE_TEXT),
            ("num_no_build", SURE_TEXT),
            ("published_by", NUMBER),
            ("repository", TEXT),
            ("rust_version", TEXT),
            ("tar_sha256", "bytea NOT NULL"),
            ("updated_at", TIME),
            ("yanked", FLAG),
        ],
        key: "id",
        references: &[("crate_id", "crates"), ("published_by", "users")],
        rows: Rows::Versions,
    },
    Table {
        name: "categories",
        columns: &[
            ("category", SURE_TEXT),
            ("crates_cnt", ID),
            ("created_at", TIME),
            ("description", SURE_TEXT),
            ("id", ID),
            ("path", SURE_TEXT),
            ("slug", SURE_TEXT),
        ],
        key: "id",
        references: &[],
        rows: Rows::Categories,
    },
    Table {
        name: "keywords",
        columns: &[("crates_cnt", ID), ("created_at", TIME), ("id", ID), ("keyword", SURE_TEXT)],
        key: "id",
        references: &[],
        rows: Rows::Keywords,
    },
    Table {
        name: "crate_downloads",
        columns: &[("crate_id", ID), ("downloads", ID)],
        key: "crate_id",
        references: &[("crate_id", "crates")],
        rows: Rows::CrateDownloads,
    },
    Table {
        name: "crate_owners",
        columns: &[
            ("crate_id", ID),
            ("created_at", TIME),
            ("created_by", NUMBER),
            ("owner_id", ID),
            ("owner_kind", ID),
        ],
        key: "crate_id, owner_id, owner_kind",
        references: &[("crate_id", "crates"), ("created_by", "users")],
        rows: Rows::Owners,
    },
    Table {
        name: "crates_categories",
        columns: &[("category_id", ID), ("crate_id", ID)],
        key: "crate_id, category_id",
        references: &[("crate_id", "crates"), ("category_id", "categories")],
        rows: Rows::CratesCategories,
    },
    Table {
        name: "crates_keywords",
        columns: &[("crate_id", ID), ("keyword_id", ID)],
        key: "crate_id, keyword_id",
        references: &[("crate_id", "crates"), ("keyword_id", "keywords")],
        rows: Rows::CratesKeywords,
    },
    Table {
        name: "default_versions",
        columns: &[("crate_id", ID), ("num_versions", NUMBER), ("version_id", ID)],
        key: "crate_id",
        references: &[("crate_id", "crates"), ("version_id", "versions")],
        rows: Rows::DefaultVersions,
    },
    Table {
        name: "deleted_crates",
        columns: &[
            ("available_at", TIME),
            ("created_at", TIME),
            ("deleted_at", TIME),
            ("deleted_by", NUMBER),
            ("id", ID),
            ("message", TEXT),
            ("name", SURE_TEXT),
        ],
        key: "id",
        references: &[],
        rows: Rows::Nothing,
    },
    Table {
        name: "dependencies",
        columns: &[
            ("crate_id", ID),
            ("default_features", FLAG),
            ("explicit_name", TEXT),
            ("features", LIST),
            ("id", ID),
            ("kind", ID),
            ("optional", FLAG),
            ("req", SURE_TEXT),
            ("target", TEXT),
            ("version_id", ID),
        ],
        key: "id",
        references: &[("crate_id", "crates"), ("version_id", "versions")],
        rows: Rows::Dependencies,
    },
    Table {
        name: "metadata",
        columns: &[("total_downloads", ID)],
        key: "total_downloads",
        references: &[],
        rows: Rows::Metadata,
    },
    Table {
        name: "reserved_crate_names",
        columns: &[("name", SURE_TEXT)],
        key: "name",
        references: &[],
        rows: Rows::Nothing,
    },
    Table {
        name: "version_downloads",
        columns: &[("date", "date NOT NULL"), ("downloads", ID), ("version_id", ID)],
        key: "version_id, date",
        references: &[("version_id", "versions")],
        rows: Rows::VersionDownloads,
    },
];

impl Table {
    /// The first line of the file, and the list of columns in scripts.
    pub(super) fn header(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",")
    }
}

/// Makes the tables.
pub(super) fn schema_sql() -> String {
    let mut sql = String::from("-- Makes the tables of a dump in an empty database of PostgreSQL.\n");
    for table in TABLES {
        let columns = table.columns.iter().map(|(name, kind)| format!("    \"{name}\" {kind}"));
        let keys = std::iter::once(format!("    PRIMARY KEY ({})", table.key));
        let references = table
            .references
            .iter()
            .map(|(column, other)| format!("    FOREIGN KEY (\"{column}\") REFERENCES \"{other}\""));
        let lines: Vec<_> = columns.chain(keys).chain(references).collect();
        let _ = write!(sql, "\nCREATE TABLE \"{}\" (\n{}\n);\n", table.name, lines.join(",\n"));
    }
    sql
}

/// Fills the tables, with psql.
pub(super) fn import_sql() -> String {
    let mut sql = String::from(
        "-- Fills the tables that schema.sql makes: `psql DATABASE < import.sql`, in the folder of this file.\n\
         \\set ON_ERROR_STOP on\nBEGIN;\nSET LOCAL TIME ZONE 'UTC';\n",
    );
    for table in TABLES.iter().rev() {
        let _ = writeln!(sql, "DELETE FROM \"{}\";", table.name);
    }
    for Table { name, .. } in TABLES {
        let columns = columns_of(name);
        let _ = writeln!(sql, "\\copy \"{name}\" ({columns}) FROM 'data/{name}.csv' WITH CSV HEADER");
    }
    sql.push_str("COMMIT;\n");
    sql
}

/// Writes the tables back to files, with psql.
pub(super) fn export_sql() -> String {
    let mut sql = String::from(
        "-- Writes the tables back to files: `psql DATABASE < export.sql`, in a folder that has a folder `data`.\n\
         \\set ON_ERROR_STOP on\nBEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\nSET LOCAL TIME ZONE 'UTC';\n",
    );
    for Table { name, .. } in TABLES {
        let columns = columns_of(name);
        let _ =
            writeln!(sql, "\\copy (SELECT {columns} FROM \"{name}\") TO 'data/{name}.csv' WITH CSV HEADER");
    }
    sql.push_str("COMMIT;\n");
    sql
}

fn columns_of(name: &str) -> String {
    let table = TABLES.iter().find(|table| table.name == name);
    let columns = table.into_iter().flat_map(|table| table.columns);
    columns.map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
