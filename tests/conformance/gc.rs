//! Removing what no object has, and nothing else.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use jetblob::engine::StoredBlob;
use jetblob::{BucketConfig, Error, GcOptions, GcReport, ObjectMeta, Store};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use tests::{Place, unique};

use crate::damage::{ask, has_only, orphan, publish};
use crate::{Bucket, assert_holds, body, on_a_server, on_every_engine};

fn at_once() -> GcOptions {
    GcOptions::default().with_grace(Duration::ZERO)
}

/// The bytes of what was removed, by size.
fn removed(report: &GcReport) -> Vec<u64> {
    let mut bytes: Vec<u64> = report.removed.iter().map(|orphan| orphan.bytes).collect();
    bytes.sort_unstable();
    bytes
}

on_every_engine! {
    /// What no object has is removed; a dry run tells of it and leaves it. Everything else stays.
    async fn orphans_are_removed(place: Place) {
        for plain in [false, true] {
            let bucket = place.bucket_with(BucketConfig { plain, ..BucketConfig::new(unique("gc")) }).await;
            let nothing = bucket.gc(at_once()).await.unwrap();
            assert_eq!((nothing.blobs, nothing.removed.len()), (0, 0));
            bucket.put_bytes("a", body(300_000)).await.unwrap();
            bucket.put_bytes("small", body(10)).await.unwrap();
            for size in [7, 300_000, 3 << 20] {
                orphan(&place, &bucket, size).await;
            }
            let dry = bucket.gc(at_once().as_dry_run()).await.unwrap();
            assert_eq!((removed(&dry), dry.blobs, dry.young), (vec![7, 300_000, 3 << 20], 5, 0));
            let young = bucket.gc(GcOptions::default()).await.unwrap();
            assert_eq!((removed(&young), young.blobs, young.young), (vec![], 5, 5));
            let report = bucket.gc(at_once()).await.unwrap();
            assert_eq!((removed(&report), report.left), (vec![7, 300_000, 3 << 20], 0));
            place.holds_only(&bucket, &["a", "small"]).await;
            assert_holds(&bucket, "a", &body(300_000)).await;
            assert_eq!(removed(&bucket.gc(at_once()).await.unwrap()), [] as [u64; 0]);
        }
    }

    /// Whatever a record names stays: after updates and renames, behind links, under two names.
    async fn what_has_a_name_stays(place: Place) {
        let bucket = place.bucket().await;
        for name in ["put", "updated", "renamed", "linked", "replaced"] {
            bucket.put_bytes(name, body(200_000)).await.unwrap();
        }
        bucket.update_meta("updated", ObjectMeta { description: "d".into(), .."updated".into() }).await.unwrap();
        bucket.rename("renamed", "new").await.unwrap();
        let target = bucket.info("linked").await.unwrap();
        bucket.add_link("link", &target).await.unwrap();
        bucket.put_bytes("replaced", body(200_001)).await.unwrap();
        let shared = bucket.put_bytes("one", body(200_000)).await.unwrap();
        place.plant(&bucket, "two", &json!({
            "name": "two", "nuid": shared.nuid.as_ref().unwrap().as_str(), "size": 200_000, "chunks": 2,
            "digest": shared.digest.unwrap().to_string(), "options": { "max_chunk_size": 128 << 10 },
        })).await;
        // As a client leaves it that was cut off in the middle of a rename, and whose old name was deleted since.
        place.plant(&bucket, "one", &json!({
            "name": "one", "nuid": shared.nuid.as_ref().unwrap().as_str(), "size": 0, "chunks": 0, "deleted": true,
        })).await;
        // A record that makes no sense, but for the blob that it names.
        let odd = orphan(&place, &bucket, 100_000).await;
        place.plant(&bucket, "odd", &json!({ "name": "odd", "nuid": odd.as_str(), "size": "ten" })).await;
        let lost = orphan(&place, &bucket, 300_000).await;

        let report = bucket.gc(at_once()).await.unwrap();
        assert_eq!(report.removed.iter().map(|orphan| &orphan.nuid).collect::<Vec<_>>(), [&lost]);
        for name in ["put", "updated", "new", "linked", "link", "two"] {
            let bytes = bucket.get_bytes(name).await.unwrap();
            assert!(bytes == body(200_000), "{name}");
        }
        assert_holds(&bucket, "replaced", &body(200_001)).await;
        let engine = place.engine_bucket(&bucket).await;
        assert!(engine.blob_size(&odd).await.unwrap().is_some());
    }

    /// While it can't be told what a record names, nothing is removed, and the error says which.
    async fn nothing_is_removed_in_doubt(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        let lost = orphan(&place, &bucket, 300_000).await;
        for record in [
            json!({ "name": "x/日本", "size": 5, "chunks": 1 }),
            json!({ "name": "x/日本", "nuid": null, "size": 5, "chunks": 1 }),
            json!({ "name": "x/日本", "nuid": 7, "size": 5, "chunks": 1 }),
            json!({ "name": "x/日本", "nuid": ">", "size": 5, "chunks": 1 }),
        ] {
            place.plant(&bucket, "x/日本", &record).await;
            for options in [at_once(), at_once().as_dry_run()] {
                let error = bucket.gc(options).await.unwrap_err();
                assert!(matches!(&error, Error::BadMeta { name, .. } if name == "x/日本"), "{record}: {error}");
                assert!(error.to_string().contains("nothing is removed"), "{error}");
            }
            let small = bucket.info("a").await.unwrap().nuid.unwrap();
            has_only(&place, &bucket, &[&lost, &small]).await;
        }
        bucket.delete("x/日本").await.unwrap();
        assert_eq!(removed(&bucket.gc(at_once()).await.unwrap()), [300_000]);
    }

    /// Nothing is removed from a sealed bucket.
    async fn sealed(place: Place) {
        let bucket = place.bucket().await;
        orphan(&place, &bucket, 300_000).await;
        bucket.seal().await.unwrap();
        for options in [at_once(), at_once().as_dry_run(), GcOptions::default()] {
            assert_eq!(bucket.gc(options).await.unwrap_err().code(), "sealed");
        }
    }

    /// A blob that somebody wrote to, or removed, since it was looked at is left to them.
    async fn what_changed_meanwhile_is_left(place: Place) {
        for plain in [false, true] {
            let bucket = place.bucket_with(BucketConfig { plain, ..BucketConfig::new(unique("gc")) }).await;
            let lost = orphan(&place, &bucket, 300_000).await;
            let engine = place.engine_bucket(&bucket).await;
            let blobs: Vec<StoredBlob> = engine.blobs().try_collect().await.unwrap();
            let [blob] = &blobs[..] else { panic!("{blobs:?}") };
            let stale = StoredBlob { version: blob.version.wrapping_sub(1), ..blob.clone() };
            assert!(!engine.remove_blob(&stale).await.unwrap());
            has_only(&place, &bucket, &[&lost]).await;
            assert!(engine.remove_blob(blob).await.unwrap());
            assert!(!engine.remove_blob(blob).await.unwrap());
            has_only(&place, &bucket, &[]).await;
            assert!(!engine.remove_blob(blob).await.unwrap());
        }
    }

    /// Two at once remove everything, each thing once.
    async fn two_at_once(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(300_000)).await.unwrap();
        for size in 0..150 {
            orphan(&place, &bucket, 1 + size).await;
        }
        let other = Store::open(&place.url).await.unwrap().bucket(bucket.name()).await.unwrap();
        let (one, two) = tokio::join!(bucket.gc(at_once()), other.gc(at_once()));
        let (one, two) = (one.unwrap(), two.unwrap());
        let mut all = [removed(&one), removed(&two)].concat();
        all.sort_unstable();
        assert_eq!(all, (1..=150).collect::<Vec<_>>());
        place.holds_only(&bucket, &["a"]).await;
    }

    /// Beside puts, renames, updates and deletes of others nothing is lost that anybody may still commit.
    async fn beside_writers(place: Place) {
        const GRACE: Duration = Duration::from_secs(5);
        let bucket = place.bucket().await;
        for size in 0..10 {
            orphan(&place, &bucket, 100_000 + size).await;
        }
        let until = Instant::now() + Duration::from_secs(9);
        let writers = (0..8_u64).map(|seed| {
            let (url, name) = (place.url.clone(), bucket.name().to_owned());
            tokio::spawn(async move {
                let store = Store::open(&url).await.unwrap();
                write(&store.bucket(&name).await.unwrap(), seed, until).await
            })
        });
        let writers: Vec<_> = writers.collect();
        let mut gone = Vec::new();
        while Instant::now() < until {
            gone.extend(removed(&bucket.gc(GcOptions::default().with_grace(GRACE)).await.unwrap()));
            tokio::task::yield_now().await;
        }
        gone.sort_unstable();
        assert_eq!(gone[..], (100_000..100_010).collect::<Vec<_>>()[..]);
        let mut names = Vec::new();
        for writer in writers {
            names.extend(writer.await.unwrap());
        }
        for (name, size) in &names {
            assert_holds(&bucket, name, &body(*size)).await;
        }
        let (findings, report) = crate::check::checked(&bucket, jetblob::CheckOptions::default()).await;
        assert_eq!((findings, report.objects), (vec![], names.len() as u64));
    }
}

