//! The nine object-store requests of the NATS client compatibility suite, sent to the responder beside this file. What
//! it answers and does is checked by another client, async-nats.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::object_store::{Config, ObjectStore};
use async_nats::jetstream::{self, Context};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
type Checked = Result<()>;

const LIMIT: Duration = Duration::from_secs(20);

struct Suite {
    client: async_nats::Client,
    context: Context,
}

fn check(what: &str, found: &Bytes, wanted: impl Into<Bytes>) -> Checked {
    let wanted = wanted.into();
    if *found == wanted { Ok(()) } else { Err(format!("{what}: {found:?}, not {wanted:?}").into()) }
}

fn body(name: &str) -> Bytes {
    tests::bytes_of(name, 300_000)
}

fn digest(name: &str) -> String {
    jetblob::Digest::of(&body(name)).to_string()
}

impl Suite {
    /// Sends a test's command, and gives the answer.
    async fn command(&self, test: &str, mut request: Value) -> Result<Bytes> {
        request["suite"] = "object-store".into();
        request["test"] = test.into();
        request["command"] = "command".into();
        let subject = format!("tests.object-store.{test}.command");
        let asked = self.client.request(subject, request.to_string().into());
        Ok(timeout(LIMIT, asked).await.map_err(|_| "no answer in time")??.payload)
    }

    async fn bucket(&self, name: &str) -> Result<ObjectStore> {
        let config = Config { bucket: name.to_owned(), ..Config::default() };
        Ok(self.context.create_object_store(config).await?)
    }

    /// A bucket with an object `a`, made of the bytes of this name.
    async fn bucket_with(&self, name: &str, of: &str) -> Result<ObjectStore> {
        let bucket = self.bucket(name).await?;
        bucket.put("a", &mut body(of).as_ref()).await?;
        Ok(bucket)
    }

    /// The configuration of a bucket's stream.
    async fn stream(&self, bucket: &str) -> Result<jetstream::stream::Info> {
        Ok(self.context.get_stream(format!("OBJ_{bucket}")).await?.cached_info().clone())
    }

