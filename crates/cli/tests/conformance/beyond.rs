//! What cargo's own tests do not ask but matters on the wire: validators, statuses, challenges, limits, names.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::publish::{Target, Upload};
use serde_json::Value;

use crate::case::{Case, in_closed, in_open, toolchains};
use crate::world::Kind;

/// One open registry is enough where cargo itself takes no part.
fn once(kind: Kind, test: impl Fn(&Case)) {
    test(&Case::new(toolchains()[0], kind, crate::case::Role::Alternative));
}

#[test]
fn the_settings_file_is_never_not_modified() {
    once(Kind::Open, |case| {
        for _ in 0..2 {
            let reply = case.ask("GET", "/index/config.json", &[], b"");
            assert_eq!(
                (reply.status, reply.header("etag"), reply.header("last-modified")),
                (200, None, None)
            );
            let config: Value = serde_json::from_slice(&reply.body).expect("JSON");
            let address = case.world.address(&case.registry);
            assert_eq!(config["api"], address);
            assert!(config["dl"].as_str().is_some_and(|dl| dl.starts_with(&address) && !dl.ends_with('/')));
            let conditional =
                [("If-None-Match", "*"), ("If-Modified-Since", "Wed, 21 Oct 2099 07:28:00 GMT")];
            assert_eq!(case.ask("GET", "/index/config.json", &conditional, b"").status, 200);
        }
    });
}

#[test]
fn a_validator_is_of_the_file_alone() {
    once(Kind::Open, |case| {
        let long = "x".repeat(2_000);
        case.publish(&ArchiveBuilder::new("bar", "0.0.1").table(&format!("[features]\nf{long} = []")));
        let get = |headers: &[(&str, &str)]| case.ask("GET", "/index/3/b/bar", headers, b"");
        let plain = get(&[]);
        let etag = plain.header("etag").expect("an ETag").to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"') && etag.is_ascii());
        let packed = get(&[("Accept-Encoding", "deflate, gzip")]);
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        assert_eq!(packed.header("etag"), Some(etag.as_str()));
        assert!(packed.body.len() < plain.body.len());
        assert_eq!(get(&[("If-None-Match", &etag)]).status, 304);
        assert_eq!(get(&[("If-None-Match", "\"other\"")]).status, 200);
        case.yank("bar", "0.0.1");
        assert_eq!(get(&[("If-None-Match", &etag)]).status, 200);
        assert_ne!(get(&[]).header("etag"), Some(etag.as_str()));
    });
}

#[test]
fn absent_is_404_and_is_not_kept() {
    once(Kind::Open, |case| {
        for path in ["3/b/bar", "ba/r_/bar_baz", "1/b", "in/va/l!d", "3/b/BAR", "xx/xx/bar", "ba/r", ""] {
            let reply = case.ask("GET", &format!("/index/{path}"), &[], b"");
            assert_eq!(reply.status, 404, "{path}");
            let kept = reply.header("cache-control").unwrap_or_default();
            assert!(kept.contains("no-store") || kept.contains("no-cache"), "{path}: {kept}");
        }
        case.publish_all(&[("bar", "0.0.1")]);
        assert_eq!(case.ask("GET", "/index/3/b/bar", &[], b"").status, 200);
        let missing = case.ask("GET", "/crates/bar/0.0.2/download", &[], b"");
        assert_eq!(missing.status, 404);
    });
}

#[test]
fn a_download_is_the_bytes_and_nothing_around_them() {
    once(Kind::Open, |case| {
        let built = ArchiveBuilder::new("bar", "0.0.1+meta.7");
        case.publish(&built);
        for path in ["/crates/bar/0.0.1+meta.7/download", "/crates/bar/0.0.1%2Bmeta.7/download"] {
            for _ in 0..2 {
                let reply = case.ask("GET", path, &[("Accept-Encoding", "deflate, gzip")], b"");
                assert_eq!((reply.status, reply.header("content-encoding")), (200, None), "{path}");
                assert!(reply.body == built.build(), "{path}");
            }
        }
        for path in ["0.0.1", "0.0.1+other"] {
            assert_eq!(
                case.ask("GET", &format!("/crates/bar/{path}/download"), &[], b"").status,
                404,
                "{path}"
            );
        }
        for version in ["0.0.1+meta.7", "0.0.1%2Bmeta.7"] {
            case.yank("bar", version);
        }
        assert_eq!(case.lines("bar")[0]["yanked"], true);
    });
}

