//! What the program emits while people walk through it, searched for their secrets in every form.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use crate::browser::Browser;
use crate::walk::{PASSWORD, Town, walk};

/// Something emitted, with where it was found.
struct Emitted {
    place: String,
    bytes: Vec<u8>,
}

/// Every form in which a secret could hide.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut url = String::new();
    for byte in secret.bytes() {
        match byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            true => url.push(char::from(byte)),
            false => url.push_str(&format!("%{byte:02X}")),
        }
    }
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let plus = url.replace("%20", "+");
    let base64 = BASE64_STANDARD.encode(secret);
    let urlsafe = BASE64_URL_SAFE_NO_PAD.encode(secret);
    [secret.to_owned(), url, plus, hex, base64, urlsafe].map(String::into_bytes).to_vec()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Every place where a secret was found.
fn leaks(emitted: &[Emitted], secrets: &[(&'static str, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (what, secret) in secrets {
        // A letter waits in the database until it is sent, with the link that is its purpose.
        let is_mailed = ["confirmation link", "invitation"].contains(what);
        for form in forms(secret) {
            let places = emitted.iter().filter(|one| contains(&one.bytes, &form));
            let places = places.filter(|one| !(is_mailed && one.place.contains("cratekeep.db")));
            found.extend(places.map(|one| format!("{what} in {}", one.place)));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn files_below(folder: &Path, into: &mut Vec<Emitted>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, into);
        } else if let Ok(bytes) = fs::read(&path) {
            into.push(Emitted { place: path.display().to_string(), bytes });
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_emitted_anywhere() {
    let mut town = Town::build().await;
    let _adam = town.first_administrator().await;
    walk(&mut town).await;
    // Those who guess and those who send rubbish are written about as well.
    let mut stranger = Browser::new(town.server.url());
    stranger.open("/sign-in").await;
    let wrong = "canary wrong password";
    let client = cratekeep_testkit::http::HttpClient::plain(town.server.url()).expect("a client");
    let body = format!("name=adam&password={}", wrong.replace(' ', "+"));
    let guessed = client
        .request(http::Method::POST, "/sign-in")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    assert!(!guessed.send().await.expect("an answer").status.is_success());
    let junk = "ckp_canaryCanaryCanaryCanaryCanaryCanary01";
    let asked = client.get("/api/v1/me/tokens").token(junk).send().await.expect("an answer");
    assert!(asked.status.is_client_error());

    let mut secrets = std::mem::take(&mut town.secrets.texts);
    secrets.push(("guessed password", wrong.to_owned()));
    secrets.push(("presented token", junk.to_owned()));
    let mut emitted = Vec::new();
    for (place, args) in [
        ("config show", &["config", "show"][..]),
        ("audit export", &["admin", "audit", "export"]),
        ("user list", &["admin", "user", "list"]),
        ("token list", &["admin", "token", "list"]),
    ] {
        let output = town.server.command(args).expect("the program starts");
        assert!(output.status.success(), "{place}: {}", String::from_utf8_lossy(&output.stderr));
        emitted.push(Emitted { place: place.to_owned(), bytes: [output.stdout, output.stderr].concat() });
    }
    town.server.terminate().expect("it ends");
    let log = town.server.stderr();
    assert!(log.contains("answered"), "the log is there and has what happened:\n{log}");
    emitted.push(Emitted { place: "log".to_owned(), bytes: log.into_bytes() });
    files_below(town.server.data_dir(), &mut emitted);
    let all: usize = emitted.iter().map(|one| one.bytes.len()).sum();
    assert!(all > 100_000, "only {all} bytes were searched");
    assert_eq!(leaks(&emitted, &secrets), Vec::<String>::new());
    // The search finds what is there: the administrator's name is in the log's database, plain.
    assert!(!leaks(&emitted, &[("name", "example.org".to_owned())]).is_empty());
    assert!(
        leaks(&[Emitted { place: "x".to_owned(), bytes: forms(PASSWORD)[4].clone() }], &secrets).len() == 1
    );
}
