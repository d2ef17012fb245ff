//! H. Lists and watches of many objects: the server searches for the newest record of each name only where a name may have
//! several.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_nats::Message;
use futures_util::{StreamExt, TryStreamExt, stream};
use jetblob::{Bucket, BucketConfig, BucketName, ListOptions, ObjectInfo, Store, WatchEvent};
use serde_json::{Value, json};
use tests::{Fate, Frame, Proxy, Server, ServerKind};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::{Place, body, on_a_server};

const MANY: usize = 1100;

/// A bucket of many objects, opened after they were put.
async fn many(place: &Place) -> Bucket {
    let bucket = place.bucket().await;
    fill(&bucket).await;
    again(place, &bucket).await
}

async fn fill(bucket: &Bucket) {
    let puts = stream::iter(0..MANY).map(|index| bucket.put_bytes(format!("{index}"), body(1)));
    puts.buffer_unordered(64).try_collect::<Vec<_>>().await.expect("puts");
}

async fn again(place: &Place, bucket: &Bucket) -> Bucket {
    Store::open(&place.url).await.expect("a store").bucket(bucket.name()).await.expect("the bucket")
}

/// Writes a record as an older nats.js does when it updates one: beside the one that is there.
async fn update_beside(place: &Place, bucket: &Bucket, name: &str) {
    let info = bucket.info(name).await.expect("the object");
    let record = json!({ "name": name, "bucket": info.bucket, "nuid": info.nuid.expect("a blob").as_str(),
        "size": info.size, "chunks": info.chunks, "description": "newest" });
    let context = async_nats::jetstream::new(place.raw().await.expect("a server"));
    let subject = BucketName::parse(bucket.name()).expect("a name").record_subject(name);
    context.publish(subject, record.to_string().into()).await.expect("sent").await.expect("stored");
}

/// Puts an object of another name whenever it is called, by what decides for a proxy.
fn put_from_a_proxy(bucket: &Bucket) -> impl Fn() + Send + Sync + 'static {
    let (bucket, runtime, count) = (bucket.clone(), Handle::current(), AtomicUsize::new(0));
    move || {
        let name = format!("new/{}", count.fetch_add(1, Ordering::Relaxed));
        block_in_place(|| runtime.block_on(bucket.put_bytes(name, body(1)))).expect("a put");
    }
}

/// The objects by name; none is listed twice.
async fn listed(bucket: &Bucket) -> BTreeMap<String, ObjectInfo> {
    let all: Vec<ObjectInfo> = bucket.list(ListOptions::default()).try_collect().await.expect("a list");
    let count = all.len();
    let by_name: BTreeMap<_, _> = all.into_iter().map(|info| (info.name.clone(), info)).collect();
    assert_eq!(by_name.len(), count);
    by_name
}

/// What a new watch tells before it has caught up.
async fn told(bucket: &Bucket) -> Vec<ObjectInfo> {
    let (mut watch, mut told) = (bucket.watch().await.expect("a watch"), Vec::new());
    loop {
        match watch.next().await.expect("an event") {
            Some(WatchEvent::Object(info)) => told.push(*info),
            Some(WatchEvent::CaughtUp) => return told,
            other => panic!("{other:?}"),
        }
    }
}

/// Which messages the consumers begin with that a call makes.
async fn consumers_of<T>(place: &Place, bucket: &Bucket, call: impl Future<Output = T>) -> (T, Vec<String>) {
    let create = format!("$JS.API.CONSUMER.CREATE.OBJ_{}", bucket.name());
    let (result, requests) = requests_of(place, &create, ">", call).await;
    let policy = |request: Message| {
        let request: Value = serde_json::from_slice(&request.payload).expect("JSON");
        request["config"]["deliver_policy"].as_str().expect("a policy").to_owned()
    };
    (result, requests.into_iter().map(policy).collect())
}

/// How often a call asks for the state of the bucket's stream.
async fn looks_of<T>(place: &Place, bucket: &Bucket, call: impl Future<Output = T>) -> (T, usize) {
    let (result, requests) = requests_of(place, "$JS.API.STREAM.INFO", "*", call).await;
    // Other tests ask for other streams.
    let stream = format!(".OBJ_{}", bucket.name());
    (result, requests.iter().filter(|request| request.subject.ends_with(&stream)).count())
}

