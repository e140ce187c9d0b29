//! Teams, their members and crates, and invitations to own a crate.

use cratekeep_store::invitation::{self, NewInvitation};
use cratekeep_store::team::{self, NewTeam};
use cratekeep_store::{StoreError, owner, profile, team_member, team_owner, user};
use cratekeep_types::{CrateId, TeamId, UserId};

use crate::world::{NOON, World, on_both};

on_both! {
    teams_are_made_found_renamed_and_removed
    members_have_reasons
    teams_own_crates
    an_invitation_is_one_for_a_crate_and_account
    who_hears_of_publishes_is_verified_and_wants_to
}

pub(crate) fn local(name: &str) -> NewTeam {
    NewTeam {
        login: format!("team:{name}"),
        kind: "local".to_owned(),
        name: name.to_owned(),
        external_id: None,
        organization_id: None,
        avatar: None,
    }
}

impl World {
    async fn team(&self, new: NewTeam) -> TeamId {
        self.write(move |tx| {
            let new = new.clone();
            Box::pin(async move { team::insert(tx, &new, NOON).await })
        })
        .await
    }

    async fn demo(&self) -> CrateId {
        let registry = self.registry("main").await;
        self.krate(registry, "demo").await
    }

    async fn invite(&self, new: NewInvitation) -> Result<(), StoreError> {
        let invited = self.store.write("invite", move |tx| {
            let new = new.clone();
            Box::pin(async move { invitation::insert(tx, &new, NOON).await })
        });
        invited.await.map(|done| done.value)
    }

    async fn join(&self, team: TeamId, user: UserId, source: &'static str) -> bool {
        self.write(move |tx| {
            Box::pin(async move { team_member::add(tx, team, user, source, None, NOON).await })
        })
        .await
    }
}

async fn teams_are_made_found_renamed_and_removed(world: World) {
    let core = world.team(local("core")).await;
    let forge = NewTeam {
        login: "github:rust:libs".to_owned(),
        kind: "github".to_owned(),
        external_id: Some("17".to_owned()),
        organization_id: Some("5".to_owned()),
        ..local("Libs")
    };
    let libs = world.team(forge.clone()).await;
    let again: Result<_, StoreError> = world
        .store
        .write("twice", |tx| Box::pin(async move { team::insert(tx, &local("core"), NOON).await }))
        .await
        .map(|done| done.value);
    assert_eq!(again, Err(StoreError::Conflict { what: "team" }));
    let renamed = world
        .write(move |tx| {
            Box::pin(async move { team::rename(tx, libs, "github:rust-lang:libs", "Libraries").await })
        })
        .await;
    assert!(renamed);
    let mut conn = world.read().await;
    let found = team::find_external(&mut conn, "github", "17").await.expect("read").expect("there");
    assert_eq!((found.id, found.team.name.as_str()), (libs, "Libraries"));
    assert_eq!(team::find_by_login(&mut conn, "github:rust-lang:libs").await, Ok(Some(found)));
    assert_eq!(team::find_by_login(&mut conn, "github:rust:libs").await, Ok(None));
    assert_eq!(team::find_external(&mut conn, "local", "17").await, Ok(None));
    let listed = team::list(&mut conn, TeamId(0), 10).await.expect("listed");
    assert_eq!(listed.iter().map(|team| team.id).collect::<Vec<_>>(), [core, libs]);
    assert_eq!(team::count_uses(&mut conn, core).await, Ok(0));
    drop(conn);
    let gone = world.write(move |tx| Box::pin(async move { team::delete(tx, core).await })).await;
    assert!(gone);
    assert_eq!(team::list(&mut *world.read().await, TeamId(0), 10).await.expect("listed").len(), 1);
}

async fn members_have_reasons(world: World) {
    let (core, user) = (world.team(local("core")).await, world.user("zoe").await);
    let other = world.user("ada").await;
    assert!(world.join(core, user, "direct").await && !world.join(core, user, "direct").await);
    assert!(world.join(core, user, "group:idp").await && world.join(core, other, "direct").await);
    let members = team_member::list(&mut *world.read().await, core).await.expect("listed");
    let shown: Vec<_> =
        members.iter().map(|member| (member.account.id, member.source.as_str(), member.added_at)).collect();
    assert_eq!(shown, [(other, "direct", NOON), (user, "direct", NOON), (user, "group:idp", NOON)]);
    let leave = |source| {
        world.write(move |tx| Box::pin(async move { team_member::remove(tx, core, user, source).await }))
    };
    assert!(leave("direct").await && !leave("direct").await);
    assert_eq!(team_member::list(&mut *world.read().await, core).await.expect("listed").len(), 2);
    let cleared = world.write(move |tx| Box::pin(async move { team_member::clear(tx, core).await })).await;
    assert_eq!(cleared, 2);
}

