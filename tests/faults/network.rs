//! The network: what is lost, doubled, torn, cut off, slow or silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jetblob::{Bucket, BucketConfig, Store};
use tests::{Fate, Frame, Place, Proxy, Server, ServerKind, bytes_of, unique};

use crate::{bounded, holds, rest, store_within, until};

const LARGE: u64 = 20 << 20;

/// A bucket seen directly, and through a proxy.
struct Faulty {
    place: Place,
    sound: Bucket,
    bucket: Bucket,
    proxy: Proxy,
}

impl Faulty {
    async fn new(
        of_client: impl Fn(&Frame<'_>) -> Fate + Send + Sync + 'static,
        of_server: impl Fn(&Frame<'_>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        Self::within(Duration::from_secs(30), false, of_client, of_server).await
    }

    async fn within(
        idle_timeout: Duration,
        plain: bool,
        of_client: impl Fn(&Frame<'_>) -> Fate + Send + Sync + 'static,
        of_server: impl Fn(&Frame<'_>) -> Fate + Send + Sync + 'static,
    ) -> Self {
        let place = Place::jetstream().await;
        let sound = place.bucket_with(BucketConfig { plain, ..BucketConfig::new(unique("faulty")) }).await;
        let proxy = Proxy::deciding(&place.url, of_client, of_server).await;
        let store = store_within(proxy.url(), idle_timeout).await;
        let bucket = store.bucket(sound.name()).await.expect("the bucket");
        Self { place, sound, bucket, proxy }
    }

    /// Everything goes on.
    async fn passing() -> Self {
        Self::new(|_| Fate::Pass, |_| Fate::Pass).await
    }
}

fn is_chunk(frame: &Frame<'_>) -> bool {
    frame.line.contains(" $O.") && frame.line.contains(".C.") && !is_tombstone(frame)
}

fn is_tombstone(frame: &Frame<'_>) -> bool {
    frame.body.contains("Nats-Rollup") && frame.line.contains(".C.")
}

/// A record, on its way to the server.
fn is_record(frame: &Frame<'_>) -> bool {
    frame.line.starts_with("HPUB $O.") && frame.line.contains(".M.")
}

/// The acknowledgement of a message that was stored.
fn is_acknowledgement(frame: &Frame<'_>) -> bool {
    frame.body.starts_with("{\"stream\":\"OBJ_")
}

/// Does this to the message of the given number, counted from one, and lets all others pass.
fn only(
    number: usize,
    fate: Fate,
    is_counted: impl Fn(&Frame<'_>) -> bool + Send + Sync + 'static,
) -> impl Fn(&Frame<'_>) -> Fate + Send + Sync + 'static {
    let seen = AtomicUsize::new(0);
    move |frame| {
        let is_it = is_counted(frame) && seen.fetch_add(1, Ordering::Relaxed) + 1 == number;
        if is_it { fate.clone() } else { Fate::Pass }
    }
}

bounded! {
    /// The acknowledgement of one chunk is lost: the put succeeds all the same, or fails and leaves the old object.
    async fn row01_acknowledgement_of_a_chunk() {
        for (plain, number, size) in [(false, 1, 10), (true, 1, 10), (true, 3, 5 << 20), (true, 7, LARGE)] {
            let fault = only(number, Fate::Lose, is_acknowledgement);
            let faulty = Faulty::within(Duration::from_secs(4), plain, |_| Fate::Pass, fault).await;
            faulty.sound.put_bytes("a", bytes_of("old", 300_000)).await.unwrap();
            let new = bytes_of("new", size);
            match faulty.bucket.put_bytes("a", new.clone()).await {
                Ok(_) => holds(&faulty.sound, "a", &new).await,
                Err(error) => {
                    assert!(error.is_retryable() && error.code() == "timeout", "{error}");
                    holds(&faulty.sound, "a", &bytes_of("old", 300_000)).await;
                    faulty.bucket.put_bytes("a", new.clone()).await.unwrap();
                    holds(&faulty.sound, "a", &new).await;
                }
            }
            faulty.place.holds_only(&faulty.sound, &["a"]).await;
        }
    }

    /// One chunk is lost on its way: never a half object.
    async fn row01_a_chunk() {
        for (plain, number, size) in [(false, 2, 300_000), (false, 5, LARGE), (true, 5, LARGE)] {
            let fault = only(number, Fate::Lose, is_chunk);
            let faulty = Faulty::within(Duration::from_secs(4), plain, fault, |_| Fate::Pass).await;
            faulty.sound.put_bytes("a", bytes_of("old", 300_000)).await.unwrap();
            let new = bytes_of("new", size);
            if let Err(error) = faulty.bucket.put_bytes("a", new.clone()).await {
                assert!(error.is_retryable(), "{error}");
                holds(&faulty.sound, "a", &bytes_of("old", 300_000)).await;
                faulty.bucket.put_bytes("a", new.clone()).await.unwrap();
            }
            holds(&faulty.sound, "a", &new).await;
            faulty.place.holds_only(&faulty.sound, &["a"]).await;
        }
    }

    /// The record is lost on its way: it is sent again, over the same revision.
    async fn row04_a_record() {
        for size in [0, 10, 5 << 20] {
            let faulty = Faulty::new(only(1, Fate::Lose, is_record), |_| Fate::Pass).await;
            faulty.sound.put_bytes("a", bytes_of("old", 300_000)).await.unwrap();
            let new = bytes_of("new", size);
            let info = faulty.bucket.put_bytes("a", new.clone()).await.unwrap();
            assert_eq!(faulty.sound.info("a").await.unwrap().revision, info.revision);
            holds(&faulty.sound, "a", &new).await;
            let left: &[&str] = if size == 0 { &[] } else { &["a"] };
            faulty.place.holds_only(&faulty.sound, left).await;
        }
    }

    /// A copy of a record arrives late, after the object was replaced and after it was deleted: nothing comes back.
    async fn row05_a_record_arrives_twice() {
        for delete in [false, true] {
            let faulty = Faulty::new(only(1, Fate::Copy, is_record), |_| Fate::Pass).await;
            faulty.bucket.put_bytes("a", bytes_of("first", 10)).await.unwrap();
            let newer = bytes_of("newer", 300_000);
            if delete {
                faulty.sound.delete("a").await.unwrap();
            } else {
                faulty.sound.put_bytes("a", newer.clone()).await.unwrap();
            }
            faulty.proxy.repeat();
            // Whatever is sent next, the copy goes before it.
            faulty.bucket.put_bytes("b", "").await.unwrap();
            if delete {
                assert_eq!(faulty.sound.info("a").await.unwrap_err().code(), "not_found");
            } else {
                holds(&faulty.sound, "a", &newer).await;
            }
        }
    }

    /// The connection is cut off before a chunk, or in the middle of it: the put goes on, or fails and leaves what was.
    async fn row06_cut_in_a_chunk() {
        for fate in [Fate::Cut, Fate::Tear] {
            for (plain, number, size) in [(false, 1, 10), (false, 40, LARGE), (true, 40, LARGE)] {
                let fault = only(number, fate.clone(), is_chunk);
                let faulty = Faulty::within(Duration::from_secs(10), plain, fault, |_| Fate::Pass).await;
                faulty.sound.put_bytes("a", bytes_of("old", 300_000)).await.unwrap();
                let new = bytes_of("new", size);
                if let Err(error) = faulty.bucket.put_bytes("a", new.clone()).await {
                    assert!(error.is_retryable(), "{error}");
                    holds(&faulty.sound, "a", &bytes_of("old", 300_000)).await;
                    faulty.bucket.put_bytes("a", new.clone()).await.unwrap();
                }
                holds(&faulty.sound, "a", &new).await;
                faulty.place.holds_only(&faulty.sound, &["a"]).await;
            }
        }
    }

    /// The connection is cut off before the record, and between the record and its answer: the put succeeds.
    async fn row07_cut_at_the_record() {
        for before in [true, false] {
            for size in [0, 10, 5 << 20] {
                let seen = Arc::new(AtomicBool::new(false));
                let fate = if before { Fate::Cut } else { Fate::Pass };
                let of_client = {
                    let (seen, fault) = (seen.clone(), only(1, fate, is_record));
                    move |frame: &Frame<'_>| {
                        seen.fetch_or(is_record(frame), Ordering::Relaxed);
                        fault(frame)
                    }
                };
                let answer = move |frame: &Frame<'_>| {
                    !before && seen.load(Ordering::Relaxed) && is_acknowledgement(frame)
                };
                let faulty = Faulty::new(of_client, only(1, Fate::Cut, answer)).await;
                faulty.sound.put_bytes("a", bytes_of("old", 300_000)).await.unwrap();
                let new = bytes_of("new", size);
                match faulty.bucket.put_bytes("a", new.clone()).await {
                    Ok(_) => {}
                    // A small object's chunk may be under way with its record.
                    Err(error) if size == 10 && error.is_retryable() => {
                        holds(&faulty.sound, "a", &bytes_of("old", 300_000)).await;
                        faulty.bucket.put_bytes("a", new.clone()).await.unwrap();
                    }
                    Err(error) => panic!("before: {before}, {size} bytes: {error}"),
                }
                holds(&faulty.sound, "a", &new).await;
                let left: &[&str] = if size == 0 { &[] } else { &["a"] };
                faulty.place.holds_only(&faulty.sound, left).await;
            }
        }
    }

    /// The connection is cut off in a get: it goes on with the next chunk, and reads none again that was handed out.
    async fn row08_cut_in_a_get() {
        for size in [300_000, LARGE] {
            let came = Arc::new(AtomicU64::new(0));
            let fault = only(if size == LARGE { 100 } else { 2 }, Fate::Cut, |frame| frame.size > 20_000);
            let count = {
                let came = came.clone();
                move |frame: &Frame<'_>| {
                    came.fetch_add(frame.size as u64, Ordering::Relaxed);
                    fault(frame)
                }
            };
            let faulty = Faulty::new(|_| Fate::Pass, count).await;
            let whole = bytes_of("a", size);
            faulty.sound.put_bytes("a", whole.clone()).await.unwrap();
            assert!(faulty.bucket.get_bytes("a").await.unwrap() == whole);
            let twice = came.load(Ordering::Relaxed).saturating_sub(size);
            // Two requests may be under way when it is cut.
            assert!(twice < 17 << 20, "{twice} bytes came twice");
            assert!(faulty.bucket.get_bytes("a").await.unwrap() == whole);
        }
    }

    /// Nobody answers who asks for a consumer, as in a cluster that has just lost its leader: a get waits no idle limit for
    /// it, and reads by Direct Gets.
    async fn row25_no_consumer_is_made() {
        let is_creation = |frame: &Frame<'_>| frame.line.contains("$JS.API.CONSUMER.CREATE.");
        let fate = move |frame: &Frame<'_>| if is_creation(frame) { Fate::Lose } else { Fate::Pass };
        let faulty = Faulty::new(fate, |_| Fate::Pass).await;
        let whole = bytes_of("a", LARGE);
        faulty.sound.put_bytes("a", whole.clone()).await.unwrap();
        let start = Instant::now();
        assert!(faulty.bucket.get_bytes("a").await.unwrap() == whole);
        assert!(start.elapsed() < Duration::from_secs(15), "after {:?}", start.elapsed());
    }

    /// One way of the connection falls silent, and nobody is told: what is under way fails within the limit, then the
    /// silence is noticed, and all goes on over a new connection.
    async fn row09_row10_half_open() {
        let checks = [true, false].map(|server| async move {
            let place = Place::jetstream().await;
            let sound = place.bucket().await;
            let proxy = Proxy::deciding(&place.url, |_| Fate::Pass, |_| Fate::Pass).await;
            let store = store_within(proxy.url(), Duration::from_secs(3)).await;
            let bucket = store.bucket(sound.name()).await.unwrap();
            let whole = bytes_of("a", 64 << 20);
            sound.put_bytes("a", whole.clone()).await.unwrap();
            let mut object = bucket.get("a").await.unwrap();
            object.next().await.unwrap().unwrap();
            if server {
                proxy.silence_server();
            } else {
                proxy.silence_client();
            }
            let start = Instant::now();
            let (put, rest) = tokio::join!(bucket.put_bytes("b", bytes_of("b", 10)), rest(object));
            for error in [put.map(drop).unwrap_err(), rest.map(drop).unwrap_err()] {
                assert!(error.is_retryable() || error.code() == "unknown", "{error}");
            }
            assert!(start.elapsed() < Duration::from_secs(12), "after {:?}", start.elapsed());
            while let Err(error) = bucket.put_bytes("b", bytes_of("b", 20)).await {
                assert!(start.elapsed() < Duration::from_mins(1), "the silence is not noticed: {error}");
            }
            holds(&sound, "b", &bytes_of("b", 20)).await;
            assert!(bucket.get_bytes("a").await.unwrap() == whole);
        });
        futures_util::future::join_all(checks).await;
    }

    /// 64 kB in a second: no limit on the time of a transfer, only on that without progress.
    async fn row11_slow() {
        let place = Place::jetstream().await;
        let sound = place.bucket().await;
        let proxy = Proxy::deciding(&place.url, |_| Fate::Pass, |_| Fate::Pass).await;
        let store = store_within(proxy.url(), Duration::from_secs(4)).await;
        let bucket = store.bucket(sound.name()).await.unwrap();
        proxy.throttle(64_000);
        let whole = bytes_of("a", 400_000);
        bucket.put_bytes("a", whole.clone()).await.unwrap();
        holds(&sound, "a", &whole).await;
        assert!(bucket.get_bytes("a").await.unwrap() == whole);
    }

    /// 150 ms each way: chunks are not sent one by one.
    async fn row12_latency() {
        for plain in [false, true] {
            let faulty =
                Faulty::within(Duration::from_secs(30), plain, |_| Fate::Pass, |_| Fate::Pass).await;
            faulty.proxy.delay(Duration::from_millis(150));
            let whole = bytes_of("a", LARGE);
            let start = Instant::now();
            faulty.bucket.put_bytes("a", whole.clone()).await.unwrap();
            assert!(faulty.bucket.get_bytes("a").await.unwrap() == whole);
            // A chunk each round trip, both ways, would take 96 seconds.
            assert!(start.elapsed() < Duration::from_secs(24), "after {:?}", start.elapsed());
        }
    }

    /// Every byte comes by itself.
    async fn row13_byte_by_byte() {
        let faulty = Faulty::passing().await;
        faulty.proxy.dribble();
        for size in [0, 1, 1000] {
            let whole = bytes_of("a", size);
            faulty.bucket.put_bytes("a", whole.clone()).await.unwrap();
            assert!(faulty.bucket.get_bytes("a").await.unwrap() == whole);
        }
        assert_eq!(faulty.bucket.get("none").await.unwrap_err().code(), "not_found");
        faulty.bucket.delete("a").await.unwrap();
    }

    /// A message is torn in a get, and the connection closed: it is read again.
    async fn row14_torn_in_a_get() {
        for (number, size) in [(1, 10), (2, 300_000), (100, LARGE)] {
            let fault = only(number, Fate::Tear, |frame| frame.line.contains("MSG"));
            let is_on = Arc::new(AtomicBool::new(false));
            let fault = {
                let is_on = is_on.clone();
                move |frame: &Frame<'_>| if is_on.load(Ordering::Relaxed) { fault(frame) } else { Fate::Pass }
            };
            let faulty = Faulty::new(|_| Fate::Pass, fault).await;
            let whole = bytes_of("a", size);
            faulty.sound.put_bytes("a", whole.clone()).await.unwrap();
            is_on.store(true, Ordering::Relaxed);
            assert!(faulty.bucket.get_bytes("a").await.unwrap() == whole);
        }
    }

    /// The server calls the client too slow, and closes the connection: the transfer goes on.
    async fn row15_slow_consumer() {
        const WORDS: &str = "-ERR 'Slow Consumer'\r\n";
        let fault = only(100, Fate::Last(WORDS), |frame| frame.size > 20_000);
        let faulty = Faulty::new(|_| Fate::Pass, fault).await;
        let whole = bytes_of("a", LARGE);
        faulty.sound.put_bytes("a", whole.clone()).await.unwrap();
        assert!(faulty.bucket.get_bytes("a").await.unwrap() == whole);
    }

    /// Who reads pauses: what was read ahead is bounded; then all the rest comes.
    async fn row16_paused_reader() {
        let came = Arc::new(AtomicU64::new(0));
        let count = {
            let came = came.clone();
            move |frame: &Frame<'_>| {
                came.fetch_add(frame.size as u64, Ordering::Relaxed);
                Fate::Pass
            }
        };
        let faulty = Faulty::new(|_| Fate::Pass, count).await;
        let whole = bytes_of("a", 96 << 20);
        faulty.sound.put_bytes("a", whole.clone()).await.unwrap();
        let mut object = faulty.bucket.get("a").await.unwrap();
        let first = object.next().await.unwrap().unwrap();
        // Until nothing more has come for a second.
        let mut before = 0;
        while before != came.load(Ordering::Relaxed) {
            before = came.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(before < 48 << 20, "{before} bytes were read ahead");
        faulty.bucket.put_bytes("b", bytes_of("b", 10)).await.expect("nobody else is held up");
        assert!(rest(object).await.unwrap() == whole[first.len()..]);
    }

    /// Of several servers one is dead: the others are asked.
    async fn row17_a_dead_address() {
        let place = Place::jetstream().await;
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let store = Store::open(&format!("nats://{free},{}", place.url)).await.unwrap();
        let bucket = store.create_bucket(BucketConfig::new(unique("dead"))).await.unwrap();
        bucket.put_bytes("a", bytes_of("a", 10)).await.unwrap();
        holds(&bucket, "a", &bytes_of("a", 10)).await;
    }

    /// After a restart in the middle of a put the server takes smaller messages: chunks shrink.
    async fn row18_smaller_messages() {
        let config = "jetstream { store_dir: \"$DIR/js\" }";
        let mut server = Server::with_config(ServerKind::Newest, config);
        let bucket = store_within(server.url(), Duration::from_secs(20)).await;
        let bucket = bucket.create_bucket(BucketConfig::new("b")).await.unwrap();
        server.configure(&format!("{config}\nmax_payload: 65536\nmax_pending: 1MB"));
        let mut upload = bucket.upload("a");
        upload.write(bytes_of("first", 1 << 20)).await.unwrap();
        server.kill();
        server.start_again();
        let written = async {
            upload.write(bytes_of("second", 1 << 20)).await?;
            upload.finish().await
        };
        if let Err(error) = written.await {
            assert!(error.is_retryable(), "{error}");
            assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
        }
        bucket.put_bytes("b", bytes_of("b", 1 << 20)).await.unwrap();
        holds(&bucket, "b", &bytes_of("b", 1 << 20)).await;
        assert_eq!(bucket.info("b").await.unwrap().chunks, 16, "as many bytes as a message takes");
    }

    /// No server answers until the limit: an error within it, whatever is asked.
    async fn row19_no_server() {
        let server = Server::start(ServerKind::Newest);
        let store = store_within(server.url(), Duration::from_secs(2)).await;
        let bucket = store.create_bucket(BucketConfig::new("b")).await.unwrap();
        bucket.put_bytes("a", bytes_of("a", 10)).await.unwrap();
        drop(server);
        let asked = Arc::new(AtomicUsize::new(0));
        macro_rules! fails {
            ($($call:expr),* $(,)?) => {
                $({
                    let start = Instant::now();
                    let error = $call.await.map(|_| ()).unwrap_err();
                    assert!(matches!(error.code(), "unavailable" | "timeout" | "unknown"), "{error}");
                    // A put looks for what became of its chunks, too.
                    assert!(start.elapsed() < Duration::from_secs(5), "{error}: after {:?}", start.elapsed());
                    asked.fetch_add(1, Ordering::Relaxed);
                })*
            };
        }
        fails!(
            bucket.info("a"),
            bucket.get_bytes("a"),
            bucket.put_bytes("a", ""),
            bucket.put_bytes("a", bytes_of("a", LARGE)),
            bucket.delete("a"),
            bucket.rename("a", "b"),
            bucket.update_meta("a", "a".into()),
            bucket.status(),
            bucket.watch(),
            bucket.gc(jetblob::GcOptions::default()),
            store.bucket("b"),
            store.create_bucket(BucketConfig::new("c")),
            store.delete_bucket("b"),
        );
        until("every call was made", || asked.load(Ordering::Relaxed) == 13).await;
        let start = Instant::now();
        store.close().await;
        assert!(start.elapsed() < Duration::from_secs(8), "after {:?}", start.elapsed());
    }
}
