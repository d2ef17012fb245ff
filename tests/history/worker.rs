//! Calls chosen at random on few names, each told as it begins and as it ends: `history-worker <store> <bucket> <seed>
//! <seconds>`. See main.rs.

use std::io::Write;
use std::time::{Duration, Instant, SystemTime};

use jetblob::{Bucket, Digest, Error, PutOptions, Store, StoreOptions};
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};

use self::event::{Call, Event, Outcome, What};

mod event;

const NAMES: [&str; 3] = ["a", "b", "c"];

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, store, bucket, seed, seconds] = &arguments[..] else { panic!("four arguments") };
    let mut options = StoreOptions::default();
    options.idle_timeout = Duration::from_secs(5);
    let mut random = StdRng::seed_from_u64(seed.parse().expect("a seed"));
    let store = loop {
        match Store::open_with(store, options.clone()).await {
            Ok(store) => break store,
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    };
    let bucket = loop {
        match store.bucket(bucket).await {
            Ok(bucket) => break bucket,
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    };
    let end = Instant::now() + Duration::from_secs_f64(seconds.parse().expect("seconds"));
    let mut number = 0;
    while Instant::now() < end {
        number += 1;
        call(&bucket, &mut random, number).await;
    }
    store.close().await;
}

fn tell(number: u64, what: What) {
    let at = SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_nanos();
    let line = serde_json::to_string(&Event { number, at, what }).expect("JSON");
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("a pipe");
}

async fn call(bucket: &Bucket, random: &mut StdRng, number: u64) {
    let name = NAMES[random.gen_range(0..NAMES.len())];
    let outcome = match random.gen_range(0..10) {
        0..4 => put(bucket, random, name, number).await,
        4 => {
            tell(number, What::Begin(Call::Delete { name: name.to_owned() }));
            outcome(bucket.delete(name).await.map(|_| None))
        }
        5 => {
            let to = NAMES[random.gen_range(0..NAMES.len())];
            tell(number, What::Begin(Call::Rename { from: name.to_owned(), to: to.to_owned() }));
            if name == to {
                Outcome::Failed { code: "not called".to_owned() }
            } else {
                let moved = bucket.rename(name, to).await;
                outcome(moved.map(|info| info.digest.map(|digest| digest.to_string())))
            }
        }
        _ => {
            tell(number, What::Begin(Call::Read { name: name.to_owned() }));
            read(bucket, name).await
        }
    };
    tell(number, What::End(outcome));
}

async fn put(bucket: &Bucket, random: &mut StdRng, name: &str, number: u64) -> Outcome {
    let size = [0, 100, 20_000, 300_000, 2_000_000][random.gen_range(0..5)];
    let mut bytes = vec![0; size + 16];
    random.fill_bytes(&mut bytes);
    let over = match random.gen_range(0..4) {
        0 => bucket.info(name).await.ok().map(|info| info.revision),
        _ => None,
    };
    let digest = Digest::of(&bytes).to_string();
    tell(number, What::Begin(Call::Put { name: name.to_owned(), digest: digest.clone(), over }));
    let options =
        over.map_or_else(PutOptions::default, |revision| PutOptions::default().if_revision(revision));
    outcome(bucket.put_with(name, bytes, options).await.map(|_| Some(digest)))
}

async fn read(bucket: &Bucket, name: &str) -> Outcome {
    match bucket.get_bytes(name).await {
        Ok(bytes) => Outcome::Done { digest: Some(Digest::of(&bytes).to_string()) },
        Err(error) if error.code() == "not_found" => Outcome::Done { digest: None },
        Err(error) if error.is_retryable() || error.code() == "object_changed" => failed(&error),
        Err(error) => Outcome::Broken { error: error.to_string() },
    }
}

fn failed(error: &Error) -> Outcome {
    Outcome::Failed { code: error.code().to_owned() }
}

fn outcome(ended: Result<Option<String>, Error>) -> Outcome {
    match ended {
        Ok(digest) => Outcome::Done { digest },
        Err(error) if error.code() == "unknown" => Outcome::Unknown,
        Err(error) => failed(&error),
    }
}