/// Does what a client may do, to names of its own; answers with what must be there in the end.
async fn write(bucket: &Bucket, seed: u64, until: Instant) -> Vec<(String, usize)> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut there: Vec<(String, usize)> = Vec::new();
    for round in 0.. {
        if Instant::now() >= until {
            break;
        }
        let fresh = format!("w{seed}/{round}");
        let size = random.gen_range(0..400_000);
        let chosen = (!there.is_empty()).then(|| random.gen_range(0..there.len()));
        match (random.gen_range(0..6), chosen) {
            (0, Some(chosen)) => {
                bucket.rename(&there[chosen].0, &fresh).await.unwrap();
                there[chosen].0 = fresh;
            }
            (1, Some(chosen)) => {
                let meta = ObjectMeta { description: fresh, ..there[chosen].0.as_str().into() };
                bucket.update_meta(&there[chosen].0, meta).await.unwrap();
            }
            (2, Some(chosen)) => drop(bucket.delete(&there.swap_remove(chosen).0).await.unwrap()),
            (3, Some(chosen)) => {
                bucket.put_bytes(there[chosen].0.as_str(), body(size)).await.unwrap();
                there[chosen].1 = size;
            }
            (4, _) => {
                let mut upload = bucket.upload(fresh.as_str());
                let bytes = body(size);
                for piece in bytes.chunks(100_000) {
                    upload.write(piece.to_vec()).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(random.gen_range(0..300))).await;
                }
                upload.finish().await.unwrap();
                there.push((fresh, size));
            }
            _ => {
                bucket.put_bytes(fresh.as_str(), body(size)).await.unwrap();
                there.push((fresh, size));
            }
        }
    }
    there
}