#[test]
fn nobody_is_challenged_and_the_wrong_one_is_told() {
    in_closed(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        for path in
            ["/index/config.json", "/index/3/b/bar", "/crates/bar/0.0.1/download", "/api/v1/crates?q=bar"]
        {
            for headers in [&[][..], &[("Authorization", "junk")], &[("Authorization", "Bearer junk")]] {
                let reply = case.ask("GET", path, headers, b"");
                assert_eq!(reply.status, 401, "{path}");
                let challenge = reply.header("www-authenticate").expect("a challenge");
                assert_eq!(
                    challenge,
                    format!("Cargo login_url=\"{}/me\"", case.world.address(&case.registry))
                );
            }
        }
        let narrow = case.world.server.token("ann", &["--scope", "publish-update"]).expect("a token");
        let stranger = {
            let mut stranger = case.stranger();
            stranger.cargo.token("here", &narrow).expect("settings");
            stranger
        };
        let home = stranger.cargo.root().to_owned();
        stranger.fails(&home, &["yank", "bar@0.0.1", "--registry", "here"], &["403", "yank"]);
        let fresh = stranger.cargo.package("fresh", "0.1.0").write().expect("a package");
        let publish = ["publish", "--registry", "here", "--no-verify"];
        stranger.fails(&fresh, &publish, &["403", "publish-new"]);
        stranger.cargo_publish(&stranger.cargo.package("bar", "0.0.2"));
        assert_eq!((case.lines("bar").len(), case.lines("fresh").len()), (2, 0));
    });
}

#[test]
fn answers_have_the_shapes_cargo_reads() {
    once(Kind::Open, |case| {
        let upload =
            Upload::of(&ArchiveBuilder::new("bar", "0.0.1"), Target::CratesIo).expect("a good manifest");
        let ann = &case.world.ann;
        let json = |method: &str, path: &str, body: &[u8]| -> Value {
            let reply = case.send(method, path, ann, body);
            assert_eq!(reply.status, 200, "{path}: {}", reply.text());
            let json: Value = serde_json::from_slice(&reply.body).expect("JSON");
            assert!(json.get("errors").is_none(), "{path}: {json}");
            json
        };
        let published = json("PUT", "/api/v1/crates/new", &upload.frame());
        for key in ["invalid_categories", "invalid_badges", "other"] {
            assert!(published["warnings"][key].is_array(), "{published}");
        }
        assert_eq!(json("DELETE", "/api/v1/crates/bar/0.0.1/yank", b"")["ok"], true);
        assert_eq!(json("PUT", "/api/v1/crates/bar/0.0.1/unyank", b"")["ok"], true);
        for (method, word) in [("PUT", "invited"), ("DELETE", "removed")] {
            let changed = json(method, "/api/v1/crates/bar/owners", br#"{"users":["bob"]}"#);
            assert_eq!(changed["ok"], true);
            assert!(changed["msg"].as_str().is_some_and(|msg| msg.contains(word)), "{changed}");
        }
        let owners = json("GET", "/api/v1/crates/bar/owners", b"");
        assert!(owners["users"][0]["id"].is_u64() && owners["users"][0]["login"] == "ann", "{owners}");
        for (method, path) in
            [("GET", "/api/v1/nothing"), ("POST", "/api/v1/crates/new"), ("GET", "/api/v1/crates?page=x")]
        {
            let reply = case.send(method, path, ann, b"");
            let json: Value = serde_json::from_slice(&reply.body).expect("JSON");
            assert!(reply.status >= 400 && json["errors"][0]["detail"].is_string(), "{path}: {json}");
        }
    });
}

#[test]
fn a_large_upload_is_asked_for_and_a_too_large_one_refused_with_its_limit() {
    in_open(|case| {
        let noise = |bytes: usize| {
            let mut state = 7_u64;
            let next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'!' + u8::try_from((state >> 40) % 90).expect("below 90"))
            };
            std::iter::repeat_with(next).take(bytes).collect::<String>()
        };
        case.cargo_publish(&case.cargo.package("large", "0.1.0").file("noise", &noise(3 << 20)));
        let upload = case.requests().into_iter().find(|seen| seen.method == "PUT").expect("an upload");
        // Later cargos send it without asking first.
        if !case.is_nightly() {
            assert_eq!(upload.header("expect"), Some("100-continue"));
        }
        assert!(upload.header("transfer-encoding").is_none());
        let folder =
            case.cargo.package("huge", "0.1.0").file("noise", &noise(15 << 20)).write().expect("a package");
        let run = case.fails(&folder, &["publish", "--registry", "here", "--no-verify"], &["413"]);
        assert!(
            run.stderr.contains("10485760") || run.stderr.contains("10 MiB"),
            "the limit is named: {run}"
        );
        assert!(run.stderr.contains("limits.archive_bytes_max"), "how to raise it is told: {run}");
        assert_eq!(case.lines("huge").len(), 0);
    });
}

