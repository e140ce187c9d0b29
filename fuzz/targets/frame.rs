//! A publish body, in chunks of any size. An accepted body is exactly what its two blocks make, and how it was cut into
//! chunks makes no difference.
#![no_main]

use bytes::Bytes;
use cratekeep_wire::{FrameDecoder, FrameLimits, FramePiece, PublishMetadata, encode_frame};
use libfuzzer_sys::fuzz_target;

const LIMITS: FrameLimits = FrameLimits { json_bytes_max: 1 << 16, archive_bytes_max: 1 << 12 };

type Decoded = (Option<Box<PublishMetadata>>, Vec<u8>, bool);

fn decode(body: &[u8], chunk_bytes: usize) -> Decoded {
    let mut decoder = FrameDecoder::new(LIMITS);
    let (mut metadata, mut archive) = (None, Vec::new());
    for chunk in body.chunks(chunk_bytes) {
        let mut chunk = Bytes::copy_from_slice(chunk);
        loop {
            match decoder.push(&mut chunk) {
                Ok(None) => break,
                Ok(Some(FramePiece::Metadata(read))) => metadata = Some(read),
                Ok(Some(FramePiece::Archive(bytes))) => archive.extend_from_slice(&bytes),
                Err(_) => return (metadata, archive, false),
            }
        }
        assert!(chunk.is_empty());
    }
    (metadata, archive, decoder.finish().is_ok())
}

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let whole = decode(body, body.len().max(1));
    assert_eq!(whole, decode(body, usize::from(*first) + 1));
    if let (Some(metadata), archive, true) = whole {
        let json_bytes = u32::from_le_bytes(body[..4].try_into().expect("four bytes")) as usize;
        assert_eq!(encode_frame(&body[4..4 + json_bytes], &archive), body);
        let _ = metadata.identity();
        let again = serde_json::to_string(&metadata).expect("prints");
        assert_eq!(serde_json::from_str::<PublishMetadata>(&again).ok(), Some(*metadata));
    }
});
