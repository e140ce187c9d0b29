//! What the HTTP suites stand on: the whole server in one process, on either pair of engines, with people who ask.
//!
//! A test is an `async fn case(app: &TestApp)`; [`on_both_engines!`] makes two tests of it. The case asks over real
//! sockets, as somebody: [`TestApp::nobody`], [`TestApp::owner`], … At its end [`run`] checks what must hold after
//! every test: see [`TestApp::finish`].

mod app;
mod authenticator;
mod browser;
mod build;
mod checks;
mod engine;
mod footprint;
mod mail;
mod node;
mod spec;
mod visitor;
mod who;

use cratekeep_types::Checksum;

pub use app::{RegistryWish, TestApp, run};
pub use authenticator::Authenticator;
pub use browser::Browser;
pub use build::BuildRule;
pub use engine::Engine;
pub use footprint::Footprint;
pub use mail::SentLetter;
pub use node::Node;
pub use spec::{LISTED_INDEX, START, Spec};
pub use visitor::{PASSWORD, Visitor, form};
pub use who::{Door, Nobody, Person, TokenWish, send};

/// Bytes that do not compress, the same in every run.
#[must_use]
pub fn noise(bytes: usize) -> Vec<u8> {
    let blocks = (0_u64..).flat_map(|n| *Checksum::of(&n.to_le_bytes()).as_bytes());
    blocks.take(bytes).collect()
}

/// Makes two tests of each case, one on SQLite with a folder and one on PostgreSQL with S3.
///
/// `on_both_engines![case, other]` starts the server as it is by default; `on_both_engines![tight_limits => case]`
/// passes its [`Spec`] through the function `tight_limits` first.
#[macro_export]
macro_rules! on_both_engines {
    ($change:ident => $($case:ident),+ $(,)?) => {
        $($crate::on_both_engines!(@one $case, $change);)+
    };
    (@one $case:ident, $change:expr) => {
        mod $case {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite_and_folder() {
                $crate::run($change($crate::Spec::on($crate::Engine::SqliteAndFolder)), super::$case).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres_and_s3() {
                $crate::run($change($crate::Spec::on($crate::Engine::PostgresAndS3)), super::$case).await;
            }
        }
    };
    ($($case:ident),+ $(,)?) => {
        $($crate::on_both_engines!(@one $case, std::convert::identity);)+
    };
}
