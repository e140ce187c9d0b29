//! A connection on which a test writes and reads bytes itself: broken requests, `Expect`, `Upgrade`, pipelining.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long a read waits for the other side.
const READ_DEADLINE: Duration = Duration::from_secs(30);
/// The most a head or a body may have in a test.
const BYTES_MAX: u64 = 64 << 20;

/// A TCP connection that speaks no protocol by itself.
#[derive(Debug)]
pub struct RawConnection {
    writer: TcpStream,
    reader: BufReader<TcpStream>,
}

/// An HTTP/1.1 answer as it came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawReply {
    /// The number in the status line.
    pub status: u16,
    /// Status line and headers, each with its line end.
    pub head: String,
    /// The body, as long as `content-length` says; chunked bodies are put together.
    pub body: Vec<u8>,
}

impl RawConnection {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// Nobody listens there.
    #[expect(clippy::disallowed_methods, reason = "a test is a client")]
    pub fn open(address: &str) -> Result<Self> {
        let writer =
            TcpStream::connect(address).with_context(|| format!("could not connect to {address}"))?;
        writer.set_read_timeout(Some(READ_DEADLINE)).context("could not set a deadline for reads")?;
        writer.set_nodelay(true).context("could not switch off delayed sending")?;
        let reader = BufReader::new(writer.try_clone().context("could not share the connection")?);
        Ok(Self { writer, reader })
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// The other side has closed the connection.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.writer.write_all(bytes.as_ref()).context("could not send")
    }

    /// Sends a whole request and reads its answer; the connection can be used again. `Host` and `Content-Length` are
    /// added to `headers`.
    ///
    /// # Errors
    /// The connection broke before the answer was complete.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<RawReply> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        self.send([head.as_bytes(), body].concat())?;
        loop {
            let reply = self.read_reply()?;
            if reply.status >= 200 {
                return Ok(reply);
            }
        }
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn finish_sending(&mut self) -> Result<()> {
        self.writer.shutdown(std::net::Shutdown::Write).context("could not close the sending half")
    }

    /// Reads one answer. An informational one (1xx) counts as one; answers to HEAD must be read with
    /// [`RawConnection::read_head`].
    ///
    /// # Errors
    /// The connection ended or stayed silent for 30 s before the answer was complete.
    pub fn read_reply(&mut self) -> Result<RawReply> {
        let (status, head) = self.read_head()?;
        let bodiless = status < 200 || status == 204 || status == 304;
        let body = match header(&head, "transfer-encoding") {
            _ if bodiless => Vec::new(),
            Some("chunked") => self.read_chunks()?,
            _ => match header(&head, "content-length") {
                Some(length) => self.read_exactly(length.parse().context("a bad content-length")?)?,
                None => self.read_to_end()?,
            },
        };
        Ok(RawReply { status, head, body })
    }

    /// Reads status line and headers, and nothing after them.
    ///
    /// # Errors
    /// As [`RawConnection::read_reply`].
    pub fn read_head(&mut self) -> Result<(u16, String)> {
        let mut head = String::new();
        loop {
            let line = self.read_line()?;
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Ok((status.with_context(|| format!("no status line: {head:?}"))?, head))
    }

    /// Reads until the other side closes the connection.
    ///
    /// # Errors
    /// It stayed silent for 30 s, or reset the connection.
    pub fn read_to_end(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader.by_ref().take(BYTES_MAX).read_to_end(&mut bytes).context("the answer broke off")?;
        Ok(bytes)
    }

    fn read_line(&mut self) -> Result<String> {
        let mut line = String::new();
        let count = self.reader.by_ref().take(BYTES_MAX).read_line(&mut line).context("no line came")?;
        if count == 0 {
            bail!("the connection ended where a line was expected");
        }
        Ok(line)
    }

    fn read_exactly(&mut self, length: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader.by_ref().take(length).read_to_end(&mut bytes).context("the body broke off")?;
        if bytes.len() as u64 != length {
            bail!("the body has {} bytes, its head says {length}", bytes.len());
        }
        Ok(bytes)
    }

    fn read_chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.read_line()?;
            let length = u64::from_str_radix(line.trim_end(), 16)
                .with_context(|| format!("{line:?} is no length of a chunk"))?;
            body.extend(self.read_exactly(length)?);
            self.read_line()?;
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

impl RawReply {
    /// A header's text, the name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The body as text; bytes that are no UTF-8 are shown as such.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one connection with `answer` and closes it.
    fn serve(answer: &'static [u8]) -> RawConnection {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("the test connects");
            stream.write_all(answer).expect("the test reads");
        });
        RawConnection::open(&address).expect("somebody listens")
    }

    #[test]
    fn answers_are_read_one_by_one() {
        let mut connection = serve(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc\
              HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n\
              HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\ncontent-length: 9\r\n\r\nHTTP/1.1 500 No\r\n\r\nrest",
        );
        let mut next = || connection.read_reply().expect("an answer");
        assert_eq!(next().status, 100);
        assert_eq!(next().body, b"abc");
        assert_eq!(next().body, b"def");
        let unchanged = next();
        assert_eq!(
            (unchanged.status, unchanged.header("etag"), unchanged.body.len()),
            (304, Some("\"x\""), 0)
        );
        assert_eq!(next().body, b"rest");
    }

    #[test]
    fn a_request_skips_what_comes_before_its_answer() {
        let mut connection =
            serve(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok");
        let reply = connection.request("PUT", "/x", &[("Authorization", "t")], b"body").expect("an answer");
        assert_eq!((reply.status, reply.text().as_str()), (201, "ok"));
    }

    #[test]
    fn a_short_body_is_an_error() {
        let mut connection = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
        let error = connection.read_reply().expect_err("six bytes are missing");
        assert_eq!(error.to_string(), "the body has 3 bytes, its head says 9");
    }
}
