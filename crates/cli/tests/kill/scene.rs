//! A server, four publishers and what is known of them, over many rounds of kill and restart.

use std::time::Duration;

use cratekeep_testkit::server::{Server, ServerSpec};

use crate::dice::Dice;
use crate::inquest::Inquest;
use crate::publisher::{Publisher, Stopped};

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

    /// One round: publishers work until the server is killed from outside at some moment, then everything is
    /// looked at.
    pub(crate) fn kill_at_some_moment(&mut self) {
        self.begin_round();
        let wait = Duration::from_micros(self.dice.below(120_000));
        let (address, crates, round) = (self.server.address(), self.crates(), self.round);
        let (server, publishers) = (&mut self.server, &mut self.publishers);
        let stopped = std::thread::scope(|scope| {
            let work = |publisher| work(publisher, &address, &crates, round, u32::MAX);
            let handles: Vec<_> = publishers.iter_mut().map(|one| scope.spawn(move || work(one))).collect();
            std::thread::sleep(wait);
            server.kill().expect("a killed process ends");
            handles
                .into_iter()
                .map(|handle| handle.join().expect("a publisher never panics"))
                .collect::<Vec<_>>()
        });
        self.check_stops(&stopped, &format!("killed after {wait:?}"));
        self.server.restart().expect("it starts on what it left behind");
        self.inquire(&format!("killed after {wait:?}"));
    }

    /// One round: the server kills itself when it passes `step` for the `nth` time. Returns whether it came to
    /// listen before that; the first passings of some steps belong to the start.
    pub(crate) fn kill_at_step(&mut self, step: &str, nth: u32) -> bool {
        self.begin_round();
        let at = format!("{step}:{nth}");
        let listened = self.server.restart_with(|spec| spec.env(KILL_AT, &at)).is_ok();
        if listened {
            let (address, crates, round) = (self.server.address(), self.crates(), self.round);
            let stopped = std::thread::scope(|scope| {
                let work = |publisher| work(publisher, &address, &crates, round, nth + 20);
                let handles: Vec<_> =
                    self.publishers.iter_mut().map(|one| scope.spawn(move || work(one))).collect();
                handles
                    .into_iter()
                    .map(|handle| handle.join().expect("a publisher never panics"))
                    .collect::<Vec<_>>()
            });
            self.check_stops(&stopped, &at);
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

    /// Looks at every version there is, and lets the server look at itself.
    pub(crate) fn finish(mut self) {
        for publisher in &mut self.publishers {
            publisher.touched = (0..publisher.sent.len()).collect();
        }
        let mut all: Vec<_> =
            self.publishers.iter().flat_map(|one| &one.sent).map(|s| s.id.krate.clone()).collect();
        all.sort();
        all.dedup();
        self.hold_inquest(&all, "at the end");
        self.verify("at the end");
        let sum = |count: fn(&Publisher) -> u32| self.publishers.iter().map(count).sum::<u32>();
        let (answered, cut_off) = (sum(|one| one.answered), sum(|one| one.cut_off));
        assert!(answered >= self.round && cut_off >= self.round, "{answered} answered, {cut_off} cut off");
    }

    fn begin_round(&mut self) {
        self.round += 1;
    }

    /// The crates of this round.
    fn crates(&self) -> Vec<String> {
        let age = self.round / ROUNDS_PER_CRATE;
        (0..CRATES).map(|number| format!("grown-{age}-{number}")).collect()
    }

    fn check_stops(&self, stopped: &[Stopped], how: &str) {
        for one in stopped {
            assert!(!matches!(one, Stopped::Refused(_)), "{}, {how}: {one:?}", self.seed);
        }
    }

    fn inquire(&mut self, how: &str) {
        self.hold_inquest(&self.crates(), how);
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

fn work(one: &mut Publisher, address: &str, crates: &[String], round: u32, deeds_max: u32) -> Stopped {
    one.work(address, crates, round, deeds_max)
}
