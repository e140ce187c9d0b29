//! Yanks and owners: what the commands do to the index and to rights.

use crate::case::{Case, in_closed, in_open};

fn etag(case: &Case, name: &str) -> String {
    let path = format!("/index/{}", cratekeep_wire::sparse_path(name));
    let reply = case.ask("GET", &path, &[("Authorization", &case.world.ann)], b"");
    reply.header("etag").expect("an index file has an ETag").to_owned()
}

#[test]
fn a_yank_and_its_undoing_show_in_the_index() {
    for run in [in_open as fn(fn(&mut Case)), in_closed] {
        run(|case| {
            case.publish_all(&[("bar", "0.0.1"), ("bar", "0.0.2+meta")]);
            let home = case.cargo.root().to_owned();
            let new = etag(case, "bar");
            let yanked =
                |case: &Case| case.lines("bar").iter().map(|line| line["yanked"] == true).collect::<Vec<_>>();
            case.ok(&home, &["yank", "bar", "--version", "0.0.1", "--registry", "here"]);
            assert_eq!(yanked(case), [true, false]);
            let once = etag(case, "bar");
            assert_ne!(new, once);
            // The other spelling, and a version with build metadata.
            case.ok(&home, &["yank", "bar@0.0.2+meta", "--registry", "here"]);
            case.ok(&home, &["yank", "bar@0.0.2+meta", "--registry", "here"]);
            assert_eq!(yanked(case), [true, true]);
            case.ok(&home, &["yank", "bar@0.0.2+meta", "--undo", "--registry", "here"]);
            assert_eq!((yanked(case), etag(case, "bar")), (vec![true, false], once));
            case.ok(&home, &["yank", "bar", "--version", "0.0.1", "--undo", "--registry", "here"]);
            assert_eq!((yanked(case), etag(case, "bar")), (vec![false, false], new));
            case.fails(&home, &["yank", "bar@9.9.9", "--registry", "here"], &["404", "9.9.9"]);
            case.fails(&home, &["yank", "gone@1.0.0", "--registry", "here"], &["404", "gone"]);
        });
    }
}

#[test]
fn only_owners_yank_and_publish() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let mut other = case.stranger();
        other.cargo.token("here", &case.world.bob).expect("settings");
        let home = other.cargo.root().to_owned();
        other.fails(&home, &["yank", "bar@0.0.1", "--registry", "here"], &["403", "bar"]);
        let next = other.cargo.package("bar", "0.0.2").write().expect("a package");
        other.fails(&next, &["publish", "--registry", "here", "--no-verify"], &["403", "bar"]);
        other.fails(&home, &["owner", "bar", "--add", "bob", "--registry", "here"], &["403", "bar"]);

        let nobody = case.stranger();
        for args in [&["yank", "bar@0.0.1"][..], &["owner", "bar", "--list"]] {
            let run = nobody.fails(&home, &[args, &["--registry", "here"]].concat(), &["no token found"]);
            assert_eq!(run.status.code(), Some(101));
        }
        assert_eq!(case.lines("bar").len(), 1);
        assert_eq!(case.lines("bar")[0]["yanked"], false);
    });
}

fn owner<const N: usize>(args: [&str; N]) -> Vec<&str> {
    ["owner", "bar", "--registry", "here"].into_iter().chain(args).collect()
}

/// What a person does on the page of their invitations.
fn bob_accepts(case: &Case) {
    // Others invite bob at the same time, to crates of the same name elsewhere.
    let ann = [("Authorization", case.world.ann.as_str())];
    let list = case.ask("GET", "/api/private/crate_owner_invitations?crate_name=bar", &ann, b"");
    let list: serde_json::Value = serde_json::from_slice(&list.body).expect("JSON");
    let id = &list["invitations"][0]["crate_id"];
    let body = serde_json::json!({ "crate_owner_invite": { "crate_id": id, "accepted": true } }).to_string();
    let path = format!("/api/v1/me/crate_owner_invitations/{id}");
    let bob = [("Authorization", case.world.bob.as_str())];
    assert_eq!(case.ask("PUT", &path, &bob, body.as_bytes()).status, 200);
}

#[test]
fn teams_are_added_at_once_and_named_by_cargo() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let home = case.cargo.root().to_owned();
        let team = format!("crew-{}", case.registry);
        case.world.server.admin(&["team", "create", &team]).expect("a team");
        case.world.server.admin(&["team", "add-member", &team, "bob"]).expect("a member");
        let login = format!("team:{team}");
        let added = format!("team {login} has been added as an owner of crate bar");
        case.ok(&home, &owner(["--add", &login])).says(&added);
        case.ok(&home, &owner(["--list"])).says(&format!("{login} ({team})"));
        let mut other = case.stranger();
        other.cargo.token("here", &case.world.bob).expect("settings");
        other.cargo_publish(&other.cargo.package("bar", "0.0.2"));
        other.ok(&home, &["yank", "bar@0.0.2", "--registry", "here"]);
        let words = ["403", "team members don't have permission to modify owners"];
        other.fails(&home, &owner(["--add", "bob"]), &words);
        case.fails(&home, &owner(["--remove", "ann"]), &["cannot remove all individual owners"]);
        case.ok(&home, &owner(["--remove", &login])).says("removing");
        other.fails(&home, &["yank", "bar@0.0.1", "--registry", "here"], &["403"]);
    });
}

#[test]
fn owners_are_listed_added_and_removed() {
    for run in [in_open as fn(fn(&mut Case)), in_closed] {
        run(|case| {
            case.publish_all(&[("bar", "0.0.1")]);
            let home = case.cargo.root().to_owned();
            let listed = |case: &Case| case.ok(&home, &owner(["--list"])).stdout;
            assert_eq!(listed(case).trim(), "ann");
            let invited = "user bob has been invited to be an owner of crate bar";
            case.ok(&home, &owner(["--add", "bob"])).says(invited);
            assert_eq!(listed(case).trim(), "ann", "bob has not accepted yet");
            let pending = "user bob already has a pending invitation to be an owner of crate bar";
            case.ok(&home, &owner(["--add", "bob"])).says(pending);
            bob_accepts(case);
            assert_eq!(listed(case).split_whitespace().collect::<Vec<_>>(), ["ann", "bob"]);

            let mut other = case.stranger();
            other.cargo.token("here", &case.world.bob).expect("settings");
            other.ok(&home, &["yank", "bar@0.0.1", "--registry", "here"]);
            other.cargo_publish(&other.cargo.package("bar", "0.0.2"));

            case.ok(&home, &owner(["--remove", "bob"]));
            assert_eq!(listed(case).trim(), "ann");
            other.fails(&home, &["yank", "bar@0.0.2", "--registry", "here"], &["403"]);
            case.fails(&home, &owner(["--remove", "ann"]), &["400"]);
            case.fails(&home, &owner(["--add", "nobody-at-all"]), &["nobody-at-all"]);
            assert_eq!(listed(case).trim(), "ann");
            let calls = case.requests().into_iter().filter(|seen| seen.path.ends_with("/owners"));
            assert!(
                calls
                    .into_iter()
                    .any(|seen| seen.method == "DELETE" && seen.header("content-length").is_some())
            );
        });
    }
}