on_a_server! {
    /// A put that stood still for longer than the grace of a gc has lost what it had sent: it fails, and the old object stays.
    async fn a_put_that_was_taken_for_an_orphan() {
        for plain in [false, true] {
            let place = Place::jetstream().await;
            let bucket = place.bucket_with(BucketConfig { plain, ..BucketConfig::new(unique("gc")) }).await;
            bucket.put_bytes("a", body(10)).await.unwrap();
            let begun = Instant::now();
            let mut upload = bucket.upload("a");
            upload.write(body(500_000)).await.unwrap();
            let mut gone = 0;
            while gone == 0 || begun.elapsed() < Duration::from_secs(6) {
                gone += bucket.gc(at_once()).await.unwrap().removed.len();
            }
            upload.write(body(500_000)).await.unwrap();
            let error = upload.finish().await.unwrap_err();
            assert_eq!(error.code(), "unavailable", "{error}");
            assert_holds(&bucket, "a", &body(10)).await;
            place.holds_only(&bucket, &["a"]).await;
        }
    }

    /// A record that is no JSON at all is a doubt like others.
    async fn no_json() {
        let place = Place::jetstream().await;
        let bucket = place.bucket().await;
        orphan(&place, &bucket, 300_000).await;
        publish(&place, &format!("$O.{}.M.YQ==", bucket.name()), b"{ no json").await;
        let error = bucket.gc(at_once()).await.unwrap_err();
        assert!(matches!(&error, Error::BadMeta { name, .. } if name == "a"), "{error}");
        bucket.put_bytes("a", body(10)).await.unwrap();
        assert_eq!(removed(&bucket.gc(at_once()).await.unwrap()), [300_000]);
        assert_holds(&bucket, "a", &body(10)).await;
    }

    /// What other clients leave: half a put, what they replaced, and what they keep under keys of their own.
    async fn of_other_clients() {
        let mut places = vec![Place::jetstream().await];
        places.extend(Place::oldest_jetstream().await);
        for place in places {
            let name = unique("theirs");
            let context = async_nats::jetstream::new(place.raw().await.unwrap());
            let config = async_nats::jetstream::object_store::Config { bucket: name.clone(), ..Default::default() };
            let theirs = context.create_object_store(config).await.unwrap();
            theirs.put("kept", &mut &body(400_000)[..]).await.unwrap();
            let bucket = place.store.bucket(&name).await.unwrap();
            for chunk in 0..3 {
                publish(&place, &format!("$O.{name}.C.halfAput"), &body(100_000 + chunk)).await;
            }
            publish(&place, &format!("$O.{name}.C.oldKey"), &body(10)).await;
            let record = json!({ "name": "???", "nuid": "oldKey", "size": 10, "chunks": 1 });
            publish(&place, &format!("$O.{name}.M.Pz8/"), record.to_string().as_bytes()).await;
            publish(&place, &format!("$O.{name}.C.not a nuid!").replace(' ', "-"), b"x").await;

            let report = bucket.gc(at_once()).await.unwrap();
            assert_eq!(removed(&report), [300_003]);
            assert_eq!(bucket.get_bytes("???").await.unwrap(), body(10));
            assert_holds(&bucket, "kept", &body(400_000)).await;
        }
    }

    /// Who may read and not remove is told so, and nothing is gone.
    async fn a_full_bucket_is_cleaned() {
        let place = Place::jetstream().await;
        let config = BucketConfig { max_bytes: Some(700_000), ..BucketConfig::new(unique("full")) };
        let bucket = place.bucket_with(config).await;
        bucket.put_bytes("a", body(10)).await.unwrap();
        orphan(&place, &bucket, 600_000).await;
        assert_eq!(bucket.put_bytes("b", body(300_000)).await.unwrap_err().code(), "quota_exceeded");
        let fill = ask(&place, &format!("INFO.OBJ_{}", bucket.name()), json!({})).await;
        let left = 700_000 - fill["state"]["bytes"].as_u64().unwrap();
        let filler = usize::try_from(left).unwrap() - 80;
        publish(&place, &format!("$O.{}.C.filler", bucket.name()), &vec![0; filler]).await;
        assert_eq!(bucket.gc(at_once()).await.unwrap().removed.len(), 2);
        bucket.put_bytes("b", body(300_000)).await.unwrap();
        place.holds_only(&bucket, &["a", "b"]).await;
    }
}
