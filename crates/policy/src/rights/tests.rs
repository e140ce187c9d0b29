//! The whole permission model of a crate as tables that a reviewer can read.

use std::fmt::Write as _;
use std::sync::Arc;

use cratekeep_types::{
    AccountKind, Memberships, NewCrates, Presented, RegistryId, RegistryKind, RegistryName, ScopeSet,
    SessionId, TokenId, TrustTokenId, UnknownDependencies, UploadRules, Workflow,
};

use super::*;

/// Every scope that is given without being named.
const ALL: &str = "read,publish-new,publish-update,yank,change-owners,trusted-publishing";

/// How an account differs from a plain one with a token for everything in `main`.
#[derive(Clone, Copy)]
struct Who {
    scopes: &'static str,
    crates: &'static [&'static str],
    registries: &'static [&'static str],
    role: Option<Role>,
    is_admin: bool,
    is_legacy: bool,
}

const PLAIN: Who =
    Who { scopes: ALL, crates: &[], registries: &[], role: None, is_admin: false, is_legacy: false };

impl Who {
    fn by(self, credential: Credential) -> Actor {
        let name = "ann".parse().expect("a good name");
        let roles = self.role.map(|role| (RegistryId(1), role)).into_iter().collect();
        Actor::Account {
            account: Account { id: UserId(1), name, kind: AccountKind::Person, is_admin: self.is_admin },
            credential,
            memberships: Arc::new(Memberships { teams: vec![TeamId(5)], roles }),
        }
    }

    fn token(self) -> Actor {
        self.by(Credential::Token {
            id: TokenId(1),
            scopes: self.scopes.parse::<ScopeSet>().expect("good scopes"),
            crates: self.crates.iter().map(|text| text.parse().expect("a good pattern")).collect(),
            registries: self.registries.iter().map(|text| registry_name(text)).collect(),
            is_legacy: self.is_legacy,
        })
    }

    fn session(self) -> Actor {
        self.by(Credential::Session { id: SessionId(1) })
    }
}

fn registry_name(text: &str) -> RegistryName {
    text.parse().expect("a good name")
}

fn registry(access: Access, new_crates: NewCrates) -> Registry {
    Registry {
        id: RegistryId(1),
        name: registry_name("main"),
        kind: RegistryKind::Hosted,
        access,
        stands_for_crates_io: false,
        unknown_dependencies: UnknownDependencies::Refuse,
        upload_rules: UploadRules::Relaxed,
        new_crates,
        is_default: true,
    }
}

fn workflow(registry: i64) -> Actor {
    Actor::Workflow(Workflow {
        token: TrustTokenId(1),
        registry: RegistryId(registry),
        krates: vec![CrateId(7)],
        build: String::new(),
    })
}

/// Everybody who asks.
fn principals() -> Vec<(&'static str, Actor)> {
    let role = |role| Who { role: Some(role), ..PLAIN };
    let admin = Who { is_admin: true, ..PLAIN };
    vec![
        ("nobody", Actor::Nobody(Presented::Nothing)),
        ("revoked token", Actor::Nobody(Presented::Revoked)),
        ("locked account", Actor::Nobody(Presented::Locked("locked".to_owned()))),
        ("token", PLAIN.token()),
        ("legacy token", Who { is_legacy: true, ..PLAIN }.token()),
        ("session", PLAIN.session()),
        ("reader", role(Role::Reader).token()),
        ("publisher", role(Role::Publisher).token()),
        ("reg. admin", role(Role::Administrator).token()),
        ("reg. admin session", role(Role::Administrator).session()),
        ("admin", admin.token()),
        ("admin, scope admin", Who { scopes: "read,admin", ..admin }.token()),
        ("admin, one registry", Who { scopes: "read,admin", registries: &["main"], ..admin }.token()),
        ("admin session", admin.session()),
        ("scope read", Who { scopes: "read", ..PLAIN }.token()),
        ("scope publish-new", Who { scopes: "publish-new", ..PLAIN }.token()),
        ("scope publish-upd.", Who { scopes: "publish-update", ..PLAIN }.token()),
        ("scope yank", Who { scopes: "yank", ..PLAIN }.token()),
        ("scope owners", Who { scopes: "change-owners", ..PLAIN }.token()),
        ("scope trustpub", Who { scopes: "trusted-publishing", ..PLAIN }.token()),
        ("other crate", Who { crates: &["other-*"], ..PLAIN }.token()),
        ("this crate", Who { crates: &["Acme_*"], ..PLAIN }.token()),
        ("other registry", Who { registries: &["vault"], ..PLAIN }.token()),
        ("trusted build", workflow(1)),
        ("build elsewhere", workflow(2)),
        ("operator", Actor::Operator),
    ]
}

fn mark<T>(answer: &Result<T, Denied>) -> &'static str {
    match answer {
        Ok(_) => "yes",
        Err(Denied::Unauthenticated(_)) => "401",
        Err(Denied::Forbidden(_)) => "403",
    }
}

