//! Finds the heads in a stream of HTTP/1.1 messages, requests or answers. It judges nothing and keeps no bodies.

/// The head of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Request line or status line.
    pub(crate) first_line: String,
    /// Headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

/// What is known of a stream so far.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// Bytes of a head or of a line between chunks that is not complete yet.
    held: Vec<u8>,
    place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// In a head.
    #[default]
    Head,
    /// In a body, or in a chunk with its line end; then as many bytes are left, and what follows.
    Bytes(u64, Then),
    /// In the line that says how long the next chunk is.
    ChunkLine,
    /// In the lines behind the last chunk.
    Trailer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Head,
    ChunkLine,
}

impl Messages {
    /// Takes the next bytes of the stream and tells `on_head` every head that they complete.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut on_head: impl FnMut(Head)) {
        while !bytes.is_empty() {
            if let Place::Bytes(left, then) = self.place {
                let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                bytes = &bytes[taken..];
                self.place = match (left - taken as u64, then) {
                    (0, Then::Head) => Place::Head,
                    (0, Then::ChunkLine) => Place::ChunkLine,
                    (left, then) => Place::Bytes(left, then),
                };
                continue;
            }
            self.held.push(bytes[0]);
            bytes = &bytes[1..];
            let end: &[u8] = if self.place == Place::ChunkLine { b"\r\n" } else { b"\r\n\r\n" };
            let is_empty_trailer = self.place == Place::Trailer && self.held == b"\r\n";
            if self.held.ends_with(end) || is_empty_trailer {
                let text = String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned();
                self.place = self.after(&text, &mut on_head);
            }
        }
    }

    fn after(&self, text: &str, on_head: &mut impl FnMut(Head)) -> Place {
        match self.place {
            Place::ChunkLine => match u64::from_str_radix(text.trim(), 16) {
                Ok(0) | Err(_) => Place::Trailer,
                Ok(length) => Place::Bytes(length + 2, Then::ChunkLine),
            },
            Place::Head => {
                let head = Head::parse(text);
                let place = head.body();
                on_head(head);
                place
            }
            Place::Trailer | Place::Bytes(..) => Place::Head,
        }
    }
}

impl Head {
    fn parse(text: &str) -> Self {
        let mut lines = text.trim_start().lines();
        let first_line = lines.next().unwrap_or_default().to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self { first_line, headers }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What follows this head. A 304 may say how long the file is that it does not send.
    fn body(&self) -> Place {
        let status: u16 = self.first_line.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        let is_answer = self.first_line.starts_with("HTTP/");
        if is_answer && (status < 200 || status == 204 || status == 304) {
            return Place::Head;
        }
        if self.header("transfer-encoding") == Some("chunked") {
            return Place::ChunkLine;
        }
        match self.header("content-length").and_then(|length| length.parse().ok()) {
            Some(length) if length > 0 => Place::Bytes(length, Then::Head),
            _ => Place::Head,
        }
    }
}

#[test]
fn heads_are_found_wherever_the_stream_is_cut() {
    let stream = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\r\n\r\n\
        HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n\
        HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nX: y\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
    for size in 1..stream.len() {
        let (mut messages, mut found) = (Messages::default(), Vec::new());
        for piece in stream.chunks(size) {
            messages.feed(piece, |head| found.push(head));
        }
        let lines: Vec<_> = found.iter().map(|head| &head.first_line[9..12]).collect();
        assert_eq!(lines, ["100", "200", "200", "304", "404"], "in pieces of {size} bytes");
        assert_eq!(found[3].headers[1], ("x".to_owned(), "y".to_owned()));
    }
}
