//! Owners, teams and invitations against a model: thousands of random steps whose answers must be the model's.

use std::collections::{BTreeMap, BTreeSet};

use cratekeep_tests::{Engine, Person, Spec, TestApp, run};
use cratekeep_wire::control::{AdminCommand, TeamCommand};
use serde_json::Value;

/// Steps on each engine: a database on this machine answers faster than one over a socket.
const STEPS_ON_SQLITE: u32 = 2_000;
const STEPS_ON_POSTGRES: u32 = 500;
const DAY_SECS: i64 = 86_400;
const PEOPLE: [&str; 5] = ["ann", "ben", "cat", "dan", "eve"];
const TEAMS: [&str; 2] = ["team:red", "team:blue"];

/// What ought to be.
#[derive(Debug, Default)]
struct Model {
    owners: BTreeSet<usize>,
    teams: BTreeSet<usize>,
    members: BTreeSet<(usize, usize)>,
    /// The day on which each open invitation was made.
    invited: BTreeMap<usize, i64>,
    day: i64,
}

impl Model {
    fn is_invited(&self, who: usize) -> bool {
        self.invited.get(&who).is_some_and(|day| self.day - day < 30)
    }

    fn may_yank(&self, who: usize) -> bool {
        self.owners.contains(&who) || self.teams.iter().any(|team| self.members.contains(&(*team, who)))
    }

    fn invite(&mut self, by: usize, who: usize) -> u16 {
        if !self.owners.contains(&by) {
            return 403;
        }
        if self.owners.contains(&who) {
            return 400;
        }
        if !self.is_invited(who) {
            self.invited.insert(who, self.day);
        }
        200
    }

    fn answer(&mut self, who: usize, accepts: bool) -> u16 {
        let is_open = self.is_invited(who);
        match (self.invited.contains_key(&who), accepts) {
            (false, _) => return 404,
            (true, true) if !is_open => return 410,
            _ => {}
        }
        self.invited.remove(&who);
        if accepts {
            self.owners.insert(who);
        }
        200
    }

    fn remove(&mut self, by: usize, who: usize) -> u16 {
        if !self.owners.contains(&by) {
            return 403;
        }
        if self.owners.contains(&who) {
            if self.owners.len() == 1 {
                return 400;
            }
            self.owners.remove(&who);
            return 200;
        }
        if self.is_invited(who) {
            self.invited.remove(&who);
            return 200;
        }
        400
    }

    fn set_team(&mut self, by: usize, team: usize, owns: bool) -> u16 {
        if !self.owners.contains(&by) {
            return 403;
        }
        let changed = if owns { self.teams.insert(team) } else { self.teams.remove(&team) };
        if changed { 200 } else { 400 }
    }
}

/// Numbers that look random and are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most as u64).expect("it is small")
    }
}

async fn step(app: &TestApp, people: &[Person], krate: &Value, model: &mut Model, dice: &mut Dice) {
    let (by, who, team) = (dice.below(PEOPLE.len()), dice.below(PEOPLE.len()), dice.below(TEAMS.len()));
    let (asker, name, login) = (&people[by], PEOPLE[who], TEAMS[team]);
    let kind = dice.below(12);
    let (reply, expected) = match kind {
        0..=2 => (asker.add_owners("demo", &[name]).await, model.invite(by, who)),
        3 | 4 => (asker.answer_by_id(krate, true).await, model.answer(by, true)),
        5 => (asker.answer_by_id(krate, false).await, model.answer(by, false)),
        6 => (asker.remove_owners("demo", &[name]).await, model.remove(by, who)),
        7 => (asker.add_owners("demo", &[login]).await, model.set_team(by, team, true)),
        8 => (asker.remove_owners("demo", &[login]).await, model.set_team(by, team, false)),
        9 => {
            let (name, user) = (login.to_owned(), name.to_owned());
            let joins = model.members.insert((team, who));
            let command = if joins {
                TeamCommand::AddMember { name, user }
            } else {
                model.members.remove(&(team, who));
                TeamCommand::RemoveMember { name, user }
            };
            app.admin(AdminCommand::Team(command)).await;
            return;
        }
        10 => {
            let days = [1, 7, 31][dice.below(3)];
            app.clock().advance_secs(days * DAY_SECS);
            model.day += days;
            return;
        }
        _ => (asker.unyank("demo", "1.0.0").await, if model.may_yank(by) { 200 } else { 403 }),
    };
    assert_eq!(
        reply.status.as_u16(),
        expected,
        "step {kind} of {by} about {who} or {login}: {}\n{model:?}",
        reply.text()
    );
}

async fn check(app: &TestApp, model: &Model) {
    let list = app.nobody().owners("demo").await.expect_status(200).json();
    let listed: BTreeSet<_> = list["users"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["login"].clone())
        .collect::<Vec<_>>()
        .iter()
        .map(ToString::to_string)
        .collect();
    let users = model.owners.iter().map(|&who| format!("{:?}", PEOPLE[who]));
    let teams = model.teams.iter().map(|&team| format!("{:?}", TEAMS[team]));
    assert_eq!(listed, users.chain(teams).collect(), "{model:?}");
}

async fn walk(app: &TestApp, steps: u32) {
    let mut people = Vec::new();
    for name in PEOPLE {
        people.push(app.person(name).await);
    }
    for login in TEAMS {
        app.admin(AdminCommand::Team(TeamCommand::Create { name: login.to_owned() })).await;
    }
    people[0].has_published("demo", "1.0.0").await;
    let _ = people[0].add_owners("demo", &["ben"]).await.expect_status(200);
    let path = "/api/private/crate_owner_invitations?crate_name=demo";
    let krate = people[0].fetch(path).await.expect_status(200).json()["invitations"][0]["crate_id"].clone();
    let mut model = Model { owners: [0].into(), invited: [(1, 0)].into(), ..Model::default() };
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    for n in 0..steps {
        step(app, &people, &krate, &mut model, &mut dice).await;
        if n % 20 == 0 {
            check(app, &model).await;
        }
    }
    check(app, &model).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_steps_on_sqlite() {
    run(Spec::on(Engine::SqliteAndFolder), async |app| walk(app, STEPS_ON_SQLITE).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_steps_on_postgres() {
    run(Spec::on(Engine::PostgresAndS3), async |app| walk(app, STEPS_ON_POSTGRES).await).await;
}