#[test]
fn racing_publishers_have_one_winner() {
    once(Kind::Open, |case| {
        for round in 0..5 {
            let version = format!("0.0.{round}");
            let statuses: Vec<u16> = std::thread::scope(|scope| {
                let racers: Vec<_> = (0..4)
                    .map(|racer| {
                        let built = ArchiveBuilder::new("raced", &version).file("racer", racer.to_string());
                        let frame = Upload::of(&built, Target::CratesIo).expect("a good manifest").frame();
                        scope.spawn(move || {
                            case.send("PUT", "/api/v1/crates/new", &case.world.ann, &frame).status
                        })
                    })
                    .collect();
                racers.into_iter().map(|racer| racer.join().expect("a racer ends")).collect()
            });
            assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
            assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 3, "{statuses:?}");
            let same = ArchiveBuilder::new("same", &version);
            let frame = Upload::of(&same, Target::CratesIo).expect("a good manifest").frame();
            let both: Vec<u16> = std::thread::scope(|scope| {
                let send = || case.send("PUT", "/api/v1/crates/new", &case.world.ann, &frame).status;
                let racers = [scope.spawn(send), scope.spawn(send)];
                racers.into_iter().map(|racer| racer.join().expect("a racer ends")).collect()
            });
            assert_eq!(both, [200, 200], "the same bytes are the same publish");
        }
        assert_eq!((case.lines("raced").len(), case.lines("same").len()), (5, 5));
    });
}

#[test]
fn names_that_cannot_be_are_refused_in_words() {
    once(Kind::Open, |case| {
        let long = "x".repeat(65);
        for name in ["1st", "-dash", "ünïcode", "has space", "dot.ted", "a::b", "nul", "std", long.as_str()]
        {
            let mut upload =
                Upload::of(&ArchiveBuilder::new("fine", "0.1.0"), Target::CratesIo).expect("a manifest");
            upload.json["name"] = name.into();
            let reply = case.send("PUT", "/api/v1/crates/new", &case.world.ann, &upload.frame());
            assert_eq!(reply.status, 400, "{name}: {}", reply.text());
            assert!(reply.text().contains(name) || name.len() > 64, "{name}: {}", reply.text());
        }
        case.publish_all(&[("Foo-Bar", "0.1.0")]);
        for name in ["foo-bar", "foo_bar", "FOO_BAR"] {
            let upload =
                Upload::of(&ArchiveBuilder::new(name, "0.2.0"), Target::CratesIo).expect("a manifest");
            let reply = case.send("PUT", "/api/v1/crates/new", &case.world.ann, &upload.frame());
            assert!(reply.status == 400 && reply.text().contains("Foo-Bar"), "{name}: {}", reply.text());
        }
    });
}

#[test]
fn a_line_says_when_it_was_published_and_never_again() {
    once(Kind::Open, |case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let time = |case: &Case| case.lines("bar")[0]["pubtime"].as_str().expect("a text").to_owned();
        let first = time(case);
        let digits: Vec<bool> = first.chars().map(|c| c.is_ascii_digit()).collect();
        let shape: String = first.chars().zip(digits).map(|(c, digit)| if digit { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00Z");
        case.yank("bar", "0.0.1");
        case.publish_all(&[("bar", "0.0.1")]);
        assert_eq!((time(case), case.lines("bar")[0]["yanked"].clone()), (first, Value::Bool(true)));
    });
}

#[test]
fn cargo_without_multiplexing_is_served_as_well() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        case.cargo.configure("[http]\nmultiplexing = false\ncheck-revoke = false").expect("settings");
        case.cargo_publish(&case.cargo.package("foo", "0.0.1").dependency("bar", &case.dep("0.0.1")));
        case.ok(&case.project_on(&[("foo", "*")]), &["check"]);
    });
}
