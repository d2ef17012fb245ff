//! I. Mirrors of buckets.

use std::time::{Duration, Instant};

use jetblob::GetOptions;
use serde_json::json;

use crate::{Place, assert_holds, body, on_a_server};

on_a_server! {
    /// 104. A mirror is read like its origin, under its own name; and can't be written, least of all the origin by mistake.
    async fn b104_mirror() {
        for own_subjects in [false, true] {
            mirror(own_subjects).await;
        }
    }
}

/// A mirror on the subjects of its origin, or on subjects of its own name.
async fn mirror(own_subjects: bool) {
    let place = Place::jetstream().await;
    let origin = place.bucket().await;
    origin.put_bytes("a", body(300_000)).await.unwrap();
    origin.put_bytes("large", body(5 << 20)).await.unwrap();
    let name = format!("{}-mirror", origin.name());
    let raw = place.raw().await.unwrap();
    let mut config = json!({
        "name": format!("OBJ_{name}"), "storage": "file", "retention": "limits", "discard": "new", "max_msgs": -1,
        "mirror": { "name": format!("OBJ_{}", origin.name()) }, "allow_direct": true, "mirror_direct": false,
    });
    if own_subjects {
        let transform = json!({ "src": format!("$O.{}.>", origin.name()), "dest": format!("$O.{name}.>") });
        config["mirror"]["subject_transforms"] = json!([transform]);
    }
    let created =
        raw.request(format!("$JS.API.STREAM.CREATE.OBJ_{name}"), config.to_string().into()).await.unwrap();
    let created: serde_json::Value = serde_json::from_slice(&created.payload).unwrap();
    assert!(created["error"].is_null(), "{created}");

    let mirror = place.store.bucket(&name).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while mirror.info("large").await.is_err() {
        assert!(Instant::now() < deadline, "the mirror does not follow");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(mirror.info("a").await.unwrap().bucket, name);
    assert_holds(&mirror, "a", &body(300_000)).await;
    assert_holds(&mirror, "large", &body(5 << 20)).await;
    let part =
        mirror.get_with("large", GetOptions::default().with_range(3 << 20..(3 << 20) + 10)).await.unwrap();
    assert!(part.into_bytes().await.unwrap() == body(5 << 20)[3 << 20..(3 << 20) + 10]);
    assert_eq!(crate::list::names(&mirror).await, ["a", "large"]);
    let mut watch = mirror.watch().await.unwrap();
    assert!(matches!(watch.next().await.unwrap(), Some(jetblob::WatchEvent::Object(_))));

    let info = origin.info("a").await.unwrap();
    for error in [
        mirror.put_bytes("a", body(10)).await.unwrap_err(),
        mirror.put_bytes("a", "").await.unwrap_err(),
        mirror.delete("a").await.unwrap_err(),
        mirror.rename("a", "b").await.unwrap_err(),
        mirror.add_link("l", &info).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "invalid_config", "{error}");
        assert!(error.to_string().contains(origin.name()), "it says where to write: {error}");
    }
    assert_eq!(origin.info("a").await.unwrap(), info);
    place.holds_only(&origin, &["a", "large"]).await;
}
