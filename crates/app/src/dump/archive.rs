//! The files of a dump in one archive.

use bytes::Bytes;
use cratekeep_blob::{Spool, SpoolWriter};
use cratekeep_types::Timestamp;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};
use tokio::sync::mpsc;

use super::tables;
use crate::AppError;

/// Pieces of the archive that wait to be written.
const PIECES_AHEAD: usize = 8;
/// Bytes of a piece.
const PIECE_BYTES: usize = 64 << 10;

/// What a dump is of.
pub(super) struct About {
    pub(super) registry: String,
    pub(super) base_url: String,
    pub(super) at: Timestamp,
}

impl About {
    /// The folder that everything is in, as crates.io calls it: `2026-05-04-030201`.
    fn folder(&self) -> String {
        let text = self.at.to_seconds_text();
        text.trim_end_matches('Z').replace('T', "-").replace(':', "")
    }

    fn metadata(&self) -> String {
        let json = serde_json::json!({
            "timestamp": self.at.to_micros_text(),
            "crates_io_commit": format!("cratekeep {}", env!("CARGO_PKG_VERSION")),
            "registry": self.registry,
            "address": self.base_url,
        });
        format!("{json:#}\n")
    }
}

/// Packs texts and tables. Works piece by piece: the archive is made on a thread for such work, and written here.
pub(super) async fn pack(
    mut writer: SpoolWriter,
    about: About,
    files: Vec<(String, Spool)>,
) -> Result<Spool, AppError> {
    let (sender, mut pieces) = mpsc::channel::<Bytes>(PIECES_AHEAD);
    let packing =
        tokio::task::spawn_blocking(move || write_all(Pieces { sender, held: Vec::new() }, &about, &files));
    while let Some(piece) = pieces.recv().await {
        writer.write(piece).await?;
    }
    let packed =
        packing.await.map_err(|error| AppError::Internal(format!("a dump was not packed: {error}")))?;
    packed.map_err(|error| AppError::Unavailable(format!("a dump cannot be packed: {error}")))?;
    Ok(writer.finish().await?)
}

fn write_all(out: Pieces, about: &About, files: &[(String, Spool)]) -> io::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    let folder = about.folder();
    let texts = [
        ("README.md", include_str!("README.md").to_owned()),
        ("metadata.json", about.metadata()),
        ("schema.sql", tables::schema_sql()),
        ("import.sql", tables::import_sql()),
        ("export.sql", tables::export_sql()),
    ];
    for (name, text) in texts {
        let mut header = header(about.at, text.len() as u64);
        archive.append_data(&mut header, format!("{folder}/{name}"), text.as_bytes())?;
    }
    for (name, spool) in files {
        let mut header = header(about.at, spool.size());
        let file = spool.open().map_err(io::Error::other)?;
        archive.append_data(&mut header, format!("{folder}/{name}"), file)?;
    }
    archive.into_inner()?.finish()?.flush()
}

fn header(at: Timestamp, bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o644);
    header.set_mtime(u64::try_from(at.0 / 1_000_000).unwrap_or_default());
    header
}

/// Hands what is written on, piece by piece.
struct Pieces {
    sender: mpsc::Sender<Bytes>,
    held: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = Bytes::from(std::mem::take(&mut self.held));
        let given_up = |_| io::Error::other("nobody takes the dump any more");
        if piece.is_empty() { Ok(()) } else { self.sender.blocking_send(piece).map_err(given_up) }
    }
}
