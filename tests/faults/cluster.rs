//! Three servers, and a bucket on all of them.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use jetblob::{Bucket, BucketConfig, GcOptions, ObjectInfo, PutOptions, Result, Store};
use serde_json::{Value, json};
use tests::{Place, Server, ServerKind, bytes_of};
use tokio::task::JoinHandle;

use crate::{bounded, holds, store_within};

const LARGE: u64 = 64 << 20;

/// Three servers.
pub(crate) struct Cluster {
    pub(crate) servers: Vec<Server>,
    admin: async_nats::Client,
}

impl Cluster {
    async fn start() -> Self {
        let held = Self::hold_ports();
        let ports = held.each_ref().map(port_of);
        Self::start_on(held, "", |_, to| ports[to]).await
    }

    /// Ports on which the servers are to hear each other. Held until then, so that nobody else gets them.
    pub(crate) fn hold_ports() -> [TcpListener; 3] {
        [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    /// Servers that hear each other on these ports, and go by the port that is the `way` from one to another.
    pub(crate) async fn start_on(
        held: [TcpListener; 3],
        more: &str,
        way: impl Fn(usize, usize) -> u16 + Sync,
    ) -> Self {
        let ports = held.map(|port| port_of(&port));
        let start = |index: usize| {
            let routes = [0, 1, 2].map(|to| format!("nats-route://127.0.0.1:{}", way(index, to)));
            let config = format!(
                "server_name: s{index}\njetstream {{ store_dir: \"$DIR/js\" }}\n\
                 cluster {{ name: c, listen: \"127.0.0.1:{}\", routes: [{}]\n{more} }}\n",
                ports[index],
                routes.join(", "),
            );
            Server::with_config(ServerKind::Newest, &config)
        };
        // None listens before most of them are there.
        let servers: Vec<Server> = thread::scope(|scope| {
            let started: Vec<_> = (0..3)
                .map(|index| {
                    scope.spawn({
                        let start = &start;
                        move || start(index)
                    })
                })
                .collect();
            started.into_iter().map(|server| server.join().expect("a server")).collect()
        });
        let urls: Vec<_> = servers.iter().map(Server::url).collect();
        let admin = async_nats::connect(urls).await.expect("a connection");
        let cluster = Self { servers, admin };
        cluster.ready().await;
        cluster
    }

    /// Waits until JetStream has a leader that knows all three.
    async fn ready(&self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let config =
                json!({ "name": "READY", "subjects": ["ready"], "num_replicas": 3, "storage": "memory" });
            let made = self.ask("STREAM.CREATE.READY", &config).await;
            if made.as_ref().is_some_and(|made| made["error"].is_null()) {
                self.ask("STREAM.DELETE.READY", &Value::Null).await;
                return;
            }
            assert!(Instant::now() < deadline, "the cluster does not come up: {made:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The URLs of all servers.
    fn url(&self) -> String {
        let urls: Vec<_> = self.servers.iter().map(Server::url).collect();
        urls.join(",")
    }

    /// Calls the JetStream API; nothing where no answer comes.
    async fn ask(&self, call: &str, request: &Value) -> Option<Value> {
        let payload = if request.is_null() { String::new() } else { request.to_string() };
        let answer = self.admin.request(format!("$JS.API.{call}"), payload.into());
        let answer = tokio::time::timeout(Duration::from_secs(5), answer).await.ok()?.ok()?;
        serde_json::from_slice(&answer.payload).ok()
    }

    /// The server that leads the stream, once there is one.
    pub(crate) async fn leader(&self, stream: &str) -> usize {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let info = self.ask(&format!("STREAM.INFO.{stream}"), &Value::Null).await.unwrap_or_default();
            let leader = info["cluster"]["leader"].as_str().and_then(|name| name.strip_prefix('s'));
            if let Some(leader) = leader.and_then(|number| number.parse().ok()) {
                return leader;
            }
            assert!(Instant::now() < deadline, "no leader: {info}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until all replicas of the stream are current.
    pub(crate) async fn healed(&self, stream: &str) {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let info = self.ask(&format!("STREAM.INFO.{stream}"), &Value::Null).await.unwrap_or_default();
            let replicas = info["cluster"]["replicas"].as_array();
            if replicas.is_some_and(|all| all.len() == 2 && all.iter().all(|one| one["current"] == true)) {
                return;
            }
            assert!(Instant::now() < deadline, "not healed: {info}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A bucket on all three.
    pub(crate) async fn bucket(&self, idle_timeout: Duration) -> (Store, Bucket) {
        let store = store_within(&self.url(), idle_timeout).await;
        let bucket = store.create_bucket(BucketConfig { replicas: 3, ..BucketConfig::new("b") }).await;
        (store, bucket.expect("a bucket"))
    }

    /// Waits until nothing but these objects' bytes is there, after a gc.
    pub(crate) async fn holds_only(&self, bucket: &Bucket, names: &[&str]) {
        bucket.gc(GcOptions::default().with_grace(Duration::ZERO)).await.expect("a gc");
        Place::on(self.servers[0].url()).await.holds_only(bucket, names).await;
    }
}

pub(crate) fn port_of(held: &TcpListener) -> u16 {
    held.local_addr().expect("an address").port()
}

/// Puts in the background; returns when some of it is under way.
async fn put_under_way(bucket: &Bucket, name: &'static str, size: u64) -> JoinHandle<Result<ObjectInfo>> {
    let (sender, mut receiver) = tokio::sync::watch::channel(0);
    let options = PutOptions::default().with_progress(move |bytes| {
        sender.send_replace(bytes);
    });
    let bucket = bucket.clone();
    let put = tokio::spawn(async move { bucket.put_with(name, bytes_of(name, size), options).await });
    receiver.wait_for(|bytes| *bytes > size / 8).await.expect("progress");
    put
}

/// The put ended well, or in an error that is worth another try; then one of the next does. The object is whole.
async fn ended_well(bucket: &Bucket, name: &'static str, size: u64, put: JoinHandle<Result<ObjectInfo>>) {
    let mut put = put.await.expect("no panic");
    let deadline = Instant::now() + Duration::from_secs(80);
    while let Err(error) = put {
        assert!(error.is_retryable() || error.code() == "unknown", "{error}");
        assert!(Instant::now() < deadline, "no put ends well: {error}");
        put = bucket.put_bytes(name, bytes_of(name, size)).await;
    }
    is_read_whole(bucket, name, size).await;
}

/// A get gives every byte, or an error that is worth another try; then one of the next does.
async fn is_read_whole(bucket: &Bucket, name: &str, size: u64) {
    let deadline = Instant::now() + Duration::from_secs(80);
    loop {
        match bucket.get_bytes(name).await {
            Ok(bytes) => {
                assert!(bytes == bytes_of(name, size), "{name}: other bytes");
                return;
            }
            Err(error) => assert!(error.is_retryable() && Instant::now() < deadline, "{error}"),
        }
    }
}

bounded! {
    /// The leader of the stream is killed in the middle of a put, and later comes back.
    async fn row25_leader_killed() {
        let mut cluster = Cluster::start().await;
        let (_, bucket) = cluster.bucket(Duration::from_secs(20)).await;
        let put = put_under_way(&bucket, "a", LARGE).await;
        let leader = cluster.leader("OBJ_b").await;
        cluster.servers[leader].kill();
        ended_well(&bucket, "a", LARGE, put).await;
        cluster.servers[leader].start_again();
        cluster.healed("OBJ_b").await;
        holds(&bucket, "a", &bytes_of("a", LARGE)).await;
        cluster.holds_only(&bucket, &["a"]).await;
    }

    /// The leader of the stream stands still for longer than the others wait for it.
    async fn row26_leader_stopped() {
        let cluster = Cluster::start().await;
        let (_, bucket) = cluster.bucket(Duration::from_secs(20)).await;
        let put = put_under_way(&bucket, "a", LARGE).await;
        let leader = cluster.leader("OBJ_b").await;
        cluster.servers[leader].pause();
        // The time is the point of the test: nothing is waited for.
        tokio::time::sleep(Duration::from_secs(14)).await;
        cluster.servers[leader].resume();
        ended_well(&bucket, "a", LARGE, put).await;
        cluster.healed("OBJ_b").await;
        cluster.holds_only(&bucket, &["a"]).await;
    }

    /// The stream gets another leader every few seconds, in the middle of puts and gets.
    async fn row27_other_leaders() {
        let cluster = Cluster::start().await;
        let (_, bucket) = cluster.bucket(Duration::from_secs(20)).await;
        let moving = async {
            loop {
                tokio::time::sleep(Duration::from_secs(3)).await;
                cluster.ask("STREAM.LEADER.STEPDOWN.OBJ_b", &Value::Null).await;
            }
        };
        let working = async {
            for name in ["a", "b", "c"] {
                let put = put_under_way(&bucket, name, LARGE / 4).await;
                ended_well(&bucket, name, LARGE / 4, put).await;
            }
        };
        tokio::select! {
            () = moving => {}
            () = working => {}
        }
        cluster.healed("OBJ_b").await;
        cluster.holds_only(&bucket, &["a", "b", "c"]).await;
    }

    /// The cluster gets another leader while buckets are made and removed: each call ends as if it hadn't.
    async fn row28_another_leader_of_all() {
        let cluster = Cluster::start().await;
        let store = store_within(&cluster.url(), Duration::from_secs(20)).await;
        for round in 0..4 {
            let name = format!("b{round}");
            let config = BucketConfig { replicas: 3, ..BucketConfig::new(name.clone()) };
            let (created, _) =
                tokio::join!(store.create_bucket(config), cluster.ask("META.LEADER.STEPDOWN", &Value::Null));
            let bucket = created.unwrap();
            bucket.put_bytes("a", bytes_of("a", 10)).await.unwrap();
            holds(&bucket, "a", &bytes_of("a", 10)).await;
            let (deleted, _) =
                tokio::join!(store.delete_bucket(&name), cluster.ask("META.LEADER.STEPDOWN", &Value::Null));
            match deleted {
                Ok(()) => {}
                // The first request did it, and its answer was lost.
                Err(error) => assert_eq!(error.code(), "bucket_not_found", "{error}"),
            }
            assert_eq!(store.bucket(&name).await.unwrap_err().code(), "bucket_not_found");
        }
    }

    /// Two of three servers are gone: an error in time, and the old object is there when they are back.
    async fn row30_majority_lost() {
        let mut cluster = Cluster::start().await;
        let (_, bucket) = cluster.bucket(Duration::from_secs(4)).await;
        bucket.put_bytes("a", bytes_of("a", 300_000)).await.unwrap();
        let leader = cluster.leader("OBJ_b").await;
        let lost = [leader, (leader + 1) % 3];
        for server in lost {
            cluster.servers[server].kill();
        }
        let start = Instant::now();
        let error = bucket.put_bytes("a", bytes_of("new", 300_000)).await.unwrap_err();
        assert!(error.is_retryable() || error.code() == "unknown", "{error}");
        assert!(start.elapsed() < Duration::from_secs(20), "after {:?}", start.elapsed());
        thread::scope(|scope| {
            for (index, server) in cluster.servers.iter_mut().enumerate() {
                if lost.contains(&index) {
                    scope.spawn(|| server.start_again());
                }
            }
        });
        cluster.healed("OBJ_b").await;
        let patient = store_within(&cluster.url(), Duration::from_secs(20)).await.bucket("b").await.unwrap();
        match error.code() {
            "unknown" => {
                patient.resolve(&error).await.unwrap();
                patient.get_bytes("a").await.unwrap();
            }
            _ => holds(&patient, "a", &bytes_of("a", 300_000)).await,
        }
        patient.put_bytes("a", bytes_of("new", 300_000)).await.unwrap();
        cluster.holds_only(&patient, &["a"]).await;
    }

    /// All three are killed as soon as they have acknowledged.
    async fn row31_all_killed() {
        let mut cluster = Cluster::start().await;
        let (_, bucket) = cluster.bucket(Duration::from_secs(20)).await;
        let names = ["a", "b", "c", "d"];
        for (index, name) in names.into_iter().enumerate() {
            bucket.put_bytes(name, bytes_of(name, 1000 << (5 * index))).await.unwrap();
        }
        for server in &mut cluster.servers {
            server.kill();
        }
        thread::scope(|scope| {
            for server in &mut cluster.servers {
                scope.spawn(|| server.start_again());
            }
        });
        cluster.healed("OBJ_b").await;
        for (index, name) in names.into_iter().enumerate() {
            holds(&bucket, name, &bytes_of(name, 1000 << (5 * index))).await;
        }
        cluster.holds_only(&bucket, &names).await;
    }

    /// A bucket is given replicas in the middle of a put, and they are taken away in the middle of another.
    async fn row33_replicas() {
        let cluster = Cluster::start().await;
        let store = store_within(&cluster.url(), Duration::from_secs(20)).await;
        let bucket = store.create_bucket(BucketConfig::new("b")).await.unwrap();
        let put = put_under_way(&bucket, "a", LARGE).await;
        store.update_bucket(BucketConfig { replicas: 3, ..BucketConfig::new("b") }).await.unwrap();
        ended_well(&bucket, "a", LARGE, put).await;
        cluster.healed("OBJ_b").await;
        let put = put_under_way(&bucket, "b", LARGE).await;
        store.update_bucket(BucketConfig::new("b")).await.unwrap();
        ended_well(&bucket, "b", LARGE, put).await;
        is_read_whole(&bucket, "a", LARGE).await;
        cluster.holds_only(&bucket, &["a", "b"]).await;
    }
}

/// Puts and gets an object of this size while the stream's leader changes, and is killed once.
async fn through_changes_of_leaders(size: u64) {
    let mut cluster = Cluster::start().await;
    let (_, bucket) = cluster.bucket(Duration::from_secs(30)).await;
    let put = put_under_way(&bucket, "a", size).await;
    for _ in 0..3 {
        cluster.ask("STREAM.LEADER.STEPDOWN.OBJ_b", &Value::Null).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let leader = cluster.leader("OBJ_b").await;
    cluster.servers[leader].kill();
    ended_well(&bucket, "a", size, put).await;
    cluster.servers[leader].start_again();
    cluster.healed("OBJ_b").await;
    cluster.ask("STREAM.LEADER.STEPDOWN.OBJ_b", &Value::Null).await;
    is_read_whole(&bucket, "a", size).await;
    cluster.holds_only(&bucket, &["a"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_object_through_changes_of_leaders() {
    let check = through_changes_of_leaders(96 << 20);
    tokio::time::timeout(Duration::from_mins(3), check).await.expect("the test hangs");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn soak_two_gib_through_changes_of_leaders() {
    if crate::is_soaked() {
        let check = through_changes_of_leaders(2 << 30);
        tokio::time::timeout(Duration::from_mins(30), check).await.expect("the test hangs");
    }
}
