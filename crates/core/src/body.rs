//! What a put reads: bytes, a file, a reader or a stream, cut into full chunks.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::stream::{BoxStream, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::file::FileReader;
use crate::{Error, Result};

/// The bytes of an object to be put.
///
/// Bytes and text convert by themselves; [`file`](Self::file), [`reader`](Self::reader) and [`stream`](Self::stream)
/// make one of anything else. Chunks are always full but the last, whatever sizes a reader or stream gives.
pub struct Body(Source);

enum Source {
    Bytes(Bytes),
    File(PathBuf),
    Reader(Pin<Box<dyn AsyncRead + Send>>),
    Stream(BoxStream<'static, io::Result<Bytes>>),
}

impl Body {
    /// The contents of a file, read when it is put.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self(Source::File(path.as_ref().to_owned()))
    }

    /// Everything that a reader gives until its end. An error of the reader fails the put, and nothing is stored.
    pub fn reader(reader: impl AsyncRead + Send + 'static) -> Self {
        Self(Source::Reader(Box::pin(reader)))
    }

    /// Everything that a stream gives until its end. An error in it fails the put, and nothing is stored.
    pub fn stream(stream: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self(Source::Stream(stream.boxed()))
    }

    /// The same bytes once more, if they can be had again.
    pub(crate) fn again(&self) -> Option<Self> {
        match &self.0 {
            Source::Bytes(bytes) => Some(Self(Source::Bytes(bytes.clone()))),
            // A pipe gives its bytes only once.
            Source::File(path) if path.is_file() => Some(Self(Source::File(path.clone()))),
            Source::File(_) | Source::Reader(_) | Source::Stream(_) => None,
        }
    }

    /// Begins to read the body in chunks of this size.
    pub(crate) async fn chunks(self, chunk_size: usize) -> Result<Chunks> {
        let mut size = None;
        let source = match self.0 {
            Source::Bytes(bytes) => {
                size = Some(bytes.len() as u64);
                ChunkSource::Bytes(bytes)
            }
            Source::File(path) => {
                let what = format!("file {}", path.display());
                let opened = FileReader::open(path, chunk_size).await;
                let file = opened.map_err(|error| Error::io(what.as_str(), &error))?;
                size = file.length();
                ChunkSource::File(file, what)
            }
            Source::Reader(reader) => ChunkSource::Reader(reader),
            Source::Stream(stream) => {
                ChunkSource::Pieces { stream, rest: BytesMut::new(), piece: Bytes::new() }
            }
        };
        Ok(Chunks { source, chunk_size, size })
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Bytes(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Source::File(path) => write!(f, "Body({})", path.display()),
            Source::Reader(_) => f.write_str("Body(reader)"),
            Source::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

macro_rules! bodies_of_bytes {
    ($($bytes:ty),*) => {
        $(impl From<$bytes> for Body {
            fn from(bytes: $bytes) -> Self {
                Self(Source::Bytes(bytes.into()))
            }
        })*
    };
}

bodies_of_bytes!(Bytes, Vec<u8>, Box<[u8]>, String, &'static [u8], &'static str);

/// A body, chunk by chunk.
pub(crate) struct Chunks {
    source: ChunkSource,
    chunk_size: usize,
    size: Option<u64>,
}

enum ChunkSource {
    Bytes(Bytes),
    /// A file, and what to call it in an error.
    File(FileReader, String),
    Reader(Pin<Box<dyn AsyncRead + Send>>),
    /// Pieces of any size: what is left of the last one, and what is gathered of a chunk.
    Pieces {
        stream: BoxStream<'static, io::Result<Bytes>>,
        rest: BytesMut,
        piece: Bytes,
    },
}

impl Chunks {
    /// The size of the body in bytes, if it is known. A file may change while it is read.
    pub(crate) fn size_hint(&self) -> Option<u64> {
        self.size
    }

    /// The next chunk: full, but for the last one; never empty.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        let chunk = match &mut self.source {
            ChunkSource::Bytes(bytes) => Ok(bytes.split_to(self.chunk_size.min(bytes.len()))),
            ChunkSource::File(file, what) => {
                file.next().await.map_err(|error| Error::io(what.as_str(), &error).into())
            }
            ChunkSource::Reader(reader) => fill(reader, self.chunk_size).await,
            ChunkSource::Pieces { stream, rest, piece } => gather(stream, rest, piece, self.chunk_size).await,
        };
        let chunk = chunk.map_err(|error| match error.downcast::<Error>() {
            Ok(own) => own,
            Err(error) => Error::io("reading the body", &error),
        })?;
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

async fn fill(reader: &mut Pin<Box<dyn AsyncRead + Send>>, chunk_size: usize) -> io::Result<Bytes> {
    let mut chunk = BytesMut::with_capacity(chunk_size);
    while chunk.len() < chunk_size {
        let room = chunk_size - chunk.len();
        if reader.as_mut().take(room as u64).read_buf(&mut chunk).await? == 0 {
            break;
        }
    }
    Ok(chunk.freeze())
}

async fn gather(
    stream: &mut BoxStream<'static, io::Result<Bytes>>,
    rest: &mut BytesMut,
    piece: &mut Bytes,
    chunk_size: usize,
) -> io::Result<Bytes> {
    loop {
        if rest.is_empty() && piece.len() >= chunk_size {
            return Ok(piece.split_to(chunk_size));
        }
        let taken = piece.len().min(chunk_size - rest.len());
        rest.extend_from_slice(&piece[..taken]);
        piece.advance(taken);
        if rest.len() == chunk_size {
            return Ok(rest.split().freeze());
        }
        match stream.next().await {
            Some(next) => *piece = next?,
            None => return Ok(rest.split().freeze()),
        }
    }
}
