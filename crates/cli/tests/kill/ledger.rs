//! What a publisher knows: which versions it sent, what was acknowledged, and what may be either way.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::publish::{Target, Upload};
use cratekeep_types::Checksum;

use crate::dice::Dice;

/// Which crate and which version of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    /// The crate.
    pub(crate) krate: String,
    /// Its major, minor and patch number.
    pub(crate) num: [u32; 3],
}

/// A version that was sent at least once.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Which one.
    pub(crate) id: Id,
    /// The checksum of its bytes.
    pub(crate) checksum: String,
    /// Whether the server said that it is published.
    pub(crate) acknowledged: bool,
    /// Whether the server said that it is yanked, or that it is not any more.
    pub(crate) yanked: bool,
    /// What was asked for without an answer.
    pub(crate) yank_asked: Option<bool>,
}

impl Id {
    /// `1.2.3`
    pub(crate) fn version(&self) -> String {
        let [major, minor, patch] = self.num;
        format!("{major}.{minor}.{patch}")
    }

    /// The upload: small mostly, and one in ten large enough to take its time.
    pub(crate) fn upload(&self) -> Upload {
        self.with("")
    }

    /// An upload of the same version with other bytes.
    pub(crate) fn other_upload(&self) -> Upload {
        self.with("other bytes")
    }

    fn with(&self, note: &str) -> Upload {
        let [major, minor, patch] = self.num.map(u64::from);
        let mut dice = Dice::seeded(major << 40 | minor << 20 | patch);
        let words = if dice.below(10) == 0 { 8_000 } else { 20 };
        let noise: String = (0..words).map(|_| format!("{:016x}", dice.next())).collect();
        let built = ArchiveBuilder::new(&self.krate, &self.version()).file("noise", noise).file("note", note);
        Upload::of(&built, Target::CratesIo).expect("a good manifest")
    }
}

impl Sent {
    /// A version that is about to be sent.
    pub(crate) fn new(id: Id, upload: &Upload) -> Self {
        let checksum = Checksum::of(&upload.archive).to_string();
        Self { id, checksum, acknowledged: false, yanked: false, yank_asked: None }
    }

    /// Whether the index may say so.
    pub(crate) fn may_be_yanked(&self, yanked: bool) -> bool {
        self.yanked == yanked || self.yank_asked == Some(yanked)
    }
}
