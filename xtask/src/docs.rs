//! References that are generated from the program, and the comparison that keeps them true.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::run;

/// A page and the arguments with which the program prints it.
struct Page {
    path: &'static str,
    args: &'static [&'static str],
}

const PAGES: &[Page] = &[
    Page { path: "docs/guide/settings.md", args: &["config", "reference"] },
    Page { path: "docs/guide/admin-commands.md", args: &["admin", "reference"] },
];

/// Writes the pages; with `--check` only compares them.
///
/// # Errors
/// The program cannot print a page, or a page is not what it prints.
pub(crate) fn run(args: &[String]) -> Result<()> {
    run::run(run::cargo(&["build", "--package", "cratekeep"]))?;
    let program = run::target()?.join("debug/cratekeep");
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => write(&program),
        ["--check"] => check(&program),
        _ => bail!("`docs` knows only `--check`"),
    }
}

/// Compares every page with what the program prints.
///
/// # Errors
/// A page differs.
pub(crate) fn check(program: &Path) -> Result<()> {
    for page in PAGES {
        let wanted = generate(program, page)?;
        let found = std::fs::read_to_string(run::root().join(page.path)).unwrap_or_default();
        if found != wanted {
            bail!("{} is not what the program prints: run `cargo xtask docs`", page.path);
        }
    }
    println!("docs: {} generated pages are true", PAGES.len());
    Ok(())
}

fn write(program: &Path) -> Result<()> {
    for page in PAGES {
        let text = generate(program, page)?;
        std::fs::write(run::root().join(page.path), text)
            .with_context(|| format!("could not write {}", page.path))?;
        println!("wrote {}", page.path);
    }
    Ok(())
}

fn generate(program: &Path, page: &Page) -> Result<String> {
    let mut command = run::command(&program.to_string_lossy());
    command.args(page.args);
    run::output(command)
}
