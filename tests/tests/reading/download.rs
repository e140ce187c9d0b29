//! Crate files: whole, in part, not at all, and counted.

use std::io::Write;

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::publish::Upload;
use cratekeep_tests::{RegistryWish, Spec, TestApp, noise, on_both_engines, send};
use cratekeep_types::Checksum;

on_both_engines![
    a_download_is_the_bytes_that_were_published,
    ranges_and_validators,
    both_file_names_and_the_api_lead_to_the_file,
    build_metadata_is_part_of_the_name,
    what_is_not_there_is_404,
    only_whole_files_are_counted,
    closed_registries_keep_files_out_of_caches,
];
on_both_engines![nothing_in_memory => a_damaged_object_is_never_completed, a_lost_object_is_an_error_and_stays_private];

/// Every read goes to the storage, and large files are streamed.
fn nothing_in_memory(spec: Spec) -> Spec {
    spec.options(|options| {
        options.file_cache_bytes = 0;
        options.file_cache_object_bytes_max = 4_000;
    })
}

fn with_noise(name: &str, bytes: usize) -> ArchiveBuilder {
    ArchiveBuilder::new(name, "1.0.0").file("noise.bin", noise(bytes))
}

async fn a_download_is_the_bytes_that_were_published(app: &TestApp) {
    let owner = app.owner().await;
    let small = owner.has_published("small", "1.0.0").await;
    let large = owner.upload(&with_noise("large", 300_000));
    let _ = owner.send_upload(&large).await.expect_status(200);
    for (name, Upload { archive, .. }) in [("small", &small), ("large", &large)] {
        for turn in 0..3 {
            let reply =
                app.nobody().get(&format!("/crates/{name}/1.0.0/download")).header("accept-encoding", "gzip");
            let reply = send(reply).await.expect_status(200);
            assert_eq!(reply.body, archive, "{name}, turn {turn}");
            assert_eq!(reply.header("content-encoding"), "");
            assert_eq!(reply.header("content-length"), archive.len().to_string());
            assert_eq!(reply.header("etag"), format!("\"{}\"", Checksum::of(archive)));
            assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(reply.header("accept-ranges"), "bytes");
        }
        let line = owner.line(name, "1.0.0").await;
        assert_eq!(line["cksum"], Checksum::of(archive).to_string());
    }
}

async fn ranges_and_validators(app: &TestApp) {
    let owner = app.owner().await;
    for (name, bytes) in [("small", 10), ("large", 200_000)] {
        let upload = owner.upload(&with_noise(name, bytes));
        let _ = owner.send_upload(&upload).await.expect_status(200);
        let (path, archive) = (format!("/crates/{name}/1.0.0/download"), &upload.archive);
        let size = archive.len();
        for (range, first, last) in [
            ("bytes=0-9".to_owned(), 0, 9),
            ("bytes=5-5".to_owned(), 5, 5),
            (format!("bytes=100-{size}"), 100, size - 1),
            ("bytes=100-".to_owned(), 100, size - 1),
            ("bytes=-7".to_owned(), size - 7, size - 1),
        ] {
            let part = app.nobody().fetch_with(&path, "range", &range).await.expect_status(206);
            assert_eq!(part.body, archive[first..=last], "{range}");
            assert_eq!(part.header("content-range"), format!("bytes {first}-{last}/{size}"));
            assert_eq!(part.header("content-length"), (last - first + 1).to_string());
        }
        let beyond =
            app.nobody().fetch_with(&path, "range", &format!("bytes={size}-")).await.expect_status(416);
        assert_eq!(beyond.header("content-range"), format!("bytes */{size}"));
        assert!(beyond.body.is_empty() || beyond.header("content-type") == "application/json");
        for whole in ["bytes=0-1,4-5", "lines=1-2"] {
            let reply = app.nobody().fetch_with(&path, "range", whole).await.expect_status(200);
            assert_eq!(reply.body, archive, "{whole}");
        }
        let etag = app.nobody().fetch(&path).await.header("etag").to_owned();
        let unchanged = app.nobody().fetch_with(&path, "if-none-match", &etag).await.expect_status(304);
        assert!(unchanged.body.is_empty());
        let head = app.nobody().head(&path).await.expect_status(200);
        assert_eq!((head.header("content-length"), head.body.len()), (size.to_string().as_str(), 0));
    }
}

