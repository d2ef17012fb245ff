//! Bytes between an object and files that can't be opened twice: standard input and output, pipes, devices.

use std::fs::File;
use std::io::{self, Read, Write};
use std::thread;

use futures_util::{FutureExt, stream};
use jetblob::{Body, Error, Object};
use tokio::sync::{mpsc, oneshot};

use crate::exit::Failure;

/// How many bytes are read or written at once at least.
const PIECE: usize = 128 * 1024;
/// How many pieces wait at most.
const WAITING: usize = 8;

/// A body that a thread of its own reads, in pieces of full chunks: so nothing of it is copied again.
pub(crate) fn body(reader: impl Read + Send + 'static, chunk_size: usize) -> Body {
    let piece_size = (PIECE / chunk_size.max(1)).max(1) * chunk_size.max(1);
    let (sender, receiver) = mpsc::channel(WAITING);
    // Not a thread of the runtime: it may wait for a terminal for ever.
    thread::spawn(move || {
        let mut reader = reader;
        loop {
            let piece = read_piece(&mut reader, piece_size);
            let over = !matches!(&piece, Ok(piece) if piece.len() == piece_size);
            if sender.blocking_send(piece).is_err() || over {
                return;
            }
        }
    });
    Body::stream(stream::unfold(receiver, async |mut receiver| {
        let piece: io::Result<Vec<u8>> = receiver.recv().await?;
        Some((piece.map(Into::into), receiver))
    }))
}

fn read_piece(reader: &mut impl Read, size: usize) -> io::Result<Vec<u8>> {
    // No room is made for a size that may never come.
    let mut piece = Vec::with_capacity(size.min(8 * PIECE));
    reader.take(size as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

/// Why bytes didn't get from an object into a file.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The object failed.
    Object(Error),
    /// The file failed.
    File(io::Error),
}

impl Broken {
    /// The same as the failure of a command that wrote to standard output.
    pub(crate) fn on_stdout(self) -> Failure {
        match self {
            Self::Object(error) => error.into(),
            Self::File(error) => Failure::Stdout(error),
        }
    }

    /// The same as the failure of a command that wrote to a file.
    pub(crate) fn on_file(self, what: String) -> Failure {
        match self {
            Self::Object(error) => error.into(),
            Self::File(error) => Failure::io(what, error),
        }
    }
}

/// Writes all that is left of an object, and tells `progress` how many bytes came.
pub(crate) async fn write_to(file: File, object: &mut Object, progress: impl Fn(u64)) -> Result<(), Broken> {
    let (chunks, written) = writer(file);
    let mut received = 0;
    while let Some(chunk) = object.next().await.map_err(Broken::Object)? {
        received += chunk.len() as u64;
        if chunks.send(chunk).await.is_err() {
            break;
        }
        progress(received);
    }
    drop(chunks);
    written.await.map_err(Broken::File)
}

/// Writes what it is sent on a thread of its own, each piece at once, and tells how it went.
pub(crate) fn writer<B>(
    file: impl Write + Send + 'static,
) -> (mpsc::Sender<B>, impl Future<Output = io::Result<()>> + Unpin)
where
    B: AsRef<[u8]> + Send + 'static,
{
    let (sender, pieces) = mpsc::channel(WAITING);
    let (outcome, written) = oneshot::channel();
    // Not a thread of the runtime: a pipe that nobody reads may keep it for ever.
    thread::spawn(move || outcome.send(write_all(file, pieces)));
    let gone = |_| Err(io::Error::other("the thread that wrote it is gone"));
    (sender, written.map(move |written| written.unwrap_or_else(gone)))
}

fn write_all(mut file: impl Write, mut pieces: mpsc::Receiver<impl AsRef<[u8]>>) -> io::Result<()> {
    while let Some(piece) = pieces.blocking_recv() {
        file.write_all(piece.as_ref())?;
        file.flush()?;
    }
    Ok(())
}

/// Standard output without a buffer of its own: chunks are large.
pub(crate) fn stdout() -> io::Result<File> {
    #[cfg(unix)]
    let own = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let own = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
    Ok(File::from(own))
}