/// What anybody asks of these subjects while a call lasts.
async fn requests_of<T>(
    place: &Place,
    subject: &str,
    wildcard: &str,
    call: impl Future<Output = T>,
) -> (T, Vec<Message>) {
    let raw = place.raw().await.expect("a server");
    let mut asked = raw.subscribe(format!("{subject}.{wildcard}")).await.expect("a subscription");
    raw.request("$JS.API.INFO", "".into()).await.expect("the server knows of the subscription");
    let result = call.await;
    let end = format!("{subject}.end");
    raw.publish(end.clone(), "".into()).await.expect("a connection");
    let mut requests = Vec::new();
    while let Some(request) = asked.next().await.filter(|request| request.subject.as_str() != end) {
        requests.push(request);
    }
    (result, requests)
}

on_a_server! {
    /// 96, 87. Where no name has two records, all of them are the newest.
    async fn each_name_has_one() {
        let place = Place::jetstream().await;
        let bucket = many(&place).await;
        let (all, policies) = consumers_of(&place, &bucket, listed(&bucket)).await;
        assert_eq!((all.len(), policies), (MANY, vec!["all".to_owned()]));
        let (all, policies) = consumers_of(&place, &bucket, told(&bucket)).await;
        assert_eq!((all.len(), policies), (MANY, vec!["all".to_owned()]));
        bucket.put_bytes("0", body(2)).await.unwrap();
        bucket.delete("1").await.unwrap();
        let all = listed(&bucket).await;
        assert_eq!((all.len(), all["0"].size), (MANY - 1, 2));
        let status = bucket.status().await.unwrap();
        assert_eq!(status.records, Some(MANY as u64), "the marker is one too");
    }

    /// 96, 87. Where a client left several records of a name, the newest is told, once.
    async fn a_name_has_several() {
        let place = Place::jetstream().await;
        let bucket = many(&place).await;
        for name in ["0", "7", "1099"] {
            update_beside(&place, &bucket, name).await;
        }
        let (all, policies) = consumers_of(&place, &bucket, listed(&bucket)).await;
        assert_eq!(policies, ["all", "last_per_subject"]);
        assert_eq!(all.len(), MANY);
        for info in all.values() {
            assert_eq!(info.description == "newest", ["0", "7", "1099"].contains(&info.name.as_str()), "{info:?}");
        }
        let all = told(&bucket).await;
        assert_eq!(all.len(), MANY);
        assert_eq!(all.iter().filter(|info| info.description == "newest").count(), 3);
        assert_eq!(bucket.status().await.unwrap().records, Some(MANY as u64));
    }

    /// 96. What is written just before the list, beside the record that is there, is what the list tells.
    async fn several_beside_writers() {
        let place = Place::jetstream().await;
        let bucket = many(&place).await;
        let other = again(&place, &bucket).await;
        let writer = tokio::spawn(async move {
            for index in 0.. {
                other.put_bytes(format!("new/{index}"), body(1)).await.unwrap();
            }
        });
        let mut before = 0;
        for index in 0..8 {
            let name = format!("{index}");
            update_beside(&place, &bucket, &name).await;
            let all = listed(&bucket).await;
            assert!(all.len() >= before.max(MANY));
            before = all.len();
            assert_eq!(all[&name].description, "newest");
            // With one record a name again.
            bucket.put_bytes(name, body(1)).await.unwrap();
        }
        assert!(before > MANY && !writer.is_finished(), "others wrote meanwhile: {before}");
        writer.abort();
    }

    /// 96. Right after a bucket was opened, a list knows the state from there.
    async fn a_list_after_opening_asks_less() {
        let place = Place::jetstream().await;
        let bucket = many(&place).await;
        let mut all_looks = Vec::new();
        // Where the machine takes long between the two, it asks once more.
        while all_looks.len() < 20 && !all_looks.contains(&3) {
            let open_and_list = Box::pin(async {
                let opened = again(&place, &bucket).await;
                assert_eq!(listed(&opened).await.len(), MANY);
                opened
            });
            let (opened, looks) = looks_of(&place, &bucket, open_and_list).await;
            all_looks.push(looks);
            let (all, looks) = looks_of(&place, &bucket, listed(&opened)).await;
            assert_eq!((all.len(), looks), (MANY, 3), "before the consumer, the count, and after it");
        }
        assert!(all_looks.contains(&3), "{all_looks:?}: to open it, the count, and after it");
    }

    /// 96. The numbers are believed only if they are of one state: here a name has two records, and as the server is to count
    /// the names, there comes another.
    async fn a_name_comes_before_the_count() {
        let place = Place::jetstream().await;
        let bucket = many(&place).await;
        update_beside(&place, &bucket, "0").await;
        let put = put_from_a_proxy(&bucket);
        let of_client = move |frame: &Frame<'_>| {
            if frame.body.contains("subjects_filter") {
                put();
            }
            Fate::Pass
        };
        let proxy = Proxy::deciding(&place.url, of_client, |_| Fate::Pass).await;
        let through = Store::open(proxy.url()).await.unwrap().bucket(bucket.name()).await.unwrap();
        // The first list may know the state from opening the bucket.
        for news in 1..3 {
            let (all, policies) = consumers_of(&place, &bucket, listed(&through)).await;
            assert_eq!(policies, ["all", "last_per_subject"]);
            assert_eq!((all.len(), all["0"].description.as_str()), (MANY + news, "newest"));
        }
    }

    /// 96. The same, and the name comes after the server has read its state, and before it has counted.
    async fn a_name_comes_just_before_the_count() {
        let place = Place::jetstream().await;
        let bucket = many(&place).await;
        update_beside(&place, &bucket, "0").await;
        let put = put_from_a_proxy(&bucket);
        let (counted, meanwhile) = (format!("\"total\":{MANY},"), format!("\"total\":{},", MANY + 1));
        let of_server = move |frame: &Frame<'_>| {
            if !frame.body.contains(&counted) {
                return Fate::Pass;
            }
            put();
            Fate::Instead(frame.body.replace(&counted, &meanwhile))
        };
        let proxy = Proxy::deciding(&place.url, |_| Fate::Pass, of_server).await;
        let through = Store::open(proxy.url()).await.unwrap().bucket(bucket.name()).await.unwrap();
        let (all, policies) = consumers_of(&place, &bucket, listed(&through)).await;
        assert_eq!(policies, ["all", "last_per_subject"]);
        assert_eq!((all.len(), all["0"].description.as_str()), (MANY + 1, "newest"));
    }

    /// 96. A watch that began with all records goes on with what is written.
    async fn a_watch_goes_on() {
        let place = Place::jetstream().await;
        let bucket = many(&place).await;
        let mut watch = bucket.watch().await.unwrap();
        while !matches!(watch.next().await.unwrap(), Some(WatchEvent::CaughtUp)) {}
        for (index, name) in ["5", "new", "6"].into_iter().enumerate() {
            bucket.put_bytes(name, body(index)).await.unwrap();
            match watch.next().await.unwrap() {
                Some(WatchEvent::Object(info)) => assert_eq!((info.name.as_str(), info.size), (name, index as u64)),
                other => panic!("{other:?}"),
            }
        }
    }

    /// 96. A handle that was opened on an empty bucket learns that there are many.
    async fn a_handle_learns() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        fill(&bucket).await;
        let (_, policies) = consumers_of(&place, &bucket, listed(&bucket)).await;
        assert_eq!(policies, ["last_per_subject"]);
        let (all, policies) = consumers_of(&place, &bucket, listed(&bucket)).await;
        assert_eq!((all.len(), policies), (MANY, vec!["all".to_owned()]));
    }

    /// 96, 87. On a server that limits what one request may ask for.
    async fn where_requests_are_limited() {
        let config = "jetstream { store_dir: \"$DIR/js\", limits { max_request_batch: 20 } }";
        let server = Server::with_config(ServerKind::Newest, config);
        let store = Store::open(server.url()).await.unwrap();
        let bucket = store.create_bucket(BucketConfig::new("b")).await.unwrap();
        fill(&bucket).await;
        assert_eq!(listed(&bucket).await.len(), MANY);
        let mut watch = bucket.watch().await.unwrap();
        while !matches!(watch.next().await.unwrap(), Some(WatchEvent::CaughtUp)) {}
        bucket.put_bytes("new", body(1)).await.unwrap();
        let event = watch.next().await.unwrap();
        assert!(matches!(&event, Some(WatchEvent::Object(info)) if info.name == "new"), "{event:?}");
        bucket.put_bytes("large", body(40 << 20)).await.unwrap();
        assert_eq!(bucket.get_bytes("large").await.unwrap(), body(40 << 20));
    }
}
