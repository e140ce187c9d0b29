//! One client that publishes, yanks and unyanks as fast as it can until the server is gone, and keeps its ledger.

use std::sync::mpsc::Sender;

use cratekeep_testkit::http::RawConnection;

use crate::dice::Dice;
use crate::ledger::{Id, Sent};

/// A publisher; several of them grow the same crates, each with versions of its own.
#[derive(Debug)]
pub(crate) struct Publisher {
    /// The minor number of all its versions.
    number: u32,
    token: String,
    dice: Dice,
    next: u32,
    /// Everything it ever sent.
    pub(crate) sent: Vec<Sent>,
    /// Where in `sent` the things of the present round are.
    pub(crate) touched: Vec<usize>,
    /// How many publishes and yanks were answered.
    pub(crate) answered: u32,
    /// How many were cut off, so that nobody knows what became of them.
    pub(crate) cut_off: u32,
}

/// Where publishers work in one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// `host:port` of the server.
    pub(crate) address: &'a str,
    /// The crates to grow.
    pub(crate) crates: &'a [String],
    /// The major number of the versions of this round.
    pub(crate) round: u32,
}

/// Why a publisher stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The connection broke: the server is gone.
    Broken,
    /// It did all it was asked to.
    Done,
    /// The server answered what it never should.
    Refused(String),
}

impl Publisher {
    pub(crate) fn new(number: u32, token: &str, dice: Dice) -> Self {
        let (sent, touched) = (Vec::new(), Vec::new());
        Self { number, token: token.to_owned(), dice, next: 0, sent, touched, answered: 0, cut_off: 0 }
    }

    /// Works until the server is gone, at most `deeds_max` times, and tells each answer to `answers`.
    pub(crate) fn work(&mut self, place: &Place<'_>, deeds_max: u32, answers: &Sender<()>) -> Stopped {
        self.touched.clear();
        let Place { address, crates, round } = *place;
        let Ok(mut connection) = RawConnection::open(address) else { return Stopped::Broken };
        for _ in 0..deeds_max {
            let own: Vec<usize> = (0..self.sent.len()).filter(|&at| self.sent[at].acknowledged).collect();
            let deed = match self.dice.pick(&own).copied() {
                Some(at) if self.dice.below(3) == 0 => self.turn_yank(&mut connection, at),
                _ => {
                    let krate = self.dice.pick(crates).expect("there is a crate").clone();
                    self.publish(&mut connection, krate, round)
                }
            };
            match deed {
                Ok(None) => {
                    self.answered += 1;
                    // Nobody counts any more once the server is being killed.
                    let _ = answers.send(());
                }
                Ok(Some(refused)) => return Stopped::Refused(refused),
                Err(_) => {
                    self.cut_off += 1;
                    return Stopped::Broken;
                }
            }
        }
        Stopped::Done
    }

    /// Sends a new version; a refusal is returned.
    fn publish(
        &mut self,
        connection: &mut RawConnection,
        krate: String,
        round: u32,
    ) -> anyhow::Result<Option<String>> {
        self.next += 1;
        let id = Id { krate, num: [round, self.number, self.next] };
        let upload = id.upload();
        self.sent.push(Sent::new(id, &upload));
        let at = self.sent.len() - 1;
        self.touched.push(at);
        let headers = [("Authorization", self.token.as_str())];
        let reply = connection.request("PUT", "/api/v1/crates/new", &headers, &upload.frame())?;
        if reply.status != 200 {
            return Ok(Some(format!("publish of {:?}: {} {}", self.sent[at].id, reply.status, reply.text())));
        }
        self.sent[at].acknowledged = true;
        Ok(None)
    }

    /// Yanks a version, or takes its yank back; a refusal is returned.
    fn turn_yank(&mut self, connection: &mut RawConnection, at: usize) -> anyhow::Result<Option<String>> {
        self.touched.push(at);
        let sent = &mut self.sent[at];
        let wanted = !sent.yanked;
        sent.yank_asked = Some(wanted);
        let (method, word) = if wanted { ("DELETE", "yank") } else { ("PUT", "unyank") };
        let path = format!("/api/v1/crates/{}/{}/{word}", sent.id.krate, sent.id.version());
        let reply = connection.request(method, &path, &[("Authorization", &self.token)], b"")?;
        if reply.status != 200 {
            return Ok(Some(format!("{word} of {:?}: {} {}", sent.id, reply.status, reply.text())));
        }
        sent.yanked = wanted;
        sent.yank_asked = None;
        Ok(None)
    }
}
