//! Dumps: made by a job, read by those who read crates.io's, and imported with their own scripts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::postgres::TestDatabase;
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines};
use cratekeep_wire::control::{AdminCommand, AdminReply, DumpCommand};
use flate2::read::GzDecoder;

on_both_engines![
    a_dump_is_made_once_a_day_and_offered,
    who_reads_dumps_of_crates_io_reads_ours,
    postgres_imports_a_dump_with_its_own_scripts,
    there_is_no_dump_of_what_not_everybody_may_read,
];

async fn furnish(app: &TestApp) {
    let owner = app.owner().await;
    let first = |num: &str| {
        ArchiveBuilder::new("first", num)
            .package_line("keywords = [\"text\", \"parser\"]")
            .package_line("categories = [\"parsing\", \"text-processing\"]")
            .package_line("description = \"Says \\\"what\\\", it is\\nin two lines\"")
            .package_line("repository = \"https://example.org/first\"")
            .table("[features]\nstd = []\n\"odd-one\" = [\"std\"]")
    };
    let _ = owner.publish(&first("1.0.0")).await.expect_status(200);
    let second =
        ArchiveBuilder::new("Second_One", "0.1.0+build").package_line("keywords = [\"text\"]").table(
            "[dependencies.one]\nversion = \"^1\"\npackage = \"first\"\nfeatures = [\"std\"]\n\
         registry-index = \"REGISTRY\"",
        );
    let index = owner.index_url();
    let manifest = second.manifest_text().replace("REGISTRY", &index);
    let _ = owner.publish(&second.manifest(&manifest)).await.expect_status(200);
    let _ = owner.publish(&first("1.1.0")).await.expect_status(200);
    let _ = owner.yank("first", "1.1.0").await.expect_status(200);
    let _ = app.nobody().download("first", "1.0.0").await.expect_status(200);
    app.app().flush_counts().await.expect("the counts are kept");
    let _ = app.person("helga").await;
}

/// The dump that is offered, in a file.
async fn offered(app: &TestApp, folder: &Path) -> PathBuf {
    app.app().schedule_dumps().await.expect("scheduled");
    app.app().run_due_jobs().await.expect("jobs run");
    let reply = app.nobody().fetch("/db-dump.tar.gz").await.expect_status(200);
    let file = folder.join("db-dump.tar.gz");
    std::fs::write(&file, &reply.body).expect("written");
    file
}

async fn a_dump_is_made_once_a_day_and_offered(app: &TestApp) {
    furnish(app).await;
    let _ = app.nobody().fetch("/db-dump.tar.gz").await.expect_status(404);
    let folder = tempfile::tempdir().expect("a folder");
    offered(app, folder.path()).await;
    let first = app.nobody().fetch("/db-dump.tar.gz").await.expect_status(200);
    assert_eq!(first.header("content-type"), "application/gzip");
    assert_eq!(first.header("content-length"), first.body.len().to_string());
    let known = app.nobody().fetch_with("/db-dump.tar.gz", "if-none-match", first.header("etag")).await;
    let _ = known.expect_status(304);
    assert_eq!(
        app.nobody().head("/db-dump.tar.gz").await.expect_status(200).header("etag"),
        first.header("etag")
    );

    let same = |reply: &cratekeep_testkit::http::Reply| reply.header("etag") == first.header("etag");
    app.app().schedule_dumps().await.expect("scheduled");
    assert_eq!(app.app().run_due_jobs().await.expect("jobs run"), 0, "it is not a day old");
    for _ in 0..3 {
        app.clock().advance_secs(86_401);
        let _ = offered(app, folder.path()).await;
        assert!(!same(&app.nobody().fetch("/db-dump.tar.gz").await.expect_status(200)));
    }
}

