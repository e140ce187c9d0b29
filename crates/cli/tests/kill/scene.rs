//! A server, four publishers and what is known of them, over many rounds of kill and restart.

use std::collections::BTreeSet;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use cratekeep_testkit::server::{Server, ServerSpec};

use crate::dice::Dice;
use crate::inquest::Inquest;
use crate::ledger::Sent;
use crate::publisher::{Place, Publisher, Stopped};

/// Publishers at work at the same time.
const PUBLISHERS: u32 = 4;
/// Crates that all publishers grow at the same time.
const CRATES: u32 = 3;
/// After so many rounds new crates are begun, so that first publishes are met often.
const ROUNDS_PER_CRATE: u32 = 10;
/// After so many rounds the server's own verification runs.
const ROUNDS_PER_VERIFY: u32 = 20;
/// How long a server that was told to die may live.
const DEATH_DEADLINE: Duration = Duration::from_secs(30);
/// The setting that names the step to die at.
const KILL_AT: &str = "CRATEKEEP_TESTING__KILL_AT";
/// A step that nothing passes.
const NOWHERE: &str = "nowhere";

/// The server of one test with its publishers.
#[derive(Debug)]
pub(crate) struct Scene {
    server: Server,
    token: String,
    publishers: Vec<Publisher>,
    dice: Dice,
    seed: String,
    round: u32,
}

impl Scene {
    /// Starts the server.
    pub(crate) fn new(spec: ServerSpec) -> Self {
        let mut dice = Dice::new();
        let seed = dice.seed();
        let server = spec.start().expect("the server starts");
        let token = server.user("ann").expect("a user can be made");
        let publishers =
            (0..PUBLISHERS).map(|number| Publisher::new(number, &token, Dice::seeded(dice.next()))).collect();
        Self { server, token, publishers, dice, seed, round: 0 }
    }

    /// One round: publishers work until the server is killed from outside, at some moment or right after some answer,
    /// then everything is looked at.
    pub(crate) fn kill_at_some_moment(&mut self) {
        self.round += 1;
        let wait = Duration::from_micros(self.dice.below(120_000));
        let after = usize::try_from(self.dice.below(30)).expect("a small number");
        let by_answers = self.dice.below(2) == 0;
        let how =
            if by_answers { format!("killed at answer {after}") } else { format!("killed after {wait:?}") };
        self.publish_meanwhile(u32::MAX, &how, |server, answers| {
            if by_answers {
                answers.iter().take(after + 1).for_each(drop);
            } else {
                std::thread::sleep(wait);
            }
            server.kill().expect("a killed process ends");
        });
        self.server.restart().expect("it starts on what it left behind");
        self.inquire(&how);
    }

    /// One round: the server kills itself when it passes `step` for the `nth` time. Returns whether it came to
    /// listen before that; the first passings of some steps belong to the start, or to jobs that were left.
    pub(crate) fn kill_at_step(&mut self, step: &str, nth: u32) -> bool {
        self.round += 1;
        let at = format!("{step}:{nth}");
        let listened = self.server.restart_with(|spec| spec.env(KILL_AT, &at)).is_ok();
        if listened {
            self.publish_meanwhile(nth + 20, &at, |_, _| {});
        }
        let status =
            self.server.wait(DEATH_DEADLINE).unwrap_or_else(|error| panic!("{at} was never passed: {error}"));
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        assert_eq!(signal, Some(9), "{at}: {status}\n{}", self.server.stderr());
        self.server
            .restart_with(|spec| spec.env(KILL_AT, NOWHERE))
            .expect("it starts on what it left behind");
        self.inquire(&at);
        listened
    }

    /// Lets every publisher work, `deeds_max` times at most, and does something to the server at the same time.
    fn publish_meanwhile(
        &mut self,
        deeds_max: u32,
        how: &str,
        meanwhile: impl FnOnce(&mut Server, Receiver<()>),
    ) {
        let (address, crates) = (self.server.address(), self.crates());
        let place = Place { address: &address, crates: &crates, round: self.round };
        let (server, publishers) = (&mut self.server, &mut self.publishers);
        let stopped: Vec<Stopped> = std::thread::scope(|scope| {
            let (answers, answered) = mpsc::channel();
            let spawn = |one| {
                let answers = answers.clone();
                scope.spawn(move || Publisher::work(one, &place, deeds_max, &answers))
            };
            let handles: Vec<_> = publishers.iter_mut().map(spawn).collect();
            drop(answers);
            meanwhile(server, answered);
            handles.into_iter().map(|handle| handle.join().expect("a publisher never panics")).collect()
        });
        for one in stopped {
            assert!(!matches!(one, Stopped::Refused(_)), "{}, {how}: {one:?}", self.seed);
        }
    }

    /// Looks at every version there is, and lets the server look at itself.
    pub(crate) fn finish(mut self) {
        for publisher in &mut self.publishers {
            publisher.touched = (0..publisher.sent.len()).collect();
        }
        let all = self.publishers.iter().flat_map(|one| one.sent.iter().map(|sent| sent.id.krate.clone()));
        let all: BTreeSet<_> = all.collect();
        self.hold_inquest(&Vec::from_iter(all), "at the end");
        self.verify("at the end");
        let sum = |count: fn(&Publisher) -> u32| self.publishers.iter().map(count).sum::<u32>();
        let (answered, cut_off) = (sum(|one| one.answered), sum(|one| one.cut_off));
        assert!(answered >= self.round && cut_off >= self.round, "{answered} answered, {cut_off} cut off");
    }

    /// The crates of this round.
    fn crates(&self) -> Vec<String> {
        let age = self.round / ROUNDS_PER_CRATE;
        (0..CRATES).map(|number| format!("grown-{age}-{number}")).collect()
    }

    fn inquire(&mut self, how: &str) {
        let touched = self.publishers.iter().flat_map(|one| one.touched.iter().map(|&at| &one.sent[at]));
        let crates: BTreeSet<_> = touched.map(|sent: &Sent| sent.id.krate.clone()).collect();
        self.hold_inquest(&Vec::from_iter(crates), how);
        if self.round.is_multiple_of(ROUNDS_PER_VERIFY) {
            self.verify(how);
        }
    }

    fn hold_inquest(&mut self, crates: &[String], how: &str) {
        let touched: Vec<_> = self.publishers.iter().map(|one| one.touched.clone()).collect();
        let mut ledgers: Vec<_> = self.publishers.iter_mut().map(|one| &mut one.sent).collect();
        let wrong = Inquest::open(&self.server.address(), &self.token, &mut self.dice)
            .and_then(|inquest| inquest.hold(crates, &mut ledgers, &touched))
            .unwrap_or_else(|error| panic!("{}, round {}, {how}: {error:#}", self.seed, self.round));
        assert!(wrong.is_empty(), "{}, round {}, {how}:\n{}", self.seed, self.round, wrong.join("\n"));
    }

    fn verify(&self, how: &str) {
        let output = self.server.command(&["verify"]).expect("the program starts");
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}, round {}, {how}: verify says\n{said}", self.seed, self.round);
    }
}
