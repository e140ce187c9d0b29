//! What a browser calls itself, in words for people.

/// A mark in the text of a browser and what it means; the first that is found counts, since many claim to be others.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Version/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// `Firefox 141 on Linux`; the whole text where it has another form, `unknown` where there is none.
pub(crate) fn in_words(agent: Option<&str>) -> String {
    let Some(agent) = agent else { return "unknown".to_owned() };
    let browser = BROWSERS.iter().find_map(|(mark, name)| {
        let (_, rest) = agent.split_once(mark)?;
        let major: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("{name} {major}"))
    });
    let system = SYSTEMS.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ => agent.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn browsers_are_named_and_what_is_none_is_shown_as_it_is() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        assert_eq!(in_words(Some(chrome)), "Chrome 156 on Linux");
        assert_eq!(in_words(Some(&format!("{chrome} Edg/156.0.1"))), "Edge 156 on Linux");
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Safari/604.1";
        assert_eq!(in_words(Some(safari)), "Safari 19 on iPhone");
        assert_eq!(in_words(Some("curl/8.5.0")), "curl/8.5.0");
        assert_eq!(in_words(None), "unknown");
    }
}
