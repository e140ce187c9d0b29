//! Taking an upload in: the JSON into memory, the archive into a spool file.

use std::time::Duration;

use bytes::Bytes;
use cratekeep_blob::Spool;
use cratekeep_wire::{FrameDecoder, FrameError, FramePiece, PublishMetadata};
use futures::{Stream, StreamExt};
use tokio::time::Instant;

use crate::{App, AppError};

/// An upload on its way in. It must be complete before its deadline.
pub(super) struct Upload<'a, S> {
    app: &'a App,
    body: S,
    decoder: FrameDecoder,
    chunk: Bytes,
    deadline: Instant,
    /// The crate's own limit for the archive, where it has one.
    own_bytes_max: Option<u64>,
}

impl<'a, S, E> Upload<'a, S>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: Send,
{
    pub(super) fn begin(app: &'a App, body: S) -> Self {
        Self {
            app,
            body,
            decoder: FrameDecoder::new(app.options.frame),
            chunk: Bytes::new(),
            deadline: Instant::now() + Duration::from_secs(app.options.upload_secs_max),
            own_bytes_max: None,
        }
    }

    /// The JSON block.
    pub(super) async fn metadata(&mut self) -> Result<Box<PublishMetadata>, AppError> {
        match self.piece().await? {
            Some(FramePiece::Metadata(metadata)) => Ok(metadata),
            Some(FramePiece::Archive(_)) => {
                Err(AppError::Internal("a frame began with its archive".to_owned()))
            }
            None => Err(self.ended_early()),
        }
    }

    /// The archive, in a file of its own. Nothing may follow it. `own_bytes_max` is the crate's own limit.
    pub(super) async fn spool(mut self, own_bytes_max: Option<u64>) -> Result<Spool, AppError> {
        self.own_bytes_max = own_bytes_max;
        if let Some(max) = own_bytes_max {
            self.decoder.set_archive_bytes_max(u32::try_from(max).unwrap_or(u32::MAX));
        }
        let mut writer = self.app.blobs.spool().await?;
        while let Some(piece) = self.piece().await? {
            match piece {
                FramePiece::Archive(bytes) => writer.write(bytes).await?,
                FramePiece::Metadata(_) => {
                    return Err(AppError::Internal("a frame has two JSON blocks".to_owned()));
                }
            }
        }
        self.decoder.finish().map_err(|error| refused(error, None))?;
        Ok(writer.finish().await?)
    }

    /// The next piece of the frame; nothing at the end of the body.
    async fn piece(&mut self) -> Result<Option<FramePiece>, AppError> {
        loop {
            if let Some(piece) =
                self.decoder.push(&mut self.chunk).map_err(|error| refused(error, self.own_bytes_max))?
            {
                return Ok(Some(piece));
            }
            match tokio::time::timeout_at(self.deadline, self.body.next()).await {
                Ok(Some(Ok(chunk))) => self.chunk = chunk,
                Ok(Some(Err(_))) => {
                    return Err(AppError::invalid("the upload broke off before it was complete"));
                }
                Ok(None) => return Ok(None),
                Err(_) => {
                    let secs = self.app.options.upload_secs_max;
                    return Err(AppError::invalid(format!(
                        "the upload took longer than {secs} seconds (setting `limits.upload_secs_max`)"
                    )));
                }
            }
        }
    }

    fn ended_early(&mut self) -> AppError {
        let decoder = std::mem::replace(&mut self.decoder, FrameDecoder::new(self.app.options.frame));
        decoder
            .finish()
            .err()
            .map_or_else(|| AppError::invalid("the body is empty"), |error| refused(error, None))
    }
}

fn refused(error: FrameError, own_bytes_max: Option<u64>) -> AppError {
    let setting = match &error {
        FrameError::JsonTooLarge { .. } => "limits.json_bytes_max",
        FrameError::ArchiveTooLarge { .. } if own_bytes_max.is_some() => {
            return AppError::TooLarge(format!(
                "{error}; an administrator set this limit for this crate (`admin crate set --upload-bytes`), ask for more"
            ));
        }
        FrameError::ArchiveTooLarge { .. } => "limits.archive_bytes_max",
        _ => return AppError::invalid(error.to_string()),
    };
    AppError::TooLarge(format!("{error}; the operator can raise the setting `{setting}`"))
}
