//! Lists, watches and checks.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::{Stream, TryStreamExt};
use jetblob::{WatchEvent, handle};
use tokio::sync::Mutex;

use crate::cancellation::Cancellation;
use crate::failure::Result;
use crate::finding::Finding;
use crate::info::ObjectInfo;
use crate::runtime::{Held, hand_over, runtime};
use crate::status::BucketStatus;

/// The items of a stream, those that were taken of it together with one that is told first, and those told last: who
/// is cancelled while a batch comes to them gets it again.
struct Items<T: Send + 'static> {
    stream: Held<handle::Items<T>>,
    telling: Mutex<Telling<T>>,
}

struct Telling<T> {
    taken: VecDeque<jetblob::Result<T>>,
    last: jetblob::Result<Vec<T>>,
    told: i64,
}

impl<T: Clone + Send + 'static> Items<T> {
    fn new(stream: impl Stream<Item = jetblob::Result<T>> + Send + 'static) -> Self {
        let _entered = runtime().enter();
        let telling = Telling { taken: VecDeque::new(), last: Ok(Vec::new()), told: 0 };
        Self { stream: Held::new(handle::Items::new(stream)), telling: Mutex::new(telling) }
    }

    /// The next items for who received so many batches, up to an error, which is told alone; none at the end.
    async fn next_batch(&self, received: Option<i64>) -> jetblob::Result<Vec<T>> {
        let Telling { taken, last, told } = &mut *self.telling.lock().await;
        if received.is_none_or(|received| received == *told) {
            if taken.is_empty() {
                *taken = self.stream.next_batch().await.unwrap_or_default().into();
            }
            let mut batch = Vec::with_capacity(taken.len());
            while let Some(item) = taken.pop_front_if(|item| item.is_ok() || batch.is_empty()) {
                match item {
                    Ok(item) => batch.push(item),
                    Err(error) => {
                        (*last, *told) = (Err(error), *told + 1);
                        return last.clone();
                    }
                }
            }
            (*last, *told) = (Ok(batch), *told + 1);
        }
        last.clone()
    }
}

/// One class for each kind of item: the other languages' code knows no generic ones.
macro_rules! items {
    ($(#[$doc:meta])* $items:ident of $item:ty) => {
        $(#[$doc])*
        #[derive(uniffi::Object)]
        pub struct $items(Items<$item>);

        impl $items {
            pub(crate) fn new(stream: impl Stream<Item = jetblob::Result<$item>> + Send + 'static) -> Arc<Self> {
                Arc::new(Self(Items::new(stream)))
            }
        }

        #[uniffi::export]
        impl $items {
            /// The next items; none at the end. Who may forget what came, when cancelled, says how many batches and errors
            /// were received.
            pub async fn next_batch(
                &self,
                received: Option<i64>,
                cancellation: Option<Arc<Cancellation>>,
            ) -> Result<Vec<$item>> {
                hand_over(cancellation, self.0.next_batch(received)).await
            }

            /// Ends it, at the server too.
            pub fn end(&self) {
                self.0.stream.close();
            }
        }
    };
}

items! {
    /// Names of buckets.
    Names of String
}
items! {
    /// Statuses of buckets.
    Statuses of BucketStatus
}
items! {
    /// Objects.
    Infos of ObjectInfo
}
items! {
    /// What a watch tells.
    Events of Event
}
items! {
    /// What a check finds.
    Findings of Finding
}

/// What a watch tells: an object that was written or deleted; without one, that what was there has been told.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Event {
    /// The object.
    pub object: Option<ObjectInfo>,
}

impl Events {
    pub(crate) fn of(watch: jetblob::Watch) -> Arc<Self> {
        Self::new(watch.map_ok(|event| match event {
            WatchEvent::Object(info) => Event { object: Some((*info).into()) },
            _ => Event { object: None },
        }))
    }
}
