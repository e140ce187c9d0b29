//! Checks what the compiler does not: the rules of ARCHITECTURE.md and STYLE.md that a machine can hold.
//! Each rule lives in one module below and has a failing example among its tests.

mod arrows;
mod code;
mod documents;
mod invariants;
mod lines;
mod pairs;
mod proofs;
mod rooms;
mod sizes;
mod table;
mod tree;

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, Result, bail};
use cargo_metadata::MetadataCommand;

use crate::run;
use tree::Tree;

/// Something that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Where: a path from the root, with a line when there is one.
    pub(crate) place: String,
    /// The rule, by the name that ARCHITECTURE.md uses.
    pub(crate) rule: &'static str,
    /// What is wrong and what to do.
    pub(crate) text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {} [{}]", self.place, self.text, self.rule)
    }
}

/// The names of all rules, as invariants may cite them.
const RULES: &[&str] = &[
    arrows::RULE,
    documents::RULE,
    invariants::RULE,
    lines::HEAD,
    lines::WORDS,
    lines::DIVIDERS,
    pairs::RULE,
    proofs::RULE,
    rooms::RULE,
    sizes::RULE,
];

/// Runs every rule over the project.
///
/// # Errors
/// Something breaks a rule, or the project cannot be read.
pub(crate) fn run(_args: &[String]) -> Result<()> {
    let findings = check()?;
    if findings.is_empty() {
        println!("tidy: {} rules hold", RULES.len());
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    bail!("{} findings", findings.len())
}

fn check() -> Result<Vec<Finding>> {
    let root = run::root();
    let tree = Tree::read(&root)?;
    let map = tree.text("ARCHITECTURE.md").context("ARCHITECTURE.md is missing; its tables are the rules")?;
    let metadata = MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
    let allowed = sizes::Allowed::parse(tree.text("xtask/ratchet.txt").unwrap_or_default())?;

    let mut findings = BTreeSet::new();
    findings.extend(arrows::check(&metadata, map));
    findings.extend(rooms::check(&tree, map));
    findings.extend(sizes::check(&tree, &allowed));
    findings.extend(lines::check(&tree));
    findings.extend(documents::check(&tree));
    findings.extend(pairs::check(&tree));
    findings.extend(proofs::check(&tree));
    findings.extend(invariants::check(&tree, map));
    Ok(findings.into_iter().collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_tidy() {
        let findings = super::check().expect("the project can be read");
        let shown: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "\n{}", shown.join("\n"));
    }
}
