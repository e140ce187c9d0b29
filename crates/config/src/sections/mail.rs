//! `[mail]`: where letters go, and who they come from.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use cratekeep_types::Secret;
use url::Url;

use crate::kinds::{Choice, Optional, SecretText, Span, Text, any_text};
use crate::table::{Reader, section};

/// The port at which mail servers take letters over TLS.
const PORT_TLS: u16 = 465;
/// The port at which they take them from programs and people.
const PORT_SUBMISSION: u16 = 587;

/// Where letters go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailUrl {
    /// Nowhere.
    Off,
    /// Into a folder, each as a file.
    Folder(PathBuf),
    /// To a mail server.
    Smtp {
        /// Its name or address.
        host: String,
        /// Its port.
        port: u16,
        /// Whether TLS starts with the first byte.
        tls: bool,
    },
}

impl FromStr for MailUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        if let Some(path) = text.strip_prefix("file://") {
            if !path.starts_with('/') {
                return Err("the path of the folder must start with a slash".to_owned());
            }
            return Ok(Self::Folder(PathBuf::from(path)));
        }
        let url = Url::parse(text).map_err(|error| format!("this is no URL: {error}"))?;
        let tls = match url.scheme() {
            "smtps" => true,
            "smtp" => false,
            other => return Err(format!("the scheme is `{other}`")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("user and password belong into mail.user and mail.password".to_owned());
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("nothing belongs behind the host and the port".to_owned());
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("the host is missing")?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port().unwrap_or(if tls { PORT_TLS } else { PORT_SUBMISSION });
        Ok(Self::Smtp { host, port, tls })
    }
}

/// Whether a connection that begins without TLS must turn to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTls {
    /// It must: a server that does not offer it gets no letter.
    Required,
    /// It stays without.
    Never,
}

impl FromStr for StartTls {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "required" => Ok(Self::Required),
            "never" => Ok(Self::Never),
            _ => Err("this is none of the words allowed".to_owned()),
        }
    }
}

section! {
    /// Mail: confirmations, invitations, notices. Without it everything works, only nobody is told by mail.
    shown struct Mail in "mail" {
        /// `smtp://HOST:PORT` (587 unless named) turns to TLS by STARTTLS, `smtps://HOST:PORT` (465) begins with it,
        /// `file:///FOLDER` writes each letter into a file, `off` sends none.
        url: MailUrl = Choice {
            default: "off",
            allowed: "off, smtp://HOST:PORT, smtps://HOST:PORT or file:///FOLDER",
            of: PhantomData,
        },
        /// For `smtp://`: whether the connection must turn to TLS. `never` is for a mail server on this machine.
        starttls: StartTls = Choice { default: "required", allowed: "required, never", of: PhantomData },
        /// The user name at the mail server, if it wants one.
        user: Option<String> =
            Optional(Text { default: "cratekeep", allowed: "a user name", check: any_text }),
        /// The password that belongs to it.
        password: Option<Secret<String>> =
            Optional(SecretText { default: "hunter2", allowed: "a password", check: any_text }),
        /// The sender of every letter.
        from: Option<String> = Optional(Text {
            default: "Crates <crates@example.org>",
            allowed: "name@host or Name <name@host>",
            check: any_text,
        }),
        /// What the subject of every letter begins with.
        subject_prefix: String =
            Text { default: "[cratekeep]", allowed: "a short text", check: any_text },
        /// How long the mail server may take for one step of the conversation.
        step_secs_max: Duration = Span { default: "20s", min_secs: 1, max_secs: 600 },
    }
}

impl Mail {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        let mail = Self::read(reader)?;
        if mail.url != MailUrl::Off && mail.from.is_none() {
            reader.conflict("mail.url is set and mail.from is not: every letter needs a sender".to_owned());
        }
        if mail.user.is_some() != mail.password.is_some() {
            reader.conflict("mail.user and mail.password belong together; one of them is not set".to_owned());
        }
        Some(mail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_mail_servers_parse() {
        let smtp = |host: &str, port, tls| Ok(MailUrl::Smtp { host: host.to_owned(), port, tls });
        for (text, expected) in [
            ("off", Ok(MailUrl::Off)),
            ("file:///var/mail", Ok(MailUrl::Folder("/var/mail".into()))),
            ("smtp://mail.example.org", smtp("mail.example.org", 587, false)),
            ("smtp://mail.example.org:25/", smtp("mail.example.org", 25, false)),
            ("smtps://mail.example.org", smtp("mail.example.org", 465, true)),
            ("smtps://[::1]:2465", smtp("::1", 2465, true)),
        ] {
            assert_eq!(text.parse::<MailUrl>(), expected, "{text}");
        }
        for bad in [
            "on",
            "file://relative",
            "http://mail.example.org",
            "smtp://",
            "smtp://user:secret@mail.example.org",
            "smtp://mail.example.org/path",
            "smtp://mail.example.org?tls=no",
            "mail.example.org:25",
        ] {
            assert!(bad.parse::<MailUrl>().is_err(), "{bad}");
        }
    }
}
