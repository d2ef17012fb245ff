//! H. The engine's changes: what a watch is made of.

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use jetblob::engine::{Change, Start};

use crate::{body, on_every_engine};

/// The next change: a name and whether it is deleted, or nothing for the marker.
async fn next(changes: &mut BoxStream<'static, jetblob::Result<Change>>) -> Option<(String, bool, u64)> {
    match changes.next().await.expect("changes never end").expect("a change") {
        Change::Record(stored) => {
            let record = stored.record().as_ref().expect("a record");
            Some((record.name().expect("a name").to_owned(), record.is_deleted(), stored.revision))
        }
        Change::CaughtUp => None,
    }
}

on_every_engine! {
    /// 87, 88, 90. What is there, deleted or not, in revision order; one marker; then each change, from any handle.
    async fn b87_changes(place: Place) {
        let bucket = place.bucket().await;
        let engine = place.engine_bucket(&bucket).await;
        let mut empty = engine.changes(Start::Current).await.unwrap();
        assert_eq!(next(&mut empty).await, None, "an empty bucket: the marker at once");

        for name in ["a", "b", "c"] {
            bucket.put_bytes(name, body(10)).await.unwrap();
        }
        bucket.put_bytes("a", body(20)).await.unwrap();
        bucket.delete("b").await.unwrap();
        let mut changes = engine.changes(Start::Current).await.unwrap();
        let mut seen = Vec::new();
        while let Some(change) = next(&mut changes).await {
            seen.push(change);
        }
        let told: Vec<_> = seen.iter().map(|(name, deleted, _)| (name.as_str(), *deleted)).collect();
        assert_eq!(told, [("c", false), ("a", false), ("b", true)]);
        assert!(seen.is_sorted_by_key(|(_, _, revision)| *revision));

        bucket.put_bytes("d", body(10)).await.unwrap();
        assert_eq!(next(&mut changes).await.map(|(name, ..)| name).as_deref(), Some("d"));
        bucket.delete("c").await.unwrap();
        assert_eq!(next(&mut changes).await.map(|(name, deleted, _)| (name, deleted)), Some(("c".into(), true)));

        let mut later = engine.changes(Start::After(seen[1].2)).await.unwrap();
        assert_eq!(next(&mut later).await.map(|(name, ..)| name).as_deref(), Some("b"));
        assert_eq!(next(&mut later).await.map(|(name, ..)| name).as_deref(), Some("d"));
        assert_eq!(next(&mut later).await.map(|(name, ..)| name).as_deref(), Some("c"));
        assert_eq!(next(&mut later).await, None);
    }

    /// 94. No change is lost or told twice to a slow reader, however many there are.
    async fn b94_slow_reader(place: Place) {
        let bucket = place.bucket().await;
        let mut changes = place.engine_bucket(&bucket).await.changes(Start::Current).await.unwrap();
        assert_eq!(next(&mut changes).await, None);
        let names: Vec<String> = (0..1200).map(|index| format!("{index}")).collect();
        let puts = futures_util::stream::iter(&names).map(|name| bucket.put_bytes(name.as_str(), ""));
        assert_eq!(puts.buffer_unordered(32).filter(|put| std::future::ready(put.is_ok())).count().await, names.len());
        let (mut told, mut last) = (std::collections::HashSet::new(), 0);
        while told.len() < names.len() {
            let (name, _, revision) = next(&mut changes).await.expect("no second marker");
            assert!(told.insert(name) && revision > last);
            last = revision;
        }
    }
}
