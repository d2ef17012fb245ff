//! Local files that a put reads and a get writes: in batches, on threads for blocking calls, one batch ahead.
//!
//! No thread is held between batches, so that any number of slow transfers leaves threads to everybody else.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes of a batch.
const BATCH: usize = 2 << 20;

/// A file that is read in chunks.
#[derive(Debug)]
pub(crate) struct FileReader {
    file: Arc<File>,
    chunk_size: usize,
    length: Option<u64>,
    ready: VecDeque<Bytes>,
    ahead: Option<JoinHandle<io::Result<VecDeque<Bytes>>>>,
    failed: bool,
}

impl FileReader {
    /// Opens a file, and begins to read it. A directory is an error.
    pub(crate) async fn open(path: PathBuf, chunk_size: usize) -> io::Result<Self> {
        let (file, length) = blocking(move || {
            let file = File::open(&path)?;
            let metadata = file.metadata()?;
            if metadata.is_dir() {
                return Err(io::Error::from(io::ErrorKind::IsADirectory));
            }
            Ok((file, metadata.is_file().then_some(metadata.len())))
        })
        .await?;
        let mut reader = Self {
            file: Arc::new(file),
            chunk_size,
            length,
            ready: VecDeque::new(),
            ahead: None,
            failed: false,
        };
        reader.read_ahead();
        Ok(reader)
    }

    /// The length of the file in bytes when it was opened; none for a pipe.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    fn read_ahead(&mut self) {
        let (file, chunk_size) = (self.file.clone(), self.chunk_size);
        self.ahead = Some(spawn_blocking(move || read_batch(&file, chunk_size)));
    }

    /// The next chunk: full, but for the last one; empty at the end.
    pub(crate) async fn next(&mut self) -> io::Result<Bytes> {
        if self.ready.is_empty()
            && let Some(ahead) = &mut self.ahead
        {
            let batch = ahead.await;
            // After a failure there is no more: not even an end, which would make the object shorter.
            self.ahead = None;
            self.failed = true;
            self.ready = batch.map_err(io::Error::other)??;
            self.failed = false;
            if self.ready.back().is_some_and(|last| last.len() == self.chunk_size) {
                self.read_ahead();
            }
        }
        match self.ready.pop_front() {
            None if self.failed => Err(io::Error::other("the file has failed before")),
            chunk => Ok(chunk.unwrap_or_default()),
        }
    }
}

/// Full chunks for a batch; fewer, and a shorter last one, at the end of the file.
fn read_batch(file: &File, chunk_size: usize) -> io::Result<VecDeque<Bytes>> {
    let mut chunks = VecDeque::new();
    for _ in 0..(BATCH / chunk_size).max(1) {
        let mut chunk = Vec::with_capacity(chunk_size);
        file.take(chunk_size as u64).read_to_end(&mut chunk)?;
        let full = chunk.len() == chunk_size;
        if !chunk.is_empty() {
            chunks.push_back(chunk.into());
        }
        if !full {
            break;
        }
    }
    Ok(chunks)
}

/// A file that takes its name once it is whole. Dropped before, it leaves nothing.
#[derive(Debug)]
pub(crate) struct FileWriter {
    path: PathBuf,
    file: Option<tempfile::NamedTempFile>,
    batch: Vec<Bytes>,
    bytes: usize,
    writing: Option<JoinHandle<io::Result<tempfile::NamedTempFile>>>,
}

impl FileWriter {
    /// Begins a file under a temporary name beside `path`. A path that is a directory is an error.
    pub(crate) async fn create(path: PathBuf) -> io::Result<Self> {
        let (path, file) = blocking(move || {
            if path.is_dir() {
                return Err(io::Error::from(io::ErrorKind::IsADirectory));
            }
            let folder =
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let file = temporary_file(folder)?;
            Ok((path, file))
        })
        .await?;
        Ok(Self { path, file: Some(file), batch: Vec::new(), bytes: 0, writing: None })
    }

    /// Takes the next bytes; waits while the batch before them is being written.
    pub(crate) async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        self.bytes += bytes.len();
        self.batch.push(bytes);
        if self.bytes >= BATCH { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> io::Result<()> {
        let mut file = self.settle().await?;
        let batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        self.writing = Some(spawn_blocking(move || {
            batch.iter().try_for_each(|bytes| file.write_all(bytes))?;
            Ok(file)
        }));
        Ok(())
    }

    async fn settle(&mut self) -> io::Result<tempfile::NamedTempFile> {
        if let Some(writing) = self.writing.take() {
            return writing.await.map_err(io::Error::other)?;
        }
        self.file.take().ok_or_else(|| io::Error::other("the file has failed before"))
    }

    /// Makes the file durable, and gives it its name.
    pub(crate) async fn finish(mut self) -> io::Result<()> {
        self.flush().await?;
        let file = self.settle().await?;
        let path = std::mem::take(&mut self.path);
        blocking(move || {
            file.as_file().sync_all()?;
            file.persist(&path).map(drop).map_err(|error| error.error)
        })
        .await
    }

    /// Removes what was written, and waits for it.
    pub(crate) async fn abandon(mut self) {
        drop(self.settle().await);
    }
}

fn temporary_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".jetblob-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: the umask takes away what it should.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}
