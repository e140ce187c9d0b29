//! Mail: one letter to one address, over SMTP or into a folder.
//!
//! When to send, to whom and what is the business of the use cases. Here a failure is told apart by whether it is worth
//! trying again.

mod address;
mod folder;
mod smtp;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cratekeep_types::{Secret, Timestamp};
use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use thiserror::Error;

pub use address::{check_address, masked};

/// Where letters go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MailPlace {
    /// Nowhere: this server sends no mail.
    #[default]
    Off,
    /// Each as a file `*.eml` into a folder.
    Folder(PathBuf),
    /// To a mail server.
    Smtp(SmtpPlace),
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpPlace {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// User name and password, if it wants them.
    pub login: Option<(String, Secret<String>)>,
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte.
    Tls,
    /// TLS after `STARTTLS`; a server that does not offer it gets nothing.
    StartTls,
    /// None at all.
    Plain,
}

/// How letters are sent.
#[derive(Clone, Debug, Default)]
pub struct MailOptions {
    /// Where they go.
    pub place: MailPlace,
    /// The sender, as `Name <name@host>` or `name@host`.
    pub from: String,
    /// What stands before each subject.
    pub subject_prefix: String,
    /// Longest time for one step of the conversation with the mail server.
    pub step_time_max: Duration,
}

/// A letter, ready to be sent.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    /// The address.
    pub to: &'a str,
    /// The subject without the prefix.
    pub subject: &'a str,
    /// The body.
    pub text: &'a str,
    /// The same for each try to send the same letter, and of no other: whoever gets it twice can tell.
    pub key: &'a str,
    /// The date it carries.
    pub at: Timestamp,
}

/// Why a letter was not sent. Texts name no whole address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MailError {
    /// It will never be sent as it is: the address is no good, or the mail server says no for good.
    #[error("{0}")]
    Refused(String),
    /// It may work later.
    #[error("{0}")]
    Passing(String),
}

/// Sends letters. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Mailer(Option<Arc<Ready>>);

#[derive(Debug)]
struct Ready {
    from: Mailbox,
    subject_prefix: String,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Folder(PathBuf),
    Smtp(Box<smtp::Smtp>),
}

impl Mailer {
    /// Makes ready to send; no connection is opened yet.
    ///
    /// # Errors
    /// A sentence when the sender is no address, or the system has no certificates to check a mail server with.
    pub fn new(options: &MailOptions) -> Result<Self, String> {
        let way = match &options.place {
            MailPlace::Off => return Ok(Self(None)),
            MailPlace::Folder(folder) => Way::Folder(folder.clone()),
            MailPlace::Smtp(place) => Way::Smtp(Box::new(smtp::Smtp::new(place, options.step_time_max)?)),
        };
        let from = options.from.parse().map_err(|error| {
            format!("the sender of mail `{}` is no address of the form `name@host`: {error}", options.from)
        })?;
        Ok(Self(Some(Arc::new(Ready { from, subject_prefix: options.subject_prefix.clone(), way }))))
    }

    /// Whether letters are sent at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Sends one letter. The same letter may be sent twice; its `key` says so.
    ///
    /// # Errors
    /// [`MailError`], by whether it is worth trying again.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let Some(ready) = &self.0 else {
            return Err(MailError::Refused("this server sends no mail: `mail.url` is `off`".to_owned()));
        };
        let message = ready.message(mail)?;
        let sent = match &ready.way {
            Way::Folder(folder) => folder::keep(folder, mail.key, &message.formatted()).await,
            Way::Smtp(smtp) => smtp.send(message).await,
        };
        sent.map_err(|error| error.without(mail.to))
    }
}

impl Ready {
    fn message(&self, mail: &Mail<'_>) -> Result<Message, MailError> {
        let refused = |what: String| {
            MailError::Refused(format!("no letter can be made for {}: {what}", masked(mail.to)))
        };
        check_address(mail.to).map_err(|_| refused("the address is no good".to_owned()))?;
        let to = mail.to.parse().map_err(|_| refused("the address is no good".to_owned()))?;
        let since = Duration::from_micros(u64::try_from(mail.at.0).unwrap_or(0));
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(format!("{} {}", self.subject_prefix, mail.subject).trim())
            .date(std::time::UNIX_EPOCH + since)
            .message_id(Some(format!("<{}@{domain}>", mail.key)))
            .header(ContentType::TEXT_PLAIN)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(mail.text.to_owned())
            .map_err(|error| refused(error.to_string()))
    }
}

impl MailError {
    /// The same without the address of the receiver, which mail servers like to repeat.
    fn without(self, address: &str) -> Self {
        let clean = |text: String| text.replace(address, &masked(address));
        match self {
            Self::Refused(text) => Self::Refused(clean(text)),
            Self::Passing(text) => Self::Passing(clean(text)),
        }
    }
}

#[cfg(test)]
mod tests;
