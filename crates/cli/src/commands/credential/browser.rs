//! The browser of the person at this machine, and what they are told on the terminal.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::build::variable;

/// Says something to the person. Standard output is cargo's.
pub(super) fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Opens a page, if there is a browser to be found; says whether one was started.
pub(super) fn open(page: &str) -> bool {
    let Some(program) = program() else { return false };
    let mut command = Command::new(program);
    command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}

/// `BROWSER` names one; else the desktop knows one, if there is a desktop.
fn program() -> Option<String> {
    if let Some(browser) = variable("BROWSER") {
        return Some(browser);
    }
    if cfg!(target_os = "macos") {
        return Some("open".to_owned());
    }
    let has_desktop = variable("DISPLAY").is_some() || variable("WAYLAND_DISPLAY").is_some();
    has_desktop.then(|| "xdg-open".to_owned())
}
