//! The whole permission model of a crate as one table.

use std::fmt::Write as _;

use cratekeep_types::{
    Access, Account, Actor, CrateName, Credential, Presented, Registry, RegistryId, RegistryKind, ScopeSet,
    TokenId, UnknownDependencies, UploadRules, UserId,
};

use super::*;

fn account(name: &str, is_admin: bool) -> Account {
    Account { id: UserId(1), name: name.parse().expect("a good name"), is_admin }
}

fn token(scopes: &str, crates: &[&str], is_admin: bool) -> Actor {
    Actor::Account {
        account: account("ann", is_admin),
        credential: Credential::Token {
            id: TokenId(1),
            scopes: scopes.parse::<ScopeSet>().expect("good scopes"),
            crates: crates.iter().map(|p| p.parse().expect("a good pattern")).collect(),
        },
    }
}

fn registry(access: Access) -> Registry {
    Registry {
        id: RegistryId(1),
        name: "main".parse().expect("a good name"),
        kind: RegistryKind::Hosted,
        access,
        stands_for_crates_io: false,
        unknown_dependencies: UnknownDependencies::Refuse,
        upload_rules: UploadRules::Relaxed,
        is_default: true,
    }
}

fn mark<T>(answer: &Result<T, Denied>) -> &'static str {
    match answer {
        Ok(_) => "yes",
        Err(Denied::Unauthenticated(_)) => "401",
        Err(Denied::Forbidden(_)) => "403",
    }
}

#[test]
fn the_model_reads_as_one_table() {
    let all = "read,publish-new,publish-update,yank,change-owners";
    let actors = [
        ("nobody", Actor::Nobody(Presented::Nothing)),
        ("revoked", Actor::Nobody(Presented::Revoked)),
        ("full token", token(all, &[], false)),
        ("read token", token("read", &[], false)),
        ("publish-new", token("publish-new", &[], false)),
        ("update only", token("publish-update", &[], false)),
        ("yank only", token("yank", &[], false)),
        ("other crate", token(all, &["other-*"], false)),
        ("this crate", token(all, &["Acme_*"], false)),
        ("administrator", token(all, &[], true)),
        ("operator", Actor::Operator),
    ];
    let krate: CrateName = "acme-core".parse().expect("a good name");
    let mut table =
        String::from("actor | open closed | new own other | yank own other | owners own other | admin\n");
    for (name, actor) in &actors {
        let publish = |standing| may_publish(actor, &krate, standing);
        writeln!(
            table,
            "{name} | {} {} | {} {} {} | {} {} | {} {} | {}",
            mark(&may_read(actor, &registry(Access::Open))),
            mark(&may_read(actor, &registry(Access::Closed))),
            mark(&publish(Standing::NewCrate)),
            mark(&publish(Standing::Owner)),
            mark(&publish(Standing::Stranger)),
            mark(&may_yank(actor, &krate, Standing::Owner)),
            mark(&may_yank(actor, &krate, Standing::Stranger)),
            mark(&may_change_owners(actor, &krate, Standing::Owner)),
            mark(&may_change_owners(actor, &krate, Standing::Stranger)),
            mark(&may_administer(actor)),
        )
        .expect("a string takes text");
    }
    assert_eq!(table.trim_end(), EXPECTED.trim());
}

const EXPECTED: &str = "
actor | open closed | new own other | yank own other | owners own other | admin
nobody | yes 401 | 401 401 401 | 401 401 | 401 401 | 401
revoked | yes 401 | 401 401 401 | 401 401 | 401 401 | 401
full token | yes yes | yes yes 403 | yes 403 | yes 403 | 403
read token | yes yes | 403 403 403 | 403 403 | 403 403 | 403
publish-new | yes yes | yes 403 403 | 403 403 | 403 403 | 403
update only | yes yes | 403 yes 403 | 403 403 | 403 403 | 403
yank only | yes yes | 403 403 403 | yes 403 | 403 403 | 403
other crate | yes yes | 403 403 403 | 403 403 | 403 403 | 403
this crate | yes yes | yes yes 403 | yes 403 | yes 403 | 403
administrator | yes yes | yes yes 403 | yes yes | yes yes | 403
operator | yes yes | 403 403 403 | 403 403 | 403 403 | yes
";

#[test]
fn a_token_that_can_publish_nothing_is_stopped_at_the_door() {
    assert!(may_publish_something(&token("yank", &[], false)).is_err());
    assert!(may_publish_something(&token("publish-new", &[], false)).is_ok());
}
