//! What the bindings hold: reads, uploads, lists and watches that are shared, and closed by whoever wants.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;
use jetblob::handle::{Download, Items, Upload};
use jetblob::{GetOptions, ListOptions, PutOptions, Store, WatchEvent, WatchOptions};

use tokio::task::unconstrained;

use crate::{assert_holds, body, on_every_engine};

const MIB: usize = 1 << 20;

/// Reads up to the end, at most so many bytes at a time.
async fn rest(download: &Download, max: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(piece) = download.read(max).await.unwrap() {
        assert!(!piece.is_empty() && piece.len() <= max);
        bytes.extend_from_slice(&piece);
    }
    bytes
}

on_every_engine! {
    /// An object is read in pieces of any size, and from anywhere.
    async fn a_download_reads_and_seeks(place: Place) {
        let bucket = place.bucket().await;
        let whole = body(3 * MIB + 17);
        bucket.put_bytes("a", whole.clone()).await.unwrap();

        let download = Download::new(bucket.get("a").await.unwrap());
        assert_eq!(rest(&download, 1000).await, whole);
        assert!(download.is_verified());
        assert_eq!(download.position(), whole.len() as u64);
        assert_eq!(download.read(1).await.unwrap(), None);
        for position in [2 * MIB + 5, 2 * MIB + 6, 0, 3 * MIB + 16, 3 * MIB + 17, 4 * MIB] {
            download.seek(position as u64).await.unwrap();
            assert_eq!(download.is_verified(), position == 0);
            assert_eq!(download.position(), position as u64);
            assert_eq!(rest(&download, usize::MAX).await, whole[position.min(whole.len())..]);
        }
        download.close();
        assert_eq!(download.read(1).await.unwrap_err().code(), "closed");
        assert_eq!(download.seek(0).await.unwrap_err().code(), "closed");
    }

    /// What is there can be looked at, and stays there until somebody goes on.
    async fn a_download_shows_what_is_at_hand(place: Place) {
        let bucket = place.bucket().await;
        let whole = body(3 * MIB + 17);
        bucket.put_bytes("a", whole.clone()).await.unwrap();

        let download = Download::new(bucket.get("a").await.unwrap());
        let (mut bytes, mut batches) = (Vec::new(), 0);
        loop {
            let position = bytes.len() as u64;
            let chunks = download.chunks(position).await.unwrap();
            assert_eq!(download.at_hand(position), chunks);
            assert_eq!(download.position(), position);
            if chunks.is_empty() {
                break;
            }
            bytes.extend(chunks.concat());
            batches += 1;
        }
        assert_eq!(bytes, whole);
        assert!(batches > 1 && download.is_verified());

        assert!(download.at_hand(0).is_empty(), "it is not there any more");
        assert!(download.is_verified(), "and is not sought");
        let position = 2 * MIB + 5;
        let chunks = download.chunks(position as u64).await.unwrap().concat();
        assert_eq!(chunks, whole[position..][..chunks.len()]);
        assert!(!download.is_verified());
        assert_eq!(download.at_hand(position as u64 + 3).concat(), chunks[3..]);
        assert_eq!(download.read(1).await.unwrap().unwrap(), whole[position + 3..][..1]);
        download.close();
        assert!(download.at_hand(position as u64 + 4).is_empty());
        assert_eq!(download.chunks(position as u64 + 4).await.unwrap_err().code(), "closed");
    }

    /// Positions count from the beginning of the range.
    async fn a_download_of_a_range(place: Place) {
        let bucket = place.bucket().await;
        let whole = body(MIB);
        bucket.put_bytes("a", whole.clone()).await.unwrap();
        let range = GetOptions::default().with_range(1000..500_000);
        let download = Download::new(bucket.get_with("a", range).await.unwrap());
        assert_eq!((download.range(), download.position(), download.is_verified()), (1000..500_000, 0, false));
        download.seek(400_000).await.unwrap();
        assert_eq!(rest(&download, usize::MAX).await, whole[401_000..500_000]);
    }

    /// What is left goes into a file, whatever was read ahead.
    async fn a_download_gives_its_object_back(place: Place) {
        let bucket = place.bucket().await;
        let whole = body(2 * MIB);
        bucket.put_bytes("a", whole.clone()).await.unwrap();
        let download = Download::new(bucket.get("a").await.unwrap());
        assert_eq!(download.read(10).await.unwrap().unwrap(), whole[..10]);
        let object = download.take_object().await.unwrap();
        assert!(!download.is_verified(), "the rest by itself");
        assert_eq!(object.into_bytes().await.unwrap(), whole[10..]);
        assert_eq!(download.read(1).await.unwrap_err().code(), "closed");
        assert_eq!(download.take_object().await.unwrap_err().code(), "closed");
        for _ in 0..50 {
            let download = Download::new(bucket.get("a").await.unwrap());
            download.close();
            assert_eq!(download.take_object().await.unwrap_err().code(), "closed", "nothing comes after a close");
        }
    }

    /// A download that is closed while somebody waits for its bytes: that is no end of the object.
    async fn a_closed_download_has_no_end(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_bytes("a", body(MIB)).await.unwrap();
        let (url, name) = (place.url.clone(), bucket.name().to_owned());
        let on_one_thread = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let bucket = Store::open(&url).await.unwrap().bucket(&name).await.unwrap();
                let download = Download::new(bucket.get("a").await.unwrap());
                let (read, ()) = tokio::join!(download.read(1), async { download.close() });
                assert_eq!(read.unwrap_err().code(), "closed");
            });
        };
        tokio::task::spawn_blocking(on_one_thread).await.unwrap();
    }

    /// A list gives everything, once.
    async fn items_of_a_list(place: Place) {
        let bucket = place.bucket().await;
        for name in 0..300 {
            bucket.put_string(format!("{name:03}"), "").await.unwrap();
        }
        let items = Items::new(bucket.list(ListOptions::default()));
        let mut names = Vec::new();
        while let Some(batch) = items.next_batch().await {
            names.extend(batch.into_iter().map(|info| info.unwrap().name));
        }
        names.sort();
        assert_eq!(names, (0..300).map(|name| format!("{name:03}")).collect::<Vec<_>>());
        assert!(items.next_batch().await.is_none());
    }

    /// Closing a watch wakes who waits in it, and ends it at the server.
    async fn a_closed_watch_wakes_who_waits(place: Place) {
        let bucket = place.bucket().await;
        let watch = bucket.watch_with(WatchOptions::default().updates_only()).await.unwrap();
        let items = Arc::new(Items::new(watch));
        bucket.put_string("a", "").await.unwrap();
        let told = items.next_batch().await.unwrap().remove(0).unwrap();
        assert!(matches!(told, WatchEvent::Object(info) if info.name == "a"));
        let waiting = tokio::spawn({
            let items = items.clone();
            async move { items.next_batch().await.is_none() }
        });
        tokio::task::yield_now().await;
        items.close();
        assert!(waiting.await.unwrap());
        crate::no_consumer_is_left(&place, &bucket).await;
    }

    /// What is written is stored; after the end there is nothing more to write.
    async fn an_upload_is_written_and_finished(place: Place) {
        let bucket = place.bucket().await;
        let upload = Upload::new(bucket.upload("a"));
        let whole = body(5 * MIB + 3);
        for piece in whole.chunks(700_000) {
            upload.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        upload.write(Bytes::new()).await.unwrap();
        assert_eq!(upload.finish().await.unwrap().size, whole.len() as u64);
        assert_holds(&bucket, "a", &whole).await;
        assert_eq!(upload.write(Bytes::new()).await.unwrap_err().code(), "closed");
        assert_eq!(upload.finish().await.unwrap_err().code(), "closed");
        upload.abort().await;
        assert_holds(&bucket, "a", &whole).await;
    }

    /// An aborted upload leaves the old object, and nothing else; so does one that is dropped.
    async fn an_aborted_upload_leaves_nothing(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_string("a", "old").await.unwrap();
        let aborted = Upload::new(bucket.upload("a"));
        aborted.write(body(3 * MIB)).await.unwrap();
        aborted.abort().await;
        assert_eq!(aborted.finish().await.unwrap_err().code(), "closed");
        assert_holds(&bucket, "a", b"old").await;
        place.holds_only(&bucket, &["a"]).await;

        let dropped = Upload::new(bucket.upload("a"));
        dropped.write(body(3 * MIB)).await.unwrap();
        drop(dropped);
        place.store.close().await;
        let place = place.again().await;
        let bucket = place.store.bucket(bucket.name()).await.unwrap();
        assert_holds(&bucket, "a", b"old").await;
        place.holds_only(&bucket, &["a"]).await;
    }

    /// Closing the store doesn't wait for a caller who may never come back; what was finished is brought to its end.
    async fn an_upload_that_is_idle_is_given_up_when_the_store_closes(place: Place) {
        let bucket = place.bucket().await;
        bucket.put_string("a", "old").await.unwrap();
        let idle = Upload::new(bucket.upload("a"));
        idle.write(body(3 * MIB)).await.unwrap();
        let unwritten = Upload::new(bucket.upload("b"));
        let finished = Upload::new(bucket.upload("c"));
        finished.write(body(MIB)).await.unwrap();
        let finishing = finished.finish();
        tokio::pin!(finishing);
        // It is asked for its end before the store closes, and may come to it at once.
        let at_once = unconstrained(finishing.as_mut()).now_or_never();
        let finished = async {
            match at_once {
                Some(finished) => finished,
                None => finishing.await,
            }
        };

        let closing = async {
            let since = Instant::now();
            place.store.close().await;
            since.elapsed()
        };
        let (took, finished) = tokio::join!(closing, finished);
        assert!(took < Duration::from_secs(5), "closing took {took:?}");
        assert_eq!(finished.unwrap().size, MIB as u64);
        assert_eq!(idle.write(body(1)).await.unwrap_err().code(), "closed");
        assert_eq!(idle.finish().await.unwrap_err().code(), "closed");
        assert_eq!(unwritten.finish().await.unwrap_err().code(), "closed");
        let place = place.again().await;
        let bucket = place.store.bucket(bucket.name()).await.unwrap();
        assert_holds(&bucket, "a", b"old").await;
        place.holds_only(&bucket, &["a", "c"]).await;
    }

    /// An upload whose finish nobody waits for any more is given up, where its commit has not begun.
    async fn an_upload_whose_finish_is_dropped(place: Place) {
        let bucket = place.bucket().await;
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let options = PutOptions::default().with_progress(move |_| _ = held.lock().unwrap().recv());
        let upload = Upload::new(bucket.upload_with("a", options));
        upload.write(body(MIB)).await.unwrap();
        assert!(upload.finish().now_or_never().is_none(), "the put is held");
        drop(release);
        place.store.close().await;
        let place = place.again().await;
        let bucket = place.store.bucket(bucket.name()).await.unwrap();
        assert_eq!(bucket.info("a").await.unwrap_err().code(), "not_found");
        place.holds_only(&bucket, &[]).await;
    }

    /// A writer who is faster than the store waits, after a few MiB in however many pieces.
    async fn an_upload_takes_no_more_than_a_few_mib_ahead(place: Place) {
        let bucket = place.bucket().await;
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let options = PutOptions::default().with_progress(move |_| _ = held.lock().unwrap().recv());
        let upload = Upload::new(bucket.upload_with("a", options));
        let piece = body(1000);
        let mut written = 0;
        while unconstrained(upload.write(piece.clone())).now_or_never().is_some() {
            written += piece.len();
            assert!(written < 6 * MIB, "the upload takes all that it is given");
        }
        assert!(written > MIB);
        drop(release);
        upload.write(piece.clone()).await.unwrap();
        assert_eq!(upload.finish().await.unwrap().size, (written + piece.len()) as u64);
    }

    /// Once the put has failed, a write says why, and so does the end.
    async fn a_failed_upload_says_why(place: Place) {
        let bucket = place.bucket().await;
        let upload = Upload::new(bucket.upload(""));
        let failed = loop {
            match upload.write(body(1000)).await {
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => break error,
            }
        };
        assert_eq!(failed.code(), "invalid_name");
        assert_eq!(upload.finish().await.unwrap_err().code(), "invalid_name");
        upload.abort().await;
    }
}
