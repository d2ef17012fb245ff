//! The work that every contender does, as its arguments say: `<place> <bucket> <work> [what] [count] [at once]`.
//!
//! Each prints one line of JSON: the `seconds` that the work took, without the start of the process and the connection, and
//! `first_ms` for a list, the milliseconds until its first entry.

use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};

/// An error of any contender.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What to do.
#[derive(Debug, Clone)]
pub enum Work {
    /// Put a file as one object.
    PutFile(String),
    /// Get that object, and drop its bytes.
    GetFile,
    /// Put small objects.
    PutSmall(Small),
    /// Get them.
    GetSmall(Small),
    /// Read parts of the large object.
    GetRange(Small),
    /// So often, get the first bytes of the large object, and leave the rest.
    FirstByte(usize),
    /// List so many objects.
    List(usize),
    /// Watch from the beginning, until so many objects were told.
    Watch(usize),
}

/// Small objects, or small parts of a large one.
#[derive(Debug, Clone, Copy)]
pub struct Small {
    /// Bytes of each.
    pub size: usize,
    /// How many.
    pub count: usize,
    /// How many are under way at a time.
    pub at_once: usize,
}

/// The order that a contender was given.
#[derive(Debug, Clone)]
pub struct Order {
    /// A server's URL, or a directory.
    pub place: String,
    /// A bucket that exists.
    pub bucket: String,
    /// What to do.
    pub work: Work,
}

impl Order {
    /// Reads the arguments of the process.
    pub fn of_arguments() -> Result<Self, Failure> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let argument = |index: usize| arguments.get(index).cloned().ok_or("too few arguments");
        let number = |index: usize| -> Result<usize, Failure> { Ok(argument(index)?.parse()?) };
        let small = || Ok::<_, Failure>(Small { size: number(3)?, count: number(4)?, at_once: number(5)? });
        let work = match argument(2)?.as_str() {
            "put-file" => Work::PutFile(argument(3)?),
            "get-file" => Work::GetFile,
            "put-small" => Work::PutSmall(small()?),
            "get-small" => Work::GetSmall(small()?),
            "get-range" => Work::GetRange(small()?),
            "first-byte" => Work::FirstByte(number(3)?),
            "list" => Work::List(number(3)?),
            "watch" => Work::Watch(number(3)?),
            other => return Err(format!("no such work: {other}").into()),
        };
        Ok(Self { place: argument(0)?, bucket: argument(1)?, work })
    }
}

/// The name of the object that `put-file` puts.
pub const LARGE: &str = "large";

/// The name of a small object.
pub fn small_name(index: usize) -> String {
    format!("small/{index}")
}

/// Does each of the small things, so many at once.
pub async fn each<F: Future<Output = Result<(), Failure>>>(
    small: Small,
    what: impl Fn(usize) -> F,
) -> Result<(), Failure> {
    stream::iter(0..small.count).map(what).buffer_unordered(small.at_once).try_collect().await
}

/// When the work began, and when the first entry of a list came.
#[derive(Debug)]
pub struct Clock {
    start: Instant,
    first: Option<Duration>,
}

impl Clock {
    /// Begins.
    pub fn start() -> Self {
        Self { start: Instant::now(), first: None }
    }

    /// An entry is here.
    pub fn entry(&mut self) {
        self.first.get_or_insert_with(|| self.start.elapsed());
    }

    /// Prints how long it took.
    pub fn stop(self) {
        let seconds = self.start.elapsed().as_secs_f64();
        let first = self.first.map(|first| format!(", \"first_ms\": {}", first.as_secs_f64() * 1e3));
        println!("{{\"seconds\": {seconds}{}}}", first.unwrap_or_default());
    }
}

/// Fails unless there were as many as there should be.
pub fn expect(what: &str, count: usize, expected: usize) -> Result<(), Failure> {
    if count == expected { Ok(()) } else { Err(format!("{count} {what} instead of {expected}").into()) }
}
