//! The newest record of each name, in the order in which they were written.
//!
//! For a consumer of the last message per subject the server searches all subjects before the first message comes. Where
//! no subject has a second message, a consumer of all messages brings the same. The server tells how many subjects there
//! are, and how many messages; both are of one state if nothing was stored or removed from before the first answer until
//! after the last. A name has several records where a client wrote one without a rollup.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::api::Refusal;
use super::consumer::Deliver;
use super::pull::Pull;
use super::scan;
use super::stream::BucketStream;
use crate::Result;

/// With fewer subjects the search costs less than the two requests that it takes to do without.
const MANY: u64 = 2000;

/// No page of subjects begins here: their number is told, and none of them. Servers on 32 bits read no larger number.
const BEYOND_ALL: u64 = (1 << 31) - 1;

/// Opens what brings them.
pub(super) async fn open(stream: &Arc<BucketStream>) -> Result<Pull, Refusal> {
    if stream.subject_count.load(Ordering::Relaxed) >= MANY
        && stream.may_have_one_each.load(Ordering::Relaxed)
        && let Some(pull) = open_where_none_has_two(stream).await?
    {
        return Ok(pull);
    }
    let pull = Pull::open(stream.clone(), scan::all_records(stream, Deliver::LastPerSubject)).await?;
    // Each has a blob, most likely.
    stream.subject_count.store(pull.pending().saturating_mul(2), Ordering::Relaxed);
    Ok(pull)
}

async fn open_where_none_has_two(stream: &Arc<BucketStream>) -> Result<Option<Pull>, Refusal> {
    let (before, count) = info_with_count(stream).await.map_err(Refusal::Failed)?;
    // Where there are replicas, the consumer may be made where another state is.
    let Some(count) = count.filter(|_| !has_replicas(&before)) else {
        stream.may_have_one_each.store(false, Ordering::Relaxed);
        return Ok(None);
    };
    let pull = Pull::open(stream.clone(), scan::all_records(stream, Deliver::All)).await?;
    let after = stream.stream_info(&Value::Null).await.map_err(Refusal::Failed)?;
    let (is_still, has_one_each) = (state(&before) == state(&after), count == pull.pending());
    if is_still && has_one_each {
        return Ok(Some(pull));
    }
    // This handle doesn't try again what most likely fails again.
    stream.may_have_one_each.fetch_and(!is_still, Ordering::Relaxed);
    pull.end().await;
    Ok(None)
}

/// The stream as the server describes it, and how many names have a record; `None` where the server would read the whole
/// stream for it.
pub(super) async fn info_with_count(stream: &BucketStream) -> Result<(Value, Option<u64>)> {
    if stream.api.server_is_before(2, 10) {
        return Ok((stream.stream_info(&Value::Null).await?, None));
    }
    let request = json!({ "subjects_filter": stream.subjects.all_records(), "offset": BEYOND_ALL });
    let info = stream.stream_info(&request).await?;
    let count = info["total"].as_u64();
    Ok((info, count))
}

/// Two states of a stream that are alike in this are the same: what is stored raises the sequence, and what is removed
/// lowers the number of messages.
fn state(info: &Value) -> [&Value; 3] {
    [&info["created"], &info["state"]["last_seq"], &info["state"]["messages"]]
}

fn has_replicas(info: &Value) -> bool {
    info["cluster"]["replicas"].as_array().is_some_and(|replicas| !replicas.is_empty())
}