async fn both_file_names_and_the_api_lead_to_the_file(app: &TestApp) {
    app.registry("side", RegistryWish::default()).await;
    for owner in [app.owner().await, app.owner().await.at("side")] {
        let upload = owner.has_published("Two-Ways", "1.0.0").await;
        let file = owner.fetch("/crates/Two-Ways/Two-Ways-1.0.0.crate").await.expect_status(200);
        assert_eq!(file.body, upload.archive);
        let url = format!("{}/crates/Two-Ways/1.0.0/download", owner.address());
        for spelling in ["Two-Ways", "two-ways", "two_ways"] {
            assert_eq!(owner.download(spelling, "1.0.0").await.expect_status(200).body, upload.archive);
            let path = format!("/api/v1/crates/{spelling}/1.0.0/download");
            let redirect = owner.fetch(&path).await.expect_status(302);
            assert_eq!(redirect.header("location"), url, "the published spelling, whoever asks");
            assert_eq!(redirect.header("vary").to_ascii_lowercase(), "accept");
            let json = owner.fetch_with(&path, "accept", "application/json").await.expect_status(200);
            assert_eq!(json.json(), serde_json::json!({ "url": url }));
        }
    }
}

async fn build_metadata_is_part_of_the_name(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.has_published("built", "1.0.0+linux.7").await;
    for version in ["1.0.0+linux.7", "1.0.0%2Blinux.7", "1.0.0%2blinux.7"] {
        assert_eq!(
            app.nobody().download("built", version).await.expect_status(200).body,
            upload.archive,
            "{version}"
        );
        let redirect = app.nobody().fetch(&format!("/api/v1/crates/built/{version}/download")).await;
        let location = redirect.expect_status(302).header("location").to_owned();
        assert_eq!(location, format!("{}/crates/built/1.0.0%2Blinux.7/download", app.url()));
        assert_eq!(send(owner.get(&location.replace(app.url(), ""))).await.body, upload.archive);
    }
    for other in ["1.0.0", "1.0.0+linux.8", "1.0.0+"] {
        assert_eq!(app.nobody().download("built", other).await.status, 404, "{other}");
    }
}