async fn teams_own_crates(world: World) {
    let krate = world.demo().await;
    let (core, user) = (world.team(local("core")).await, world.user("zoe").await);
    let add =
        || world.write(move |tx| Box::pin(async move { team_owner::add(tx, krate, core, None, NOON).await }));
    assert!(add().await && !add().await);
    let mut conn = world.read().await;
    assert_eq!(team_owner::list(&mut conn, krate).await.expect("listed").len(), 1);
    assert_eq!(team_owner::is_owner(&mut conn, krate, core).await, Ok(true));
    assert_eq!(team::count_uses(&mut conn, core).await, Ok(1));
    assert_eq!(team_owner::owns_by_team(&mut conn, krate, user).await, Ok(false));
    drop(conn);
    world.join(core, user, "group:idp").await;
    assert_eq!(team_owner::owns_by_team(&mut *world.read().await, krate, user).await, Ok(true));
    let remove = || world.write(move |tx| Box::pin(async move { team_owner::remove(tx, krate, core).await }));
    assert!(remove().await && !remove().await);
    assert_eq!(team_owner::owns_by_team(&mut *world.read().await, krate, user).await, Ok(false));
}

async fn an_invitation_is_one_for_a_crate_and_account(world: World) {
    let krate = world.demo().await;
    let (host, guest) = (world.user("host").await, world.user("guest").await);
    let new = |hash: u8| NewInvitation {
        krate,
        invitee: guest,
        inviter: Some(host),
        hash: [hash; 32],
        expires_at: NOON.plus_secs(60),
    };
    assert_eq!(world.invite(new(1)).await, Ok(()));
    assert_eq!(world.invite(new(2)).await, Err(StoreError::Conflict { what: "invitation" }));
    let mut conn = world.read().await;
    let found = invitation::find(&mut conn, krate, guest).await.expect("read").expect("there");
    assert_eq!((found.invitee.id, found.inviter.as_ref().map(|by| by.0)), (guest, Some(host)));
    assert_eq!((found.krate_name.as_str(), found.is_open(NOON)), ("demo", true));
    assert!(found.is_open(NOON.plus_secs(59)) && !found.is_open(NOON.plus_secs(60)));
    assert_eq!(invitation::find_by_hash(&mut conn, &[1; 32]).await, Ok(Some(found.clone())));
    assert_eq!(invitation::find_by_hash(&mut conn, &[2; 32]).await, Ok(None));
    let expected = Ok(vec![found.clone()]);
    assert_eq!(invitation::of_account(&mut conn, guest, NOON, 0, 10).await, expected);
    assert_eq!(invitation::of_crate(&mut conn, krate, NOON, 0, 10).await, expected);
    assert_eq!(invitation::of_account(&mut conn, guest, NOON, found.id, 10).await, Ok(Vec::new()));
    let end = NOON.plus_secs(60);
    assert_eq!(invitation::of_account(&mut conn, guest, end, 0, 10).await, Ok(Vec::new()), "expired");
    assert_eq!(invitation::of_crate(&mut conn, krate, end, 0, 10).await, Ok(Vec::new()), "expired");
    drop(conn);
    let remove = || world.write(move |tx| Box::pin(async move { invitation::remove(tx, found.id).await }));
    assert!(remove().await && !remove().await);
    assert_eq!(world.invite(new(3)).await, Ok(()));
}

async fn who_hears_of_publishes_is_verified_and_wants_to(world: World) {
    let krate = world.demo().await;
    let user = world.user("zoe").await;
    world.write(move |tx| Box::pin(async move { owner::add(tx, krate, user, None, NOON).await })).await;
    let mut conn = world.read().await;
    assert_eq!(owner::told_of_publishes(&mut conn, krate).await, Ok(Vec::new()), "nothing is verified");
    assert_eq!(owner::with_addresses(&mut conn, krate).await, Ok(Vec::new()), "nothing is verified");
    assert_eq!(user::verified_email(&mut conn, user).await, Ok(None));
    drop(conn);
    world
        .write(move |tx| {
            Box::pin(async move {
                profile::set_email(tx, user, "zoe@example.org", Some(NOON)).await?;
                profile::set(tx, user, None, false).await
            })
        })
        .await;
    let mut conn = world.read().await;
    let reached = owner::with_addresses(&mut conn, krate).await.expect("read");
    assert_eq!((reached.len(), reached[0].1.as_str()), (1, "zoe@example.org"));
    assert_eq!(owner::told_of_publishes(&mut conn, krate).await, Ok(Vec::new()), "not of publishes");
}
