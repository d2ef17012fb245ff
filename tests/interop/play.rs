//! Plays every scenario: each writer once, then every reader on all that was written.

use std::path::Path;
use std::thread::scope;

use crate::client::{Client, JETBLOB};
use crate::driver::{Driver, Stop};
use crate::hand::{Hand, Played};
use crate::raw::Raw;
use crate::scenarios::{Scenario, Write};

/// Who failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Reader,
}

/// How a scenario ended between a writer and a reader.
#[derive(Debug, Clone)]
pub(crate) enum End {
    Passed,
    /// A client has no such thing.
    Absent(String),
    Failed(Role, String),
}

/// A scenario between a writer and a reader.
pub(crate) struct Pair<'s> {
    pub(crate) writer: &'static str,
    pub(crate) reader: &'static str,
    pub(crate) scenario: &'s str,
    pub(crate) end: End,
}

/// A bucket that was written, or why it wasn't.
struct Written<'s> {
    writer: &'static str,
    scenario: &'s Scenario,
    bucket: String,
    played: Played,
}

struct Stage<'p> {
    url: &'p str,
    raw: &'p Raw,
    dir: &'p Path,
}

impl Stage<'_> {
    fn driver(&self, client: &Client, beside: &str) -> Driver {
        let log = self.dir.join(format!("{} {beside}.log", client.name));
        Driver::start(client, self.url, log).unwrap_or_else(|error| panic!("{}: {error}", client.name))
    }

    /// A directory for the files of one client at work.
    fn files(&self, client: &Client, role: &str) -> std::path::PathBuf {
        let dir = self.dir.join(format!("{} {role}", client.name));
        std::fs::create_dir(&dir).expect("a directory");
        dir
    }

    fn write<'s>(&self, number: usize, client: &Client, scenarios: &'s [Scenario]) -> Vec<Written<'s>> {
        let dir = self.files(client, "writes");
        let mut driver = self.driver(client, "writes");
        let jetblob = crate::client::clients().find(|client| client.name == JETBLOB).expect("jetblob");
        let mut ours = self.driver(&jetblob, &format!("beside {}", client.name));
        let mut written = Vec::new();
        for (index, scenario) in scenarios.iter().enumerate() {
            let Write::Client(write) = &scenario.write else { continue };
            let bucket = format!("writer-{number}-scenario-{index}");
            let mut hand = Hand {
                driver: &mut driver,
                ours: Some(&mut ours),
                raw: self.raw,
                bucket: bucket.clone(),
                dir: &dir,
            };
            let played = write(&mut hand);
            written.push(Written { writer: client.name, scenario, bucket, played });
        }
        written
    }

    fn write_by_hand<'s>(&self, scenarios: &'s [Scenario]) -> Vec<Written<'s>> {
        let mut written = Vec::new();
        for (index, scenario) in scenarios.iter().enumerate() {
            let Write::ByHand(writer, write) = &scenario.write else { continue };
            let bucket = format!("by-hand-scenario-{index}");
            write(self.raw, &bucket);
            written.push(Written { writer, scenario, bucket, played: Ok(()) });
        }
        written
    }

    fn read<'s>(&self, client: &Client, written: &[Written<'s>]) -> Vec<Pair<'s>> {
        let dir = self.files(client, "reads");
        let mut driver = self.driver(client, "reads");
        let mut read = |written: &Written<'s>| match &written.played {
            Err(Stop::Absent(what)) => End::Absent(what.clone()),
            Err(Stop::Failed(text)) => End::Failed(Role::Writer, text.clone()),
            Ok(()) => {
                let bucket = written.bucket.clone();
                let mut hand = Hand { driver: &mut driver, ours: None, raw: self.raw, bucket, dir: &dir };
                match (written.scenario.read)(&mut hand) {
                    Ok(()) => End::Passed,
                    Err(Stop::Absent(what)) => End::Absent(what),
                    Err(Stop::Failed(text)) => End::Failed(Role::Reader, text),
                }
            }
        };
        let pair = |written: &Written<'s>| Pair {
            writer: written.writer,
            reader: client.name,
            scenario: &written.scenario.name,
            end: read(written),
        };
        written.iter().map(pair).collect()
    }
}

/// Plays all scenarios with these clients. The writers are at work side by side, each in its own buckets; so are the
/// readers after them, who change nothing.
pub(crate) fn play<'s>(clients: &[Client], scenarios: &'s [Scenario], url: &str) -> Vec<Pair<'s>> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let raw = Raw::connect(url);
    let stage = &Stage { url, raw: &raw, dir: dir.path() };
    let mut written = stage.write_by_hand(scenarios);
    scope(|scope| {
        let write = |(number, client)| scope.spawn(move || stage.write(number, client, scenarios));
        let writers: Vec<_> = clients.iter().enumerate().map(write).collect();
        written.extend(writers.into_iter().flat_map(|writer| writer.join().expect("a writer")));
    });
    let written = &written;
    scope(|scope| {
        let read = |client| scope.spawn(move || stage.read(client, written));
        let readers: Vec<_> = clients.iter().map(read).collect();
        readers.into_iter().flat_map(|reader| reader.join().expect("a reader")).collect()
    })
}
