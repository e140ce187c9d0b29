//! What the guard lets through and what not, in every spelling of an address.

use super::resolver::check_all;
use super::*;

/// Every way to write a place inside that we know of.
const INSIDE: &[&str] = &[
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://127。0。0。1/",
    "http://127．0．0．1/",
    "http://127｡0｡0｡1/",
    "http://１２７.0.0.1/",
    "http://①②⑦.0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://100.64.0.1/",
    "http://100.127.255.254/",
    "http://169.254.169.254/latest/meta-data/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.0.0.1/",
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://192.168.0.1/",
    "http://198.18.0.1/",
    "http://198.19.255.255/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://239.255.255.255/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:10.1.2.3]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[64:ff9b:1::1]/",
    "http://[100::1]/",
    "http://[2001::1]/",
    "http://[2001:db8::1]/",
    "http://[2002:7f00:1::]/",
    "http://[3fff::1]/",
    "http://[5f00::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
];

#[test]
fn no_spelling_of_a_place_inside_passes() {
    for text in INSIDE {
        let refused = check(text, false).expect_err(text);
        assert!(matches!(refused, Refused::Inside { .. }), "{text}: {refused}");
        assert!(check(text, true).is_ok(), "{text} with allow_private");
    }
}

#[test]
fn places_outside_pass() {
    let outside = [
        "https://example.org/",
        "http://example.org:8080/a?b",
        "https://1.1.1.1/",
        "https://100.63.255.255/",
        "https://100.128.0.0/",
        "https://172.15.255.255/",
        "https://172.32.0.0/",
        "https://198.17.255.255/",
        "https://[2606:4700::1111]/",
        "https://[2001:4860:4860::8888]/",
        "https://[::ffff:1.1.1.1]/",
        "https://[64:ff9b::1.1.1.1]/",
    ];
    for text in outside {
        check(text, false).expect(text);
    }
}

#[test]
fn what_is_no_place_is_refused_in_every_setting() {
    let cases = [
        ("ftp://example.org/", "neither an https nor an http"),
        ("file:///etc/passwd", "neither an https nor an http"),
        ("gopher://example.org/", "neither an https nor an http"),
        ("data:text/plain,x", "neither an https nor an http"),
        ("https://user@example.org/", "user name"),
        ("https://user:word@example.org/", "user name"),
        ("https://example.org@127.0.0.1/", "user name"),
        ("https://", "no URL"),
        ("example.org", "no URL"),
        ("/local/path", "no URL"),
        ("", "no URL"),
        ("http://256.256.256.256/", "no URL"),
        ("http://1.2.3.4.5/", "no URL"),
        ("http://[::1/", "no URL"),
        ("http://exa mple.org/", "no URL"),
    ];
    for (text, said) in cases {
        for allow_private in [false, true] {
            let refused = check(text, allow_private).expect_err(text).to_string();
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }
}

#[test]
fn one_address_inside_refuses_the_whole_name() {
    let outside = "1.1.1.1:0".parse().expect("an address");
    let inside = "10.0.0.1:0".parse().expect("an address");
    assert_eq!(check_all("h", &[outside], false), Ok(()));
    let refused = check_all("h", &[outside, inside], false).expect_err("one is inside").to_string();
    assert!(refused.contains("`h`") && refused.contains("10.0.0.1"), "{refused}");
    assert_eq!(check_all("h", &[outside, inside], true), Ok(()));
}

#[test]
fn errors_repeat_little_of_a_foreign_text() {
    let long = format!("x\u{1b}[31m{}", "y".repeat(1_000));
    let said = check(&long, false).expect_err("no URL").to_string();
    assert!(said.chars().count() < 120 && !said.contains('\u{1b}'), "{said}");
}
