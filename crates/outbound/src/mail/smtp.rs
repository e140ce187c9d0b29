//! The conversation with a mail server.

use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::{MailError, SmtpPlace, SmtpSecurity};

/// One mail server. Each letter has a connection of its own.
pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    place: String,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Smtp").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Smtp {
    pub(super) fn new(place: &SmtpPlace, step_time_max: Duration) -> Result<Self, String> {
        let parameters = || {
            TlsParameters::new_rustls(place.host.clone())
                .map_err(|error| format!("mail over TLS to {} cannot be made ready: {error}", place.host))
        };
        let tls = match place.security {
            SmtpSecurity::Tls => Tls::Wrapper(parameters()?),
            SmtpSecurity::StartTls => Tls::Required(parameters()?),
            SmtpSecurity::Plain => Tls::None,
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(place.host.as_str())
            .port(place.port)
            .tls(tls)
            .timeout(Some(step_time_max));
        let builder = match &place.login {
            None => builder,
            Some((user, password)) => {
                builder.credentials(Credentials::new(user.clone(), password.expose().clone()))
            }
        };
        Ok(Self { transport: builder.build(), place: format!("{}:{}", place.host, place.port) })
    }

    pub(super) async fn send(&self, message: Message) -> Result<(), MailError> {
        self.transport.send(message).await.map(drop).map_err(|error| {
            let text = format!("the mail server {} did not take the letter: {error}", self.place);
            // Only its own final word counts as one; whatever else goes wrong on the way may pass.
            if error.is_permanent() { MailError::Refused(text) } else { MailError::Passing(text) }
        })
    }
}
