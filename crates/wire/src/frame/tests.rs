//! Bodies whole and broken, in every way of being cut into chunks.

use proptest::prelude::*;

use super::*;

const LIMITS: FrameLimits = FrameLimits { json_bytes_max: 64, archive_bytes_max: 32 };
const JSON: &[u8] = br#"{"name":"a","vers":"1.0.0"}"#;

/// What came out of a decoder, and how it ended.
fn decode(body: &[u8], chunk_bytes: usize) -> (Option<PublishMetadata>, Vec<u8>, Result<(), FrameError>) {
    let mut decoder = FrameDecoder::new(LIMITS);
    let (mut metadata, mut archive) = (None, Vec::new());
    for chunk in body.chunks(chunk_bytes) {
        let mut chunk = Bytes::copy_from_slice(chunk);
        loop {
            match decoder.push(&mut chunk) {
                Ok(None) => break,
                Ok(Some(FramePiece::Metadata(read))) => {
                    assert!(
                        metadata.replace(read).is_none() && archive.is_empty(),
                        "metadata comes first and once"
                    );
                }
                Ok(Some(FramePiece::Archive(bytes))) => {
                    assert!(!bytes.is_empty());
                    archive.extend_from_slice(&bytes);
                }
                Err(error) => return (metadata.map(|m| *m), archive, Err(error)),
            }
        }
        assert!(chunk.is_empty(), "a chunk is always used up");
    }
    (metadata.map(|m| *m), archive, decoder.finish())
}

fn ending(body: &[u8]) -> Result<(), FrameError> {
    decode(body, body.len().max(1)).2
}

#[test]
fn a_whole_body_comes_apart() {
    let body = encode_frame(JSON, b"crate");
    for chunk_bytes in 1..=body.len() {
        let (metadata, archive, end) = decode(&body, chunk_bytes);
        assert_eq!(metadata.map(|m| m.name).as_deref(), Some("a"), "chunks of {chunk_bytes}");
        assert_eq!((archive.as_slice(), end), (&b"crate"[..], Ok(())), "chunks of {chunk_bytes}");
    }
}

#[test]
fn an_empty_archive_is_a_whole_body() {
    assert_eq!(ending(&encode_frame(JSON, b"")), Ok(()));
}

#[test]
fn every_cut_is_noticed() {
    let body = encode_frame(JSON, b"crate");
    for length in 0..body.len() {
        let end = ending(&body[..length]);
        assert!(
            matches!(end, Err(FrameError::Truncated { .. } | FrameError::TruncatedLength { .. })),
            "{length}: {end:?}"
        );
    }
    assert_eq!(ending(b""), Err(FrameError::TruncatedLength { block: Block::Metadata, have: 0 }));
    let cut = Err(FrameError::Truncated { block: Block::Archive, have: 3, need: 5 });
    assert_eq!(ending(&body[..body.len() - 2]), cut);
}

#[test]
fn limits_hold_to_the_byte() {
    let mut json = JSON.to_vec();
    json.resize(64, b' ');
    assert_eq!(ending(&encode_frame(&json, &[0; 32])), Ok(()));
    assert_eq!(ending(&encode_frame(&json, &[0; 33])), Err(FrameError::ArchiveTooLarge { len: 33, max: 32 }));
    json.push(b' ');
    assert_eq!(ending(&encode_frame(&json, b"")), Err(FrameError::JsonTooLarge { len: 65, max: 64 }));
}

#[test]
fn a_lying_length_is_refused_before_its_bytes_come() {
    let huge = u32::MAX.to_le_bytes();
    assert_eq!(ending(&huge), Err(FrameError::JsonTooLarge { len: u32::MAX, max: 64 }));
    let mut body = encode_frame(JSON, b"");
    body.truncate(body.len() - 4);
    body.extend_from_slice(&huge);
    assert_eq!(ending(&body), Err(FrameError::ArchiveTooLarge { len: u32::MAX, max: 32 }));
}

#[test]
fn nothing_may_follow() {
    let mut body = encode_frame(JSON, b"crate");
    body.push(0);
    assert_eq!(ending(&body), Err(FrameError::Trailing { extra: 1 }));
}

#[test]
fn json_is_read_strictly() {
    assert_eq!(ending(&encode_frame(b"{\"name\":\"\xff\"}", b"")), Err(FrameError::NotUtf8 { at: 9 }));
    for bad in [&b""[..], b"{", b"[]", b"null", b"{\"name\":\"a\"}", b"{\"name\":\"a\",\"vers\":\"1\"}x"] {
        assert!(matches!(ending(&encode_frame(bad, b"")), Err(FrameError::BadJson(_))), "{bad:?}");
    }
    let twice = br#"{"name":"a","name":"b","vers":"1.0.0"}"#;
    let said = ending(&encode_frame(twice, b"")).expect_err("two names are one too many");
    insta::assert_snapshot!(said, @"invalid upload request: duplicate field `name` at line 1 column 18");
}

#[test]
fn errors_say_what_was_wrong() {
    insta::assert_snapshot!(
        [
            FrameError::JsonTooLarge { len: 65, max: 64 },
            FrameError::ArchiveTooLarge { len: 33, max: 32 },
            FrameError::TruncatedLength { block: Block::Archive, have: 2 },
            FrameError::Truncated { block: Block::Metadata, have: 3, need: 5 },
            FrameError::Trailing { extra: 7 },
            FrameError::NotUtf8 { at: 9 },
        ]
        .map(|error| format!("{} {error}", if error.is_too_large() { 413 } else { 400 }))
        .join("\n"),
        @r"
    413 JSON metadata blob too large: it has 65 bytes, the limit is 64
    413 max upload size is: 32 bytes, but this crate has 33
    400 invalid tarball length: the body ended after 2 of its 4 bytes
    400 invalid metadata length for remaining payload: 5 bytes were announced, 3 came
    400 the body has at least 7 bytes after the tarball; send nothing after it
    400 invalid upload request: the metadata is not UTF-8 (byte 9)
    "
    );
}

proptest! {
    #[test]
    fn any_body_comes_back(archive in prop::collection::vec(any::<u8>(), 0..32), chunk_bytes in 1_usize..80) {
        let (metadata, read, end) = decode(&encode_frame(JSON, &archive), chunk_bytes);
        prop_assert!(metadata.is_some());
        prop_assert_eq!(read, archive);
        prop_assert_eq!(end, Ok(()));
    }

    #[test]
    fn chunks_make_no_difference(body in prop::collection::vec(any::<u8>(), 0..90), chunk_bytes in 1_usize..90) {
        let (whole, cut) = (decode(&body, 90), decode(&body, chunk_bytes));
        prop_assert_eq!(whole.0, cut.0);
        prop_assert_eq!(whole.1, cut.1);
        match (whole.2, cut.2) {
            (Err(FrameError::Trailing { .. }), Err(FrameError::Trailing { .. })) => {}
            (whole, cut) => prop_assert_eq!(whole, cut),
        }
    }
}
