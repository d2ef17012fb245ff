//! Processes that write, read, rename and delete a few names at once, while the network and the server fail and some of the
//! processes are killed; then every read must be one that can be.
//!
//! Each worker tells of its calls as they begin and end (`event.rs`, `worker.rs`); `check.rs` judges. What a worker does is
//! chosen by the seed, which is printed; `JETBLOB_SEED` repeats one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::TryStreamExt;
use jetblob::{Bucket, BucketConfig, GcOptions, ListOptions};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tests::{Fate, Place, Proxy, Server, ServerKind};

use self::check::{Done, check};
use self::event::{Event, Outcome, What};

mod check;
mod event;
mod tests_of_check;

const SEEDS: u64 = 20;
const WORKERS: usize = 4;
const SECONDS: f64 = 2.0;

/// The processes of one round.
struct Workers {
    store: String,
    bucket: String,
    processes: Vec<Child>,
    history: Vec<Done>,
}

impl Workers {
    fn start(store: &str, bucket: &str, random: &mut StdRng) -> Self {
        let mut workers =
            Self { store: store.into(), bucket: bucket.into(), processes: Vec::new(), history: Vec::new() };
        for _ in 0..WORKERS {
            workers.add(random.r#gen(), SECONDS);
        }
        workers
    }

    fn add(&mut self, seed: u64, seconds: f64) {
        let process = Command::new(env!("CARGO_BIN_EXE_history-worker"))
            .args([&self.store, &self.bucket, &seed.to_string(), &seconds.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a worker");
        self.processes.push(process);
    }

    /// Kills one, whatever it does just then.
    fn kill(&mut self, index: usize) {
        let mut process = self.processes.swap_remove(index);
        process.kill().expect("a worker");
        self.take(process, true);
    }

    /// Waits for all, and takes in what they told.
    fn finish(mut self) -> Vec<Done> {
        for process in std::mem::take(&mut self.processes) {
            self.take(process, false);
        }
        self.history
    }

    fn take(&mut self, mut process: Child, is_killed: bool) {
        let told = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut begun = None;
        for line in told.lines() {
            let line = line.expect("text");
            let event: Event = match serde_json::from_str(&line) {
                Ok(event) => event,
                // A killed process may leave half a line.
                Err(_) if is_killed => continue,
                Err(error) => panic!("{line}: {error}"),
            };
            match event.what {
                What::Begin(call) => begun = Some((call, event.at)),
                What::End(outcome) => {
                    let (call, start) = begun.take().expect("a call that began");
                    self.history.push(Done { call, start, end: event.at, outcome });
                }
            }
        }
        if let Some((call, start)) = begun {
            self.history.push(Done { call, start, end: u128::MAX, outcome: Outcome::Unknown });
        }
        let status = process.wait().expect("a worker");
        assert!(is_killed || status.success(), "a worker failed: {status}");
    }
}

/// The seeds of this run.
fn seeds() -> Vec<u64> {
    match std::env::var("JETBLOB_SEED") {
        Ok(seed) => vec![seed.parse().expect("a number")],
        Err(_) => (0..SEEDS).map(|_| rand::random()).collect(),
    }
}

/// The history can be, something happened in it, and when it is over every object is whole and nothing else is there.
async fn judge(seed: u64, place: &Place, bucket: &Bucket, renames_at_once: bool, history: &[Done]) {
    let done = history.iter().filter(|done| matches!(done.outcome, Outcome::Done { .. })).count();
    println!("seed {seed}: {} calls, {done} of them done", history.len());
    assert!(done > 0, "seed {seed}: nothing happened");
    if let Err(reason) = check(history, renames_at_once) {
        panic!("seed {seed}: {reason}");
    }
    bucket.gc(GcOptions::default().with_grace(Duration::ZERO)).await.expect("a gc");
    let listed: Vec<_> = bucket.list(ListOptions::default()).try_collect().await.expect("the objects");
    for info in &listed {
        let bytes = bucket.get_bytes(&info.name).await;
        assert!(bytes.is_ok(), "seed {seed}: {}: {bytes:?}", info.name);
    }
    let names: Vec<&str> = listed.iter().map(|info| info.name.as_str()).collect();
    place.holds_only(bucket, &names).await;
}

async fn sleep(random: &mut StdRng) {
    // The moment is the point of the test: nothing is waited for.
    tokio::time::sleep(Duration::from_millis(random.gen_range(50..400))).await;
}

/// Connections are cut and messages lost, the server is killed and stands still, workers are killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_server_that_fails() {
    for seed in seeds() {
        let mut random = StdRng::seed_from_u64(seed);
        let mut server = Server::start(ServerKind::Newest);
        let place = Place::on(server.url()).await;
        let plain = random.r#gen();
        let bucket = place.bucket_with(BucketConfig { plain, ..BucketConfig::new("b") }).await;
        let calm = Arc::new(AtomicBool::new(false));
        let loses = |random: &mut StdRng| {
            let (random, calm) = (Mutex::new(StdRng::seed_from_u64(random.r#gen())), calm.clone());
            move |frame: &tests::Frame<'_>| {
                let is_message = frame.size > 0 && !calm.load(Ordering::Relaxed);
                match random.lock().expect("a lock").gen_range(0..400) {
                    0 if is_message => Fate::Lose,
                    1 if is_message => Fate::Cut,
                    2 if is_message => Fate::Tear,
                    _ => Fate::Pass,
                }
            }
        };
        let (of_client, of_server) = (loses(&mut random), loses(&mut random));
        let proxy = Proxy::deciding(server.url(), of_client, of_server).await;
        let mut workers = Workers::start(proxy.url(), "b", &mut random);
        for _ in 0..6 {
            sleep(&mut random).await;
            match random.gen_range(0..5) {
                0 | 1 => proxy.cut(),
                2 => server.restart(),
                3 => {
                    server.pause();
                    sleep(&mut random).await;
                    server.resume();
                }
                _ => {
                    workers.kill(random.gen_range(0..WORKERS));
                    workers.add(random.r#gen(), 1.0);
                }
            }
        }
        calm.store(true, Ordering::Relaxed);
        let history = tokio::task::spawn_blocking(move || workers.finish()).await.expect("workers");
        judge(seed, &place, &bucket, !plain, &history).await;
    }
}

/// Several processes on one local store, some of which are killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_local_store() {
    for seed in seeds() {
        let mut random = StdRng::seed_from_u64(seed);
        let place = Place::local().await;
        let bucket = place.bucket_with(BucketConfig::new("b")).await;
        let mut workers = Workers::start(&place.url, "b", &mut random);
        for _ in 0..6 {
            sleep(&mut random).await;
            workers.kill(random.gen_range(0..WORKERS));
            workers.add(random.r#gen(), 1.0);
        }
        let history = tokio::task::spawn_blocking(move || workers.finish()).await.expect("workers");
        judge(seed, &place, &bucket, true, &history).await;
    }
}
