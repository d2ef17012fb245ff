//! The newest record of each name, in the order in which they were written.
//!
//! For a consumer of the last message per subject the server searches all subjects before the first message comes. Where
//! no subject has a second message, a consumer of all messages brings the same. The server tells how many subjects there
//! are, and how many messages; both are of one state if nothing was stored or removed from before it was asked for either
//! until after it had told both. A name has several records where a client wrote one without a rollup.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::try_join;
use serde_json::{Value, json};

use super::api::Refusal;
use super::pull::Pull;
use super::scan;
use super::selection::Deliver;
use super::stream::BucketStream;
use crate::Result;

/// With fewer subjects the search costs less than the requests that it takes to do without.
const MANY: u64 = 2000;

/// No page of subjects begins here: their number is told, and none of them. Servers on 32 bits read no larger number.
const BEYOND_ALL: u64 = (1 << 31) - 1;

/// Opens what brings them.
pub(super) async fn open(stream: &Arc<BucketStream>) -> Result<Pull, Refusal> {
    let fresh = stream.fresh_state();
    if stream.subject_count.load(Ordering::Relaxed) >= MANY
        && stream.may_have_one_each.load(Ordering::Relaxed)
        && let Some(pull) = open_where_none_has_two(stream, fresh).await?
    {
        return Ok(pull);
    }
    let pull = Pull::open(stream.clone(), scan::all_records(stream, Deliver::LastPerSubject)).await?;
    // Each has a blob, most likely.
    stream.subject_count.store(pull.pending().saturating_mul(2), Ordering::Relaxed);
    Ok(pull)
}

async fn open_where_none_has_two(
    stream: &Arc<BucketStream>,
    before: Option<State>,
) -> Result<Option<Pull>, Refusal> {
    let before = match before {
        Some(state) => Some(state),
        None => state_now(stream).await?,
    };
    if before.is_none() || stream.api.server_is_before(2, 10) {
        stream.may_have_one_each.store(false, Ordering::Relaxed);
        return Ok(None);
    }
    let opening = async {
        let mut pull = Pull::open(stream.clone(), scan::all_records(stream, Deliver::All)).await?;
        // They come while the server counts.
        pull.ask_ahead().await.map_err(Refusal::Failed)?;
        Ok(pull)
    };
    let counting = async { info_with_count(stream).await.map_err(Refusal::Failed) };
    let (pull, (_, count)) = try_join(opening, counting).await?;
    let has_one_each = count == Some(pull.pending());
    // What the count was told with is a state before it.
    let is_still = state_now(stream).await? == before;
    if is_still && has_one_each {
        return Ok(Some(pull));
    }
    // This handle doesn't try again what most likely fails again.
    stream.may_have_one_each.fetch_and(!is_still, Ordering::Relaxed);
    pull.end().await;
    Ok(None)
}

async fn state_now(stream: &BucketStream) -> Result<Option<State>, Refusal> {
    let info = stream.stream_info(&Value::Null).await.map_err(Refusal::Failed)?;
    Ok(State::of(&info))
}

/// The stream as the server describes it, and then how many names have a record; `None` where the server would read the whole
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

/// What every change of a stream changes: what is stored raises the sequence, and what is removed lowers the number of
/// messages.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State {
    created: String,
    last_sequence: u64,
    messages: u64,
}

impl State {
    /// The state that an answer of the server describes. `None` where it doesn't, and where there are replicas, of which
    /// another may have made a consumer in another state.
    pub(super) fn of(answer: &Value) -> Option<Self> {
        let has_replicas =
            answer["cluster"]["replicas"].as_array().is_some_and(|replicas| !replicas.is_empty());
        let state = Self {
            created: answer["created"].as_str()?.to_owned(),
            last_sequence: answer["state"]["last_seq"].as_u64()?,
            messages: answer["state"]["messages"].as_u64()?,
        };
        (!has_replicas).then_some(state)
    }
}
