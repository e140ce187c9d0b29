//! Letters into a folder, and what is refused before anything is sent. A mail server talks in the HTTP suites.

use super::*;

fn mailer(folder: &std::path::Path) -> Mailer {
    let options = MailOptions {
        place: MailPlace::Folder(folder.to_owned()),
        from: "Crates <crates@example.org>".to_owned(),
        subject_prefix: "[Crates]".to_owned(),
        step_time_max: Duration::from_secs(1),
    };
    Mailer::new(&options).expect("good options")
}

fn mail<'a>(to: &'a str, subject: &'a str) -> Mail<'a> {
    Mail { to, subject, text: "Grüße\nand a line", key: "letter-1", at: Timestamp(1_700_000_000_000_000) }
}

#[tokio::test]
async fn a_letter_in_the_folder_is_whole_and_there_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mailer = mailer(folder.path());
    for _ in 0..2 {
        mailer.send(&mail("ada@example.org", "Über crates")).await.expect("it is written");
    }
    let files: Vec<_> = std::fs::read_dir(folder.path()).expect("listed").collect();
    assert_eq!(files.len(), 1, "the second try takes the place of the first");
    let text = std::fs::read_to_string(folder.path().join("letter-1.eml")).expect("a letter");
    for part in [
        "From: Crates <crates@example.org>\r\n",
        "To: ada@example.org\r\n",
        "Message-ID: <letter-1@example.org>\r\n",
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
        "Gr=C3=BC=C3=9Fe\r\nand a line",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[tokio::test]
async fn what_is_no_address_is_refused_for_good_and_not_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let mailer = mailer(folder.path());
    for bad in [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a da@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "Ada <ada@example.org>",
        "ada@example.org,eve@example.org",
    ] {
        let error = mailer.send(&mail(bad, "x")).await.expect_err("no address");
        assert!(
            matches!(&error, MailError::Refused(text) if bad.len() < 3 || bad.starts_with('@') || !text.contains(bad)),
            "{error:?}"
        );
    }
    // A subject cannot smuggle in a header.
    mailer.send(&mail("ada@example.org", "x\r\nBcc: eve@example.org")).await.expect("it is sent");
    let text = std::fs::read_to_string(folder.path().join("letter-1.eml")).expect("a letter");
    assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
}

#[tokio::test]
async fn without_a_place_nothing_is_sent() {
    let mailer = Mailer::new(&MailOptions::default()).expect("off needs no sender");
    assert!(!mailer.is_on());
    assert!(matches!(mailer.send(&mail("ada@example.org", "x")).await, Err(MailError::Refused(_))));
}

#[tokio::test]
async fn nobody_there_is_a_failure_that_may_pass() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let place = SmtpPlace { host: "127.0.0.1".to_owned(), port, security: SmtpSecurity::Plain, login: None };
    let options = MailOptions {
        place: MailPlace::Smtp(place),
        from: "crates@example.org".to_owned(),
        subject_prefix: String::new(),
        step_time_max: Duration::from_secs(5),
    };
    let mailer = Mailer::new(&options).expect("good options");
    let error = mailer.send(&mail("ada@example.org", "x")).await.expect_err("nobody listens");
    assert!(matches!(error, MailError::Passing(_)), "{error:?}");
}

#[test]
fn a_bad_sender_is_told_at_the_start() {
    let place = MailPlace::Folder("/nowhere".into());
    let options = MailOptions { place, from: "nobody".to_owned(), ..MailOptions::default() };
    let error = Mailer::new(&options).expect_err("no address");
    assert!(error.contains("`nobody`"), "{error}");
}

#[test]
fn masks_keep_the_host_only() {
    assert_eq!(masked("ada@example.org"), "a…@example.org");
    assert_eq!(masked("ü@x"), "ü…@x");
    assert_eq!(masked("nonsense"), "n…@?");
}
