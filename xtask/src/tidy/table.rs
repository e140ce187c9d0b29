//! Reads tables out of Markdown, so that what people read is what is checked.

/// The rows of the first table under the heading `## {heading}`: cells without blanks around them, head left out.
/// `None` when there is no such heading or no table under it.
pub(crate) fn under(text: &str, heading: &str) -> Option<Vec<Vec<String>>> {
    let wanted = format!("## {heading}");
    let section: Vec<_> = text
        .lines()
        .skip_while(|line| line.trim_end() != wanted)
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .collect();
    (section.len() > 2).then(|| section[2..].iter().map(|line| cells(line)).collect())
}

/// The words in backquotes of a cell.
pub(crate) fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_under_a_heading_is_read() {
        let text = "# T\n## One\ntext\n\n| a | b |\n|---|---|\n| `x` and `y` | – |\n| z | `w` |\n\n| no | no |\n## Two\n";
        let rows = under(text, "One").expect("a table");
        assert_eq!(rows, [["`x` and `y`", "–"], ["z", "`w`"]]);
        assert_eq!(quoted(&rows[0][0]), ["x", "y"]);
        assert_eq!(under(text, "Two"), None);
        assert_eq!(under(text, "Three"), None);
    }
}
