//! Ports of the loopback interface that stay ours, also while a server is killed and started again.
//! Nothing here talks to a server.

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};

/// First port given out. The range ends below the one from which Linux takes ports for outgoing connections,
/// so no client can sit on a port while its server is down.
const FIRST: u16 = 15_000;
/// How many ports there are.
const COUNT: u16 = 15_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port reserved for as long as the value lives, against every other test process of this user.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Finds a port that nobody listens on and nobody has reserved.
    ///
    /// # Errors
    /// The folder for reservations cannot be written, or all 15,000 ports are taken.
    pub fn reserve() -> Result<Self> {
        let user = rustix::process::geteuid().as_raw();
        let folder = std::env::temp_dir().join(format!("cratekeep-test-ports-{user}"));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("could not make the folder {}", folder.display()))?;
        let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("below COUNT, a u16");
        for _ in 0..COUNT {
            let step = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
            let number = FIRST + (start + step) % COUNT;
            let path = folder.join(number.to_string());
            let lock = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
                .with_context(|| format!("could not open the reservation {}", path.display()))?;
            let free = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok()
                && TcpListener::bind(("127.0.0.1", number)).is_ok();
            if free {
                return Ok(Self { number, _lock: lock });
            }
        }
        bail!("no free port between {FIRST} and {}", FIRST + COUNT - 1)
    }

    /// The port.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_reservations_never_share_a_port() {
        let first = Port::reserve().expect("a port");
        let again: Vec<_> = (0..50).map(|_| Port::reserve().expect("a port").number()).collect();
        assert!(!again.contains(&first.number()));
    }
}
