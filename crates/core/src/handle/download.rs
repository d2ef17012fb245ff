//! An object that is being read, held from another language.

use std::collections::VecDeque;
use std::io::SeekFrom;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncSeekExt;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::protocol::ObjectInfo;
use crate::{Error, Object, Result};

/// Bytes that are handed over at once, where they come fast enough. So many may wait while as many are gathered, beside
/// those that the engine has under way.
const BATCH: usize = 1 << 20;

/// How long more bytes are waited for before those that came are handed over: to wake a reader in another language costs
/// as much as to copy some 100 KiB.
const GATHERING: Duration = Duration::from_millis(2);

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
    /// What is there. The reader is in the first of them.
    at_hand: VecDeque<Bytes>,
    batches: mpsc::Receiver<Result<VecDeque<Bytes>>>,
    turns: mpsc::UnboundedSender<Turn>,
    /// What follows what is at hand, once nothing else does.
    end: Option<Result<()>>,
}

/// What else is to become of the transfer.
#[derive(Debug)]
enum Turn {
    /// Go on from this position, and put the chunks into this channel.
    To(u64, mpsc::Sender<Result<VecDeque<Bytes>>>),
    /// Give the object back.
    Back(oneshot::Sender<Object>),
}

impl Download {
    /// Begins to read `object`.
    pub fn new(object: Object) -> Self {
        let (info, range, is_verified) = (object.info.clone(), object.range(), object.is_verified());
        let (sender, batches) = mpsc::channel(1);
        let (turns, turned) = mpsc::unbounded_channel();
        let closed = CancellationToken::new();
        tokio::spawn(closed.clone().run_until_cancelled_owned(feed(object, sender, turned)));
        let reading = Reading { at_hand: VecDeque::new(), batches, turns, end: None };
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
            if !reading.fill().await? {
                return Ok(None);
            }
            let piece = reading.take(max);
            self.position.fetch_add(piece.len() as u64, Ordering::Relaxed);
            Ok(Some(piece))
        };
        self.closed.run_until_cancelled(read).await.unwrap_or_else(|| Err(closed()))
    }

    /// The chunks that are there from this position on, or the first ones that come; empty at the end. Like
    /// [`at_hand`](Self::at_hand) they stay there. Fails with `Closed` after, and as soon as, this is closed.
    pub async fn chunks(&self, position: u64) -> Result<Vec<Bytes>> {
        let fill = async {
            let mut reading = self.reading.lock().await;
            self.go_to(&mut reading, position)?;
            reading.fill().await?;
            Ok(reading.at_hand.iter().cloned().collect())
        };
        self.closed.run_until_cancelled(fill).await.unwrap_or_else(|| Err(closed()))
    }

    /// Goes on at this position, if nothing has to be fetched for it, and gives the chunks that are there, without a copy
    /// and without a wait. They stay there, to be read from wherever one goes on.
    ///
    /// None if one has to wait for them, or for an error, or for the end; while somebody else reads; after a close.
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
    /// assert_eq!(download.read(1).await?.unwrap(), "0");
    /// assert_eq!(download.at_hand(1), ["123456789"]);
    /// assert_eq!(download.at_hand(7), ["789"]);
    /// assert_eq!(download.read(1).await?.unwrap(), "7");
    /// # Ok(())
    /// # }
    /// ```
    pub fn at_hand(&self, position: u64) -> Vec<Bytes> {
        let Ok(mut reading) = self.reading.try_lock() else { return Vec::new() };
        if self.closed.is_cancelled() || !self.skip_to(&mut reading, position) {
            return Vec::new();
        }
        if reading.at_hand.is_empty()
            && reading.end.is_none()
            && let Ok(batch) = reading.batches.try_recv()
        {
            reading.put(batch);
        }
        reading.at_hand.iter().cloned().collect()
    }

    /// The position of the next byte that is read.
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Goes on at this position; beyond the end there is nothing to read. What is at hand is not fetched again.
    pub async fn seek(&self, position: u64) -> Result<()> {
        let mut reading = self.reading.lock().await;
        if self.closed.is_cancelled() {
            return Err(closed());
        }
        self.go_to(&mut reading, position)
    }

    fn go_to(&self, reading: &mut Reading, position: u64) -> Result<()> {
        if !self.skip_to(reading, position) {
            let (sender, batches) = mpsc::channel(1);
            reading.turns.send(Turn::To(position, sender)).map_err(|_| closed())?;
            (reading.batches, reading.at_hand, reading.end) = (batches, VecDeque::new(), None);
            self.is_verified.store(self.is_verified_from_start && position == 0, Ordering::Relaxed);
            self.position.store(position, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Goes on at a position in what is there, or right after it; whether it is one.
    fn skip_to(&self, reading: &mut Reading, position: u64) -> bool {
        let ahead = position.checked_sub(self.position()).and_then(|ahead| usize::try_from(ahead).ok());
        let at_hand: usize = reading.at_hand.iter().map(Bytes::len).sum();
        let Some(mut ahead) = ahead.filter(|ahead| *ahead <= at_hand) else { return false };
        while ahead > 0 {
            ahead -= reading.take(ahead).len();
        }
        self.position.store(position, Ordering::Relaxed);
        true
    }

    /// Gives the object back, to go on at the position where this was; this is closed then. What was read before is not
    /// verified together with what follows: [`is_verified`](Self::is_verified) tells.
    pub async fn take_object(&self) -> Result<Object> {
        let reading = self.reading.lock().await;
        if self.closed.is_cancelled() {
            return Err(closed());
        }
        let (back, object) = oneshot::channel();
        reading.turns.send(Turn::Back(back)).map_err(|_| closed())?;
        let mut object = object.await.map_err(|_| closed())?;
        self.close();
        let sought = object.seek(SeekFrom::Start(self.position())).await;
        sought.map_err(|error| Error::io("the seek", &error))?;
        self.is_verified.store(object.is_verified(), Ordering::Relaxed);
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

impl Reading {
    /// Waits until there is something; whether there is, and not the end.
    async fn fill(&mut self) -> Result<bool> {
        while self.at_hand.is_empty() {
            if let Some(end) = &self.end {
                return end.clone().map(|()| false);
            }
            // Without a batch the transfer was given up: that is no end.
            let batch = self.batches.recv().await.ok_or_else(closed)?;
            self.put(batch);
        }
        Ok(true)
    }

    fn put(&mut self, batch: Result<VecDeque<Bytes>>) {
        match batch {
            Ok(batch) if batch.is_empty() => self.end = Some(Ok(())),
            Ok(batch) => self.at_hand = batch,
            Err(error) => self.end = Some(Err(error)),
        }
    }

    /// The next bytes of those at hand: a chunk, or `max` bytes of it.
    fn take(&mut self, max: usize) -> Bytes {
        let Some(first) = self.at_hand.front_mut() else { return Bytes::new() };
        if max < first.len() {
            return first.split_to(max);
        }
        self.at_hand.pop_front().unwrap_or_default()
    }
}

/// Reads ahead of the reader, and goes where it seeks.
async fn feed(
    mut object: Object,
    sender: mpsc::Sender<Result<VecDeque<Bytes>>>,
    mut turns: mpsc::UnboundedReceiver<Turn>,
) {
    let mut sender = Some(sender);
    let mut gathering = Duration::ZERO;
    loop {
        let batch = async {
            let Some(sender) = &sender else { return std::future::pending().await };
            match sender.reserve().await {
                Ok(_) => gather(&mut object, gathering).await,
                Err(_) => std::future::pending().await,
            }
        };
        let batch = tokio::select! {
            biased;
            turn = turns.recv() => match turn {
                None => return,
                Some(Turn::Back(back)) => {
                    let _ = back.send(object);
                    return;
                }
                Some(Turn::To(position, batches)) => {
                    let sought = object.seek(SeekFrom::Start(position)).await;
                    (sender, gathering) = (Some(batches), Duration::ZERO);
                    match sought {
                        Ok(_) => continue,
                        Err(error) => Err(Error::io("the seek", &error)),
                    }
                }
            },
            batch = batch => batch,
        };
        let is_last = batch.as_ref().map_or(true, VecDeque::is_empty);
        if let Some(sender) = &sender {
            // There is room: nobody else sends.
            let _ = sender.try_send(batch);
        }
        if is_last {
            sender = None;
        }
        // Who begins to read gets the first bytes at once.
        gathering = GATHERING;
    }
}

/// The next chunks: those that come within this time after the first of them; none at the end.
async fn gather(object: &mut Object, time: Duration) -> Result<VecDeque<Bytes>> {
    let mut batch = VecDeque::new();
    let Some(first) = object.next().await? else { return Ok(batch) };
    let mut bytes = first.len();
    batch.push_back(first);
    let end = Instant::now() + time;
    while bytes < BATCH {
        // An error comes again.
        let Ok(Ok(Some(chunk))) = timeout_at(end, object.next()).await else { break };
        bytes += chunk.len();
        batch.push_back(chunk);
    }
    Ok(batch)
}

fn closed() -> Error {
    Error::Closed { what: "the object" }
}
