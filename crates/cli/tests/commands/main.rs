//! The commands of the program, run as the operator runs them: on data without a server, on data of a running one,
//! with good settings and with bad ones.

mod admin;
mod data;
mod settings;
mod start;
mod stop;
mod tls;
mod two_nodes;

use std::process::Output;

use cratekeep_testkit::server::{Server, ServerSpec};

fn program() -> ServerSpec {
    ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep"))
}

/// Standard output of a command that is to go well.
fn said(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{errors}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Standard error of a command that is to be refused.
fn refused(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{}\n{errors}", String::from_utf8_lossy(&output.stdout));
    errors
}

/// What the server prints at its start, up to the lines for cargo at least.
fn greeting(server: &Server) -> String {
    while !server.stdout().contains("global-credential-providers") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    server.stdout()
}
