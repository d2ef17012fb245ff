//! A cluster that falls apart: one server on one side, two on the other.

use std::time::{Duration, Instant};

use jetblob::{Bucket, Error};
use tests::{Wire, bytes_of};

use crate::cluster::{Cluster, port_of};
use crate::{bounded, is_soaked, store_within};

const LARGE: u64 = 5 << 20;

/// A cluster whose servers reach each other by lines that can be broken, and by nothing else.
struct Parted {
    cluster: Cluster,
    wires: Vec<(usize, usize, Wire)>,
}

impl Parted {
    async fn start() -> Self {
        let held = Cluster::hold_ports();
        let ports = held.each_ref().map(port_of);
        let mut wires = Vec::new();
        for (from, to) in [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)] {
            wires.push((from, to, Wire::to(ports[to]).await));
        }
        let way = |from, to| {
            let wire = wires.iter().find(|(begin, end, _)| (*begin, *end) == (from, to));
            wire.map_or(ports[to], |(_, _, wire)| wire.port())
        };
        // What they tell each other and clients of the third leads nowhere.
        let cluster = Cluster::start_on(held, "no_advertise: true, advertise: \"127.0.0.1:1\"", way).await;
        Self { cluster, wires }
    }

    /// Does something to all lines from and to a server.
    fn around(&self, server: usize, act: impl Fn(&Wire)) {
        for (_, _, wire) in self.wires.iter().filter(|(from, to, _)| [from, to].contains(&&server)) {
            act(wire);
        }
    }

    /// The bucket, over these servers alone, once it is known there.
    async fn bucket_on(&self, servers: &[usize], idle_timeout: Duration) -> Bucket {
        let urls: Vec<_> = servers.iter().map(|server| self.cluster.servers[*server].url()).collect();
        let store = store_within(&urls.join(","), idle_timeout).await;
        until_it_is_so(async || store.bucket("b").await).await
    }
}

/// Tries until it succeeds: what fails meanwhile is worth another try.
async fn until_it_is_so<T>(attempt: impl AsyncFn() -> Result<T, Error>) -> T {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => assert!(error.is_retryable() && Instant::now() < deadline, "{error}"),
        }
    }
}

/// The object is there on each replica at last, and whatever one has until then is what was there before.
async fn comes_to(bucket: &Bucket, name: &str, before: Option<&[u8]>, body: &[u8]) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match bucket.get_bytes(name).await {
            Ok(bytes) if bytes == body => return,
            Ok(bytes) => assert!(before == Some(&bytes[..]), "{name}: other bytes"),
            Err(error) => {
                let is_not_there = before.is_none() && error.code() == "not_found";
                assert!(is_not_there || error.is_retryable(), "{error}");
            }
        }
        assert!(Instant::now() < deadline, "{name} does not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The object is there, as it was or as it is: whole in any case, or none is to be had just now.
async fn is_one_of(bucket: &Bucket, name: &str, bodies: &[&[u8]]) {
    match bucket.get_bytes(name).await {
        Ok(bytes) => assert!(bodies.contains(&&bytes[..]), "{name}: other bytes"),
        Err(error) => assert!(error.is_retryable(), "{error}"),
    }
}

/// One server is parted from the two others: there puts fail in time, elsewhere all goes on; then they meet again.
async fn apart(leads: bool, part: impl Fn(&Wire)) {
    let parted = Parted::start().await;
    let cluster = &parted.cluster;
    let (old, new) = (bytes_of("old", 300_000), bytes_of("new", 300_000));
    let (_, bucket) = cluster.bucket(Duration::from_secs(20)).await;
    bucket.put_bytes("a", old.clone()).await.unwrap();
    let leader = cluster.leader("OBJ_b").await;
    let alone = if leads { leader } else { (leader + 1) % 3 };
    let others = [(alone + 1) % 3, (alone + 2) % 3];
    let here = parted.bucket_on(&[alone], Duration::from_secs(1)).await;
    let elsewhere = parted.bucket_on(&others, Duration::from_secs(3)).await;
    let anywhere = parted.bucket_on(&[0, 1, 2], Duration::from_secs(1)).await;

    parted.around(alone, part);
    let start = Instant::now();
    let failing = async {
        let (small, large) = tokio::join!(
            here.put_bytes("a", bytes_of("lost", 300_000)),
            here.put_bytes("b", bytes_of("lost", LARGE)),
        );
        for error in [small.unwrap_err(), large.unwrap_err()] {
            assert!(matches!(error.code(), "unavailable" | "timeout"), "{error}");
        }
        assert!(start.elapsed() < Duration::from_secs(15), "after {:?}", start.elapsed());
    };
    is_one_of(&here, "a", &[&old]).await;
    let going_on = until_it_is_so(async || elsewhere.put_bytes("a", new.clone()).await);
    let ((), _, put) = tokio::join!(failing, going_on, anywhere.put_bytes("d", bytes_of("d", LARGE)));
    if let Err(error) = &put {
        assert!(error.is_retryable(), "{error}");
    }
    is_one_of(&here, "a", &[&old, &new]).await;
    assert!(until_it_is_so(async || elsewhere.get_bytes("a").await).await == new);

    parted.around(alone, Wire::mend);
    cluster.healed("OBJ_b").await;
    until_it_is_so(async || here.put_bytes("c", bytes_of("c", LARGE)).await).await;
    for handle in [&here, &elsewhere, &anywhere, &bucket] {
        comes_to(handle, "a", Some(&old), &new).await;
        comes_to(handle, "c", None, &bytes_of("c", LARGE)).await;
        if put.is_ok() {
            comes_to(handle, "d", None, &bytes_of("d", LARGE)).await;
        }
        assert_eq!(handle.info("b").await.unwrap_err().code(), "not_found");
    }
    cluster.holds_only(&elsewhere, if put.is_ok() { &["a", "c", "d"] } else { &["a", "c"] }).await;
}

bounded! {
    /// The leader's server hears nothing of the two others, and they nothing of it, and nobody is told: it acknowledges
    /// nothing any more, and the two choose another leader. With `make soak`.
    async fn soak_row29_the_leader_hears_nothing() {
        if is_soaked() {
            apart(true, Wire::silence).await;
        }
    }

    /// A server is cut off from the two others.
    async fn row29_a_server_is_cut_off() {
        apart(false, Wire::cut).await;
    }
}