async fn who_reads_dumps_of_crates_io_reads_ours(app: &TestApp) {
    furnish(app).await;
    let folder = tempfile::tempdir().expect("a folder");
    let dump = db_dump::load_all(offered(app, folder.path()).await).expect("it reads as one of crates.io's");
    let names: Vec<_> = dump.crates.iter().map(|krate| krate.name.as_str()).collect();
    assert_eq!(names, ["first", "Second_One"]);
    assert_eq!(dump.crates[0].description, "Says \"what\", it is\nin two lines");
    assert_eq!(dump.crates[0].repository.as_deref(), Some("https://example.org/first"));
    let nums: Vec<_> =
        dump.versions.iter().map(|one| (one.num.to_string(), one.yanked, one.downloads)).collect();
    let num = |num: &str, yanked, downloads| (num.to_owned(), yanked, downloads);
    assert_eq!(nums, [num("1.0.0", false, 1), num("0.1.0+build", false, 0), num("1.1.0", true, 0)]);
    assert_eq!(dump.versions[0].features["odd-one"], ["std"]);
    assert_eq!(dump.versions[0].keywords, ["text", "parser"]);
    let dependency = &dump.dependencies[0];
    assert_eq!((dependency.crate_id, dependency.version_id), (dump.crates[0].id, dump.versions[1].id));
    assert_eq!(
        (dependency.explicit_name.as_deref(), &dependency.features[..]),
        (Some("one"), &["std".to_owned()][..])
    );
    let users: Vec<_> = dump.users.iter().map(|user| user.username.as_str()).collect();
    assert_eq!(users, ["olga"], "helga owns nothing");
    assert_eq!(dump.crate_owners.len(), 2);
    let counts: BTreeMap<_, _> =
        dump.keywords.iter().map(|word| (word.keyword.as_str(), word.crates_cnt)).collect();
    assert_eq!(counts, BTreeMap::from([("parser", 1), ("text", 2)]));
    assert_eq!((dump.crates_keywords.len(), dump.categories.len(), dump.crates_categories.len()), (3, 2, 2));
    assert_eq!(dump.default_versions.len(), 2);
    assert_eq!(dump.version_downloads.len(), 1);
    assert_eq!(dump.metadata.total_downloads, 1);
}

async fn postgres_imports_a_dump_with_its_own_scripts(app: &TestApp) {
    furnish(app).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("by-hand.tar.gz");
    let write = DumpCommand::Write { registry: "main".to_owned(), path: file.display().to_string() };
    app.admin(AdminCommand::Dump(write.clone())).await;
    let again = app.app().run_at_shell(AdminCommand::Dump(write)).await;
    assert!(
        matches!(&again, AdminReply::Refused { problems } if problems[0].contains("by-hand")),
        "{again:?}"
    );
    tar::Archive::new(GzDecoder::new(std::fs::File::open(&file).expect("written")))
        .unpack(folder.path())
        .expect("an archive");
    let dump = folder.path().join("2026-05-04-030201");
    let database = TestDatabase::create().await.expect("a database");
    let script = |name: &str| std::fs::read_to_string(dump.join(name)).expect("a script");
    for name in ["schema.sql", "import.sql", "import.sql"] {
        database.run_script(&script(name), &dump).expect("it runs");
    }
    let counts = "SELECT COUNT(*) FROM crates; SELECT COUNT(*) FROM versions; SELECT COUNT(*) FROM dependencies; \
        SELECT COUNT(*) FROM crate_owners; SELECT COUNT(*) FROM users; SELECT SUM(downloads) FROM version_downloads; \
        SELECT description FROM crates WHERE name = 'first'; SELECT keywords[2] FROM versions WHERE num = '1.0.0'; \
        SELECT COUNT(*) FROM versions WHERE license IS NULL OR links = '';";
    let told = database.run_script(counts, &dump).expect("it counts");
    assert_eq!(told, "2\n3\n1\n2\n1\n1\nSays \"what\", it is\nin two lines\nparser\n0\n");
    std::fs::create_dir_all(folder.path().join("back/data")).expect("a folder");
    database.run_script(&script("export.sql"), &folder.path().join("back")).expect("it runs");
    let lines = |path: PathBuf| std::fs::read_to_string(path).expect("a table").lines().count();
    for table in ["crates", "versions", "keywords", "users"] {
        let file = format!("data/{table}.csv");
        assert_eq!(lines(folder.path().join("back").join(&file)), lines(dump.join(&file)), "{table}");
    }
}

async fn there_is_no_dump_of_what_not_everybody_may_read(app: &TestApp) {
    app.registry("inside", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await.at("inside");
    let _ = owner.has_published("secret", "1.0.0").await;
    app.app().schedule_dumps().await.expect("scheduled");
    app.app().run_due_jobs().await.expect("jobs run");
    let _ = app.nobody().fetch("/r/inside/db-dump.tar.gz").await.expect_status(401);
    let _ = owner.fetch("/db-dump.tar.gz").await.expect_status(404);
    for command in [
        DumpCommand::Write { registry: "inside".to_owned(), path: "/nonexistent/x.tar.gz".to_owned() },
        DumpCommand::Refresh { registry: "inside".to_owned() },
    ] {
        let reply = app.app().run_at_shell(AdminCommand::Dump(command)).await;
        assert!(
            matches!(&reply, AdminReply::Refused { problems } if problems[0].contains("backup")),
            "{reply:?}"
        );
    }
    let open = app.nobody().fetch("/db-dump.tar.gz").await.expect_status(200);
    let mut text = String::new();
    let unpacked = std::io::Read::read_to_string(&mut GzDecoder::new(&open.body[..]), &mut text);
    assert!(unpacked.is_ok() && text.contains("crates.csv") && !text.contains("secret"));
}