    /// Waits until somebody watches a bucket.
    async fn is_watched(&self, bucket: &str) -> Checked {
        let deadline = Instant::now() + LIMIT;
        while self.stream(bucket).await?.state.consumer_count == 0 {
            if Instant::now() > deadline {
                return Err("nobody watches".into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn default_bucket(&self) -> Checked {
        check(
            "answer",
            &self.command("default-bucket", json!({ "config": { "bucket": "default" } })).await?,
            "",
        )?;
        let config = self.stream("default").await?.config;
        let told = json!([config.max_bytes, config.num_replicas, config.storage, config.max_age.as_secs()]);
        check("stream", &Bytes::from(told.to_string()), json!([-1, 1, "file", 0]).to_string())
    }

    async fn custom_bucket(&self) -> Checked {
        let config = json!({
            "bucket": "custom", "description": "of ours", "max_bytes": 1 << 20, "max_age": 86_400_000_000_000_u64,
            "storage": "memory", "num_replicas": 1,
        });
        check("answer", &self.command("custom-bucket", json!({ "config": config })).await?, "")?;
        let config = self.stream("custom").await?.config;
        let told = json!([
            config.description,
            config.max_bytes,
            config.num_replicas,
            config.storage,
            config.max_age.as_secs(),
        ]);
        let wanted = json!(["of ours", 1 << 20, 1, "memory", 86_400]);
        check("stream", &Bytes::from(told.to_string()), wanted.to_string())
    }

    async fn put_object(&self) -> Checked {
        let bucket = self.bucket("put").await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/content", listener.local_addr()?);
        let serve = async {
            let (mut stream, _) = listener.accept().await?;
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await?;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", 300_000);
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&body("content")).await?;
            stream.shutdown().await
        };
        let request =
            json!({ "bucket": "put", "url": url, "config": { "name": "a", "description": "downloaded" } });
        let (served, answered) = tokio::join!(timeout(LIMIT, serve), self.command("put-object", request));
        check("answer", &answered?, "")?;
        served.map_err(|_| "nobody downloads")??;
        let mut object = bucket.get("a").await?;
        let mut bytes = Vec::new();
        object.read_to_end(&mut bytes).await?;
        check(
            "description",
            &Bytes::from(object.info.description.clone().unwrap_or_default()),
            "downloaded",
        )?;
        if bytes == body("content") { Ok(()) } else { Err("other bytes than were downloaded".into()) }
    }

    async fn get_object(&self) -> Checked {
        self.bucket_with("get", "got").await?;
        let answer = self.command("get-object", json!({ "bucket": "get", "object": "a" })).await?;
        check("answer", &answer, jetblob::Digest::of(&body("got")).as_bytes().to_vec())
    }

    async fn update_metadata(&self) -> Checked {
        let bucket = self.bucket_with("update", "updated").await?;
        let config = json!({ "name": "b", "description": "anew" });
        let request = json!({ "bucket": "update", "object": "a", "config": config });
        check("answer", &self.command("update-metadata", request).await?, "")?;
        let info = bucket.info("b").await?;
        check("description", &Bytes::from(info.description.unwrap_or_default()), "anew")?;
        if bucket.get("a").await.is_ok() { Err("the old name is still there".into()) } else { Ok(()) }
    }

    async fn watch(&self, test: &str, wanted: String) -> Checked {
        let bucket = self.bucket_with(test, "first").await?;
        let change = async {
            self.is_watched(test).await?;
            bucket.put("a", &mut body("second").as_ref()).await?;
            Checked::Ok(())
        };
        let request = json!({ "bucket": test, "object": "a" });
        let (changed, answered) = tokio::join!(change, self.command(test, request));
        changed?;
        check("answer", &answered?, wanted)
    }

    async fn get_link(&self) -> Checked {
        let bucket = self.bucket_with("get-link", "linked").await?;
        bucket.add_link("l", &bucket.info("a").await?).await?;
        let answer = self.command("get-link", json!({ "bucket": "get-link", "object": "l" })).await?;
        check("answer", &answer, jetblob::Digest::of(&body("linked")).as_bytes().to_vec())
    }

    async fn put_link(&self) -> Checked {
        let bucket = self.bucket_with("put-link", "linked").await?;
        let request = json!({ "bucket": "put-link", "object": "a", "link_name": "l" });
        check("answer", &self.command("put-link", request).await?, "")?;
        let mut bytes = Vec::new();
        bucket.get("l").await?.read_to_end(&mut bytes).await?;
        if bytes == body("linked") { Ok(()) } else { Err("the link has other bytes".into()) }
    }

    /// Plays all nine; gives the numbers of passed and failed.
    async fn play(&self) -> (usize, usize) {
        let results = [
            ("default-bucket", self.default_bucket().await),
            ("custom-bucket", self.custom_bucket().await),
            ("put-object", self.put_object().await),
            ("get-object", self.get_object().await),
            ("update-metadata", self.update_metadata().await),
            ("watch", self.watch("watch", [digest("first"), digest("second")].join(",")).await),
            ("watch-updates", self.watch("watch-updates", digest("second")).await),
            ("get-link", self.get_link().await),
            ("put-link", self.put_link().await),
        ];
        println!("\nThe client compatibility suite, object-store:");
        for (test, result) in &results {
            match result {
                Ok(()) => println!("  {test}: passed"),
                Err(error) => println!("  {test}: FAILED: {error}"),
            }
        }
        let passed = results.iter().filter(|(_, result)| result.is_ok()).count();
        let _ = self.client.publish("tests.done", Bytes::new()).await;
        let _ = self.client.flush().await;
        (passed, results.len() - passed)
    }
}

/// The responder, listening.
fn responder(url: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interop-compat-responder"));
    command.env("NATS_URL", url).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the responder");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("the responder");
    assert_eq!(line, "ready\n", "the responder did not begin");
    child
}

/// Plays the suite on this server; gives the numbers of passed and failed.
pub(crate) fn play(url: &str) -> (usize, usize) {
    let mut responder = responder(url);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let played = runtime.block_on(async {
        let client = async_nats::connect(url).await.expect("a connection");
        Suite { context: jetstream::new(client.clone()), client }.play().await
    });
    // It ends by itself at `tests.done`; if it doesn't, it goes with us.
    let deadline = Instant::now() + Duration::from_secs(5);
    while responder.try_wait().expect("a child").is_none() {
        if Instant::now() > deadline {
            let _ = responder.kill();
            println!("  the responder did not end");
            return (played.0, played.1 + 1);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    played
}
