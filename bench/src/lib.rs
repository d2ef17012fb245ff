//! The work that every contender does, as its arguments say: `<place> <bucket> <work> <file or size> [count] [at once]`.
//!
//! Each prints one number: the seconds that the work took, without the start of the process and the connection.

use std::future::Future;
use std::time::Instant;

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
}

/// Small objects.
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
    what: impl Fn(String) -> F,
) -> Result<(), Failure> {
    let all = stream::iter(0..small.count).map(|index| what(small_name(index)));
    all.buffer_unordered(small.at_once).try_collect().await
}

/// Takes the time, and prints it.
pub async fn timed(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let start = Instant::now();
    work.await?;
    println!("{}", start.elapsed().as_secs_f64());
    Ok(())
}
