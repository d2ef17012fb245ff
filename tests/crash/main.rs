//! `kill -9` of processes that write to one local store, again and again: nothing acknowledged is lost, nothing is half,
//! nothing is left behind.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::TryStreamExt;
use jetblob::{Bucket, BucketConfig, ListOptions, Store};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tests::Place;
use tokio::task::JoinHandle;

const KILLS: usize = 100;
const WRITERS: usize = 3;

/// The name of each writer that is replaced, but never deleted.
const KEPT: &str = "kept";

/// The sizes that an object may have: the last one acknowledged, or one that was begun after it.
type Possible = BTreeMap<String, BTreeSet<i64>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_killed_writers() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let place = Place::local().await;
    let mut store = place.store.clone();
    let mut bucket = place.bucket_with(BucketConfig::new("crash")).await;
    let mut possible = Possible::new();
    for slot in 0..WRITERS {
        let name = format!("{slot}/{KEPT}");
        bucket.put_bytes(name.as_str(), tests::bytes_of(&name, 1)).await.unwrap();
        possible.insert(name, BTreeSet::from([1]));
    }
    let mut reading = tokio::spawn(keep_reading(bucket.clone()));
    let mut acknowledged = 0;
    let mut writers: Vec<Writer> =
        (0..WRITERS).map(|slot| Writer::start(&place.url, slot, random.r#gen())).collect();
    for kill in 1..=KILLS {
        // The moment is the point of the test: nothing is waited for.
        tokio::time::sleep(Duration::from_millis(random.gen_range(5..150))).await;
        if kill % 10 == 0 {
            // Nobody is left: the next one finds out from the log alone what was committed.
            for writer in &mut writers {
                acknowledged += writer.kill(&mut possible);
            }
            end(reading).await;
            drop(bucket);
            store.close().await;
            store = Store::open(&place.url).await.unwrap();
            bucket = store.bucket("crash").await.unwrap();
            check(&bucket, &mut possible, "").await;
            reading = tokio::spawn(keep_reading(bucket.clone()));
            for (slot, writer) in writers.iter_mut().enumerate() {
                *writer = Writer::start(&place.url, slot, random.r#gen());
            }
        } else {
            let slot = random.gen_range(0..WRITERS);
            acknowledged += writers[slot].kill(&mut possible);
            check(&bucket, &mut possible, &format!("{slot}/")).await;
            writers[slot] = Writer::start(&place.url, slot, random.r#gen());
        }
    }
    for writer in &mut writers {
        acknowledged += writer.kill(&mut possible);
    }
    end(reading).await;
    println!("{KILLS} kills, {acknowledged} acknowledged operations");
    assert!(acknowledged > KILLS, "the writers hardly wrote");

    drop(bucket);
    store.close().await;
    let store = Store::open(&place.url).await.unwrap();
    let bucket = store.bucket("crash").await.unwrap();
    check(&bucket, &mut possible, "").await;
    let listed: Vec<_> = bucket.list(ListOptions::default()).try_collect().await.unwrap();
    let names: Vec<&str> = listed.iter().map(|info| info.name.as_str()).collect();
    place.holds_only(&bucket, &names).await;
    let files = names.len() - listed.iter().filter(|info| info.size <= 64 * 1024).count();
    assert_eq!(payload_files(&place), files, "files that belong to no object");
}

struct Writer {
    process: Child,
}

impl Writer {
    fn start(store: &str, slot: usize, seed: u64) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_crash-writer"))
            .args([store, &slot.to_string(), &seed.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the writer");
        Self { process }
    }

    /// Kills the process, and takes in what it said. Answers with the number of acknowledged operations.
    fn kill(&mut self, possible: &mut Possible) -> usize {
        assert!(self.process.try_wait().unwrap().is_none(), "the writer ended by itself");
        self.process.kill().expect("a running writer");
        self.process.wait().expect("a killed writer");
        let mut acknowledged = 0;
        for line in BufReader::new(self.process.stdout.take().expect("a pipe")).lines() {
            let line = line.expect("text");
            let words: Vec<&str> = line.split(' ').collect();
            let [what, name, size] = words.as_slice() else {
                continue;
            };
            // A killed process may leave half a line.
            let Ok(size) = size.parse() else { continue };
            let sizes = possible.entry((*name).to_owned()).or_insert_with(|| BTreeSet::from([-1]));
            if *what == "done" {
                acknowledged += 1;
                sizes.clear();
            }
            sizes.insert(size);
        }
        acknowledged
    }
}

/// Every object is one that it may be, byte for byte; and it stays so: what was not acknowledged can't happen later.
async fn check(bucket: &Bucket, possible: &mut Possible, prefix: &str) {
    for (name, sizes) in possible.iter_mut().filter(|(name, _)| name.starts_with(prefix)) {
        let size = match bucket.get_bytes(name).await {
            Ok(bytes) => {
                assert!(bytes == tests::bytes_of(name, bytes.len() as u64), "{name} is half");
                i64::try_from(bytes.len()).unwrap()
            }
            Err(error) if error.code() == "not_found" => -1,
            Err(error) => panic!("{name}: {error}"),
        };
        assert!(sizes.contains(&size), "{name} has {size} bytes, it may have {sizes:?}");
        *sizes = BTreeSet::from([size]);
    }
}

/// Ends the reader, and fails if it failed.
async fn end(reading: JoinHandle<()>) {
    reading.abort();
    if let Err(error) = reading.await {
        assert!(error.is_cancelled(), "the reader: {error}");
    }
}

/// Reads everything all the time: no reader ever meets a half object.
async fn keep_reading(bucket: Bucket) {
    loop {
        let listed: Vec<_> = bucket.list(ListOptions::default()).try_collect().await.unwrap();
        let kept = listed.iter().filter(|info| info.name.ends_with(KEPT)).count();
        assert_eq!(kept, WRITERS, "a name was not listed for a moment");
        for info in listed {
            match bucket.get_bytes(&info.name).await {
                Ok(bytes) => {
                    assert!(
                        bytes == tests::bytes_of(&info.name, bytes.len() as u64),
                        "{} is half",
                        info.name
                    );
                }
                Err(error) => {
                    assert_eq!(error.code(), "not_found", "{}: {error}", info.name);
                    assert!(!info.name.ends_with(KEPT), "{} was lost for a moment", info.name);
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

fn payload_files(place: &Place) -> usize {
    let bucket = place.directory().unwrap().join("b.crash/objects");
    let shards = std::fs::read_dir(bucket).into_iter().flatten().flatten();
    shards.flat_map(|shard| std::fs::read_dir(shard.path())).map(Iterator::count).sum()
}