async fn what_is_not_there_is_404(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("there", "1.0.0").await;
    for path in [
        "/crates/there/1.0.1/download",
        "/crates/there/one/download",
        "/crates/there/v1.0.0/download",
        "/crates/there/1.0/download",
        "/crates/absent/1.0.0/download",
        "/crates/the%20re/1.0.0/download",
        "/crates/there/there-1.0.1.crate",
        "/api/v1/crates/there/1.0.1/download",
        "/api/v1/crates/absent/1.0.0/download",
    ] {
        let reply = app.nobody().fetch(path).await.expect_status(404);
        assert_ne!(reply.error_detail(), "", "{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
    }
    // What is no name of a file is taken for the page of a version.
    for path in ["/crates/there/other-1.0.0.crate", "/crates/there/there-1.0.0.zip"] {
        let page = app.nobody().fetch(path).await.expect_status(404);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
    }
    let nul = app.nobody().fetch("/crates/the%00re/1.0.0/download").await;
    assert!([400, 404].contains(&nul.status.as_u16()), "{}", nul.status);
}

async fn only_whole_files_are_counted(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.has_published("counted", "1.0.0").await;
    owner.has_published("counted", "1.1.0").await;
    owner.has_published("quiet", "1.0.0").await;
    let path = "/crates/counted/1.0.0/download";
    for _ in 0..3 {
        let _ = app.nobody().fetch(path).await.expect_status(200);
    }
    let _ = app.nobody().download("counted", "1.1.0").await.expect_status(200);
    let etag = format!("\"{}\"", Checksum::of(&upload.archive));
    let _ = app.nobody().head(path).await.expect_status(200);
    let _ = app.nobody().fetch_with(path, "range", "bytes=0-9").await.expect_status(206);
    let _ = app.nobody().fetch_with(path, "if-none-match", &etag).await.expect_status(304);
    let _ = app.nobody().fetch("/api/v1/crates/counted/1.0.0/download").await.expect_status(302);
    let _ = app.nobody().download("counted", "9.9.9").await.expect_status(404);

    app.app().flush_counts().await.expect("the counts are written");
    app.app().flush_counts().await.expect("a second flush adds nothing");
    let found = app.nobody().search("q=counted").await.expect_status(200).json();
    assert_eq!(found["crates"][0]["downloads"], 4);
    let quiet = app.nobody().search("q=quiet").await.expect_status(200).json();
    assert_eq!(quiet["crates"][0]["downloads"], 0);
    let _ = app.nobody().fetch(path).await.expect_status(200);
    app.app().flush_counts().await.expect("the counts are written");
    let found = app.nobody().search("q=counted").await.expect_status(200).json();
    assert_eq!(found["crates"][0]["downloads"], 5);
}

async fn closed_registries_keep_files_out_of_caches(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let vault = app.owner().await.at("vault");
    let upload = vault.has_published("secret", "1.0.0").await;
    let reply = vault.download("secret", "1.0.0").await.expect_status(200);
    assert_eq!(reply.body, upload.archive);
    assert_eq!(reply.header("cache-control"), "private, no-store");
    assert!(reply.header("vary").contains("Authorization"));
    // The same bytes under an open roof do not open the closed one.
    let _ = app.owner().await.send_upload(&upload).await.expect_status(200);
    let _ = app.nobody().at("vault").download("secret", "1.0.0").await.expect_status(401);
}

async fn a_damaged_object_is_never_completed(app: &TestApp) {
    let owner = app.owner().await;
    for (name, bytes) in [("small", 10), ("large", 500_000)] {
        let upload = owner.upload(&with_noise(name, bytes));
        let _ = owner.send_upload(&upload).await.expect_status(200);
        let file = app.object_file(&Checksum::of(&upload.archive));
        let mut damaged = upload.archive.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        overwrite(&file, &damaged);
        let path = format!("/crates/{name}/1.0.0/download");
        for _ in 0..2 {
            match app.nobody().get(&path).send().await {
                Ok(reply) => {
                    assert_eq!(reply.status, 500, "{name}: wrong bytes were sent as a whole file");
                    assert!(!reply.text().contains("sha256"), "{}", reply.text());
                }
                Err(error) => assert!(error.to_string().contains("broke off"), "{error:#}"),
            }
        }
        overwrite(&file, &upload.archive);
        assert_eq!(app.nobody().fetch(&path).await.expect_status(200).body, upload.archive);
    }
}

async fn a_lost_object_is_an_error_and_stays_private(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.has_published("lost", "1.0.0").await;
    let file = app.object_file(&Checksum::of(&upload.archive));
    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).expect("the object is there");
    let reply = app.nobody().download("lost", "1.0.0").await.expect_status(500);
    assert!(reply.error_detail().contains("incident"), "{}", reply.error_detail());
    assert!(!reply.error_detail().contains("gone"), "inner words stay inside: {}", reply.error_detail());
    std::fs::rename(&aside, &file).expect("it comes back");
    assert_eq!(app.nobody().download("lost", "1.0.0").await.expect_status(200).body, upload.archive);
}

/// Writes into the file as it is: objects are stored read-only.
fn overwrite(file: &std::path::Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    let writable = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(file, writable).expect("the object is there");
    let mut file =
        std::fs::OpenOptions::new().write(true).truncate(true).open(file).expect("it can be written");
    file.write_all(bytes).expect("it takes the bytes");
}
