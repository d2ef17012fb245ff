//! An object that is being read, held from another language.

use std::io::SeekFrom;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use tokio::io::AsyncSeekExt;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::protocol::ObjectInfo;
use crate::{Error, Object, Result};

/// Bytes that wait to be read, beside those that the engine has under way.
const WAITING: u64 = 1 << 20;

/// The size of a chunk where the record doesn't say it.
const ASSUMED_CHUNK: u64 = 128 << 10;

/// An [`Object`] that several may share. Positions count from the beginning of the range that was asked for.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> jetblob::Result<()> {
/// # let dir = tempfile::tempdir().unwrap();
/// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
/// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
/// # bucket.put_string("a", "0123456789").await?;
/// use jetblob::handle::Download;
///
/// let download = Download::new(bucket.get("a").await?);
/// assert_eq!(download.read(4).await?.unwrap(), "0123");
/// download.seek(8).await?;
/// assert_eq!(download.read(usize::MAX).await?.unwrap(), "89");
/// assert_eq!(download.read(1).await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Download {
    info: ObjectInfo,
    range: Range<u64>,
    is_verified_from_start: bool,
    is_verified: AtomicBool,
    position: AtomicU64,
    reading: Mutex<Reading>,
    closed: CancellationToken,
}

/// How the bytes come to the reader.
#[derive(Debug)]
struct Reading {
    /// What is left of the chunk that the reader is in.
    rest: Bytes,
    chunks: mpsc::Receiver<Result<Bytes>>,
    turns: mpsc::UnboundedSender<Turn>,
    failed: Option<Error>,
}

/// What else is to become of the transfer.
#[derive(Debug)]
enum Turn {
    /// Go on from this position, and put the chunks into this channel.
    To(u64, mpsc::Sender<Result<Bytes>>),
    /// Give the object back.
    Back(oneshot::Sender<Object>),
}

impl Download {
    /// Begins to read `object`.
    pub fn new(object: Object) -> Self {
        let (info, range, is_verified) = (object.info.clone(), object.range(), object.is_verified());
        let (sender, chunks) = mpsc::channel(waiting(&info));
        let (turns, turned) = mpsc::unbounded_channel();
        let closed = CancellationToken::new();
        tokio::spawn(closed.clone().run_until_cancelled_owned(feed(object, sender, turned)));
        let reading = Reading { rest: Bytes::new(), chunks, turns, failed: None };
        Self {
            info,
            range,
            is_verified_from_start: is_verified,
            is_verified: AtomicBool::new(is_verified),
            position: AtomicU64::new(0),
            reading: Mutex::new(reading),
            closed,
        }
    }

    /// What the store tells of the object that the bytes belong to.
    pub fn info(&self) -> &ObjectInfo {
        &self.info
    }

    /// The part of the object that this reads.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// Whether the bytes are verified before the last of them is handed out, see [`Object::is_verified`].
    pub fn is_verified(&self) -> bool {
        self.is_verified.load(Ordering::Relaxed)
    }

    /// The next bytes, without a copy: what is there, and no more than `max`; `None` at the end. Fails with `Closed`
    /// after, and as soon as, this is closed.
    ///
    /// May be dropped and called again: nothing is lost.
    pub async fn read(&self, max: usize) -> Result<Option<Bytes>> {
        let read = async {
            let mut reading = self.reading.lock().await;
            if reading.rest.is_empty() {
                if let Some(error) = &reading.failed {
                    return Err(error.clone());
                }
                match reading.chunks.recv().await {
                    Some(Ok(chunk)) => reading.rest = chunk,
                    Some(Err(error)) => {
                        reading.failed = Some(error.clone());
                        return Err(error);
                    }
                    None => return Ok(None),
                }
            }
            let size = max.min(reading.rest.len());
            self.position.fetch_add(size as u64, Ordering::Relaxed);
            Ok(Some(reading.rest.split_to(size)))
        };
        self.closed.run_until_cancelled(read).await.unwrap_or_else(|| Err(closed()))
    }

    /// The position of the next byte that is read.
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Goes on at this position; beyond the end there is nothing to read. Inside the chunk at hand nothing is fetched
    /// again.
    pub async fn seek(&self, position: u64) -> Result<()> {
        let mut reading = self.reading.lock().await;
        if self.closed.is_cancelled() {
            return Err(closed());
        }
        let ahead = position.checked_sub(self.position()).and_then(|ahead| usize::try_from(ahead).ok());
        if let Some(ahead) = ahead.filter(|ahead| *ahead <= reading.rest.len()) {
            let _ = reading.rest.split_to(ahead);
        } else {
            let (sender, chunks) = mpsc::channel(waiting(&self.info));
            reading.turns.send(Turn::To(position, sender)).map_err(|_| closed())?;
            (reading.chunks, reading.rest, reading.failed) = (chunks, Bytes::new(), None);
            self.is_verified.store(self.is_verified_from_start && position == 0, Ordering::Relaxed);
        }
        self.position.store(position, Ordering::Relaxed);
        Ok(())
    }

    /// Gives the object back, to go on at the position where this was; this is closed then.
    pub async fn take_object(&self) -> Result<Object> {
        let reading = self.reading.lock().await;
        let (back, object) = oneshot::channel();
        reading.turns.send(Turn::Back(back)).map_err(|_| closed())?;
        let mut object = object.await.map_err(|_| closed())?;
        self.close();
        let sought = object.seek(SeekFrom::Start(self.position())).await;
        sought.map_err(|error| Error::io("the seek", &error))?;
        Ok(object)
    }

    /// Ends the transfer, at the server too, and wakes who waits for bytes.
    pub fn close(&self) {
        self.closed.cancel();
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.close();
    }
}

/// How many chunks may wait.
fn waiting(info: &ObjectInfo) -> usize {
    let chunk_size = info.chunk_size.filter(|size| *size > 0).unwrap_or(ASSUMED_CHUNK);
    usize::try_from(WAITING / chunk_size).unwrap_or(1).max(1)
}

/// Reads ahead of the reader, and goes where it seeks.
async fn feed(
    mut object: Object,
    sender: mpsc::Sender<Result<Bytes>>,
    mut turns: mpsc::UnboundedReceiver<Turn>,
) {
    let mut sender = Some(sender);
    loop {
        let next = async {
            let Some(sender) = &sender else { return std::future::pending().await };
            match sender.reserve().await {
                Ok(_) => object.next().await,
                Err(_) => std::future::pending().await,
            }
        };
        let chunk = tokio::select! {
            biased;
            turn = turns.recv() => match turn {
                None => return,
                Some(Turn::Back(back)) => {
                    let _ = back.send(object);
                    return;
                }
                Some(Turn::To(position, chunks)) => {
                    let sought = object.seek(SeekFrom::Start(position)).await;
                    sender = Some(chunks);
                    match sought {
                        Ok(_) => continue,
                        Err(error) => Err(Error::io("the seek", &error)),
                    }
                }
            },
            chunk = next => chunk,
        };
        let is_last = !matches!(chunk, Ok(Some(_)));
        if let Some((sender, chunk)) = sender.as_ref().zip(chunk.transpose()) {
            // There is room: nobody else sends.
            let _ = sender.try_send(chunk);
        }
        if is_last {
            sender = None;
        }
    }
}

fn closed() -> Error {
    Error::Closed { what: "the object" }
}