fn krate() -> CrateName {
    "acme-core".parse().expect("a good name")
}

fn publish(actor: &Actor, registry: &Registry, standing: Standing, facts: (bool, bool)) -> &'static str {
    let name = krate();
    let id = (standing != Standing::NewCrate).then_some(CrateId(7));
    let (trustpub_only, is_approved) = facts;
    mark(&may_publish(actor, Target { registry, name: &name, id, standing, trustpub_only, is_approved }))
}

/// A row of answers for each principal.
fn table(head: &str, row: impl Fn(&Actor) -> Vec<&'static str>) -> String {
    let mut text = format!("{:<19} {head}\n", "");
    for (name, actor) in principals() {
        writeln!(text, "{name:<19} {}", row(&actor).join(" ")).expect("a string takes text");
    }
    text
}

#[test]
fn who_reads_and_publishes_where() {
    let answers = table(
        "| read: open int. closed | new: open int. closed publ. appr. approved | own: open closed trustpub team other",
        |actor| {
            let at = |access| registry(access, NewCrates::Anyone);
            let read = |access| mark(&may_read(actor, &at(access)));
            let new = |access, rule, approved| {
                publish(actor, &registry(access, rule), Standing::NewCrate, (false, approved))
            };
            let own = |access, standing, only| publish(actor, &at(access), standing, (only, false));
            vec![
                "|",
                read(Access::Open),
                read(Access::Internal),
                read(Access::Closed),
                "|",
                new(Access::Open, NewCrates::Anyone, false),
                new(Access::Internal, NewCrates::Anyone, false),
                new(Access::Closed, NewCrates::Anyone, false),
                new(Access::Open, NewCrates::Publishers, false),
                new(Access::Open, NewCrates::Approval, false),
                new(Access::Open, NewCrates::Approval, true),
                "|",
                own(Access::Open, Standing::Owner, false),
                own(Access::Closed, Standing::Owner, false),
                own(Access::Open, Standing::Owner, true),
                own(Access::Open, Standing::TeamOwner, false),
                own(Access::Open, Standing::Stranger, false),
            ]
        },
    );
    insta::assert_snapshot!("publishing", answers);
}

#[test]
fn who_changes_what() {
    let answers = table(
        "| yank: own team other | owners: own team other | trustpub: own team | crate: own team | delete: own team other | self other | admin registry",
        |actor| {
            let (here, name) = (registry(Access::Open, NewCrates::Anyone), krate());
            let yank = |standing| mark(&may_yank(actor, &here, &name, standing));
            let owners = |standing| mark(&may_change_owners(actor, &here, &name, standing));
            let trust = |standing| mark(&may_set_trusted_publishing(actor, &here, &name, standing));
            let change = |standing| mark(&may_change_crate(actor, &here, &name, standing));
            let delete = |standing| mark(&may_delete(actor, &here, &name, standing));
            vec![
                "|",
                yank(Standing::Owner),
                yank(Standing::TeamOwner),
                yank(Standing::Stranger),
                "|",
                owners(Standing::Owner),
                owners(Standing::TeamOwner),
                owners(Standing::Stranger),
                "|",
                trust(Standing::Owner),
                trust(Standing::TeamOwner),
                "|",
                change(Standing::Owner),
                change(Standing::TeamOwner),
                "|",
                delete(Standing::Owner),
                delete(Standing::TeamOwner),
                delete(Standing::Stranger),
                "|",
                mark(&may_manage_account(actor, UserId(1))),
                mark(&may_manage_account(actor, UserId(2))),
                "|",
                mark(&may_administer(actor)),
                mark(&may_administer_registry(actor, &here)),
            ]
        },
    );
    insta::assert_snapshot!("changing", answers);
}

#[test]
fn a_limited_crate_is_seen_by_those_named() {
    let here = registry(Access::Closed, NewCrates::Anyone);
    let none = Readers { krate: Some(CrateId(7)), ..Readers::default() };
    let named = Readers { accounts: vec![UserId(1)], ..none.clone() };
    let by_team = Readers { teams: vec![TeamId(5)], ..none.clone() };
    let answers = table("| nobody named, account named, team named", |actor| {
        let see = |readers| if sees(actor, &here, readers) { "yes" } else { "404" };
        vec!["|", see(&none), see(&named), see(&by_team)]
    });
    insta::assert_snapshot!("seeing", answers);
}

#[test]
fn a_token_that_can_publish_nothing_is_stopped_at_the_door() {
    let here = registry(Access::Open, NewCrates::Anyone);
    let with = |scopes| may_publish_something(&Who { scopes, ..PLAIN }.token(), &here);
    assert!(with("yank").is_err() && with("publish-new").is_ok() && with("publish-update").is_ok());
    assert!(
        may_publish_something(&workflow(1), &here).is_ok()
            && may_publish_something(&workflow(2), &here).is_err()
    );
}
