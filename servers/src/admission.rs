//! What a query string asks for, held against the limits of this server.

use crate::refusal::Refusal;
use crate::state::ServerState;
use wire::Subscription;

/// Sequence numbers must fit the stamp's 12 hex digits.
const MAX_SEQ: u64 = (1 << 48) - 1;
/// Most events of one burst.
const MAX_BURST: u32 = 65_536;

/// What a query string asks for, if the limits allow it.
pub(crate) fn admit(query: Option<&str>, state: &ServerState) -> Result<Subscription, Refusal> {
    let limits = state.limits();
    let asked = Subscription::from_query(query.unwrap_or("")).map_err(|error| Refusal::bad(error.to_string()))?;
    let (rate, payload) = (asked.rate.get(), asked.payload_bytes);
    if rate > limits.max_rate {
        let max = limits.max_rate;
        return Err(Refusal::bad(format!("rate={rate}: the limit of this server is {max} (raise it with --max-rate)")));
    }
    if payload > limits.max_payload_bytes {
        let max = limits.max_payload_bytes;
        let line = format!("payload={payload}: the limit of this server is {max} (raise it with --max-payload)");
        return Err(Refusal::bad(line));
    }
    state.admit_faults(!asked.faults.is_empty())?;
    if let Some(seq) = asked.after.filter(|&seq| seq > MAX_SEQ) {
        return Err(Refusal::bad(format!("after={seq}: sequence numbers end at {MAX_SEQ}")));
    }
    if let wire::Schedule::Burst { size } = asked.schedule
        && size > MAX_BURST
    {
        return Err(Refusal::bad(format!("schedule=burst:{size}: a burst has at most {MAX_BURST} events")));
    }
    Ok(asked)
}
