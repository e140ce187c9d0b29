//! Starts a PostgreSQL for tests, prints its address, and stops it when standard input ends. `cargo xtask test`
//! shares one server among all suites this way; it also serves for trying things by hand.

#![expect(clippy::print_stdout, reason = "the address is what this is for")]

use std::io::Read as _;

use anyhow::Result;
use cratekeep_testkit::postgres::TestDatabase;

#[tokio::main]
async fn main() -> Result<()> {
    let database = TestDatabase::create().await?;
    println!("{}", database.url());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
