//! What all answers of a server share: its key, its room, what it remembers of earlier answers. Refuses to answer.

use super::error::ApiError;
use crate::clock::now;
use crate::lock::lock;
use axum::http::{HeaderMap, header};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use wire::LlmFacts;

/// Answers that are remembered for `previous_response_id`; older ones make room.
const MAX_REMEMBERED: usize = 65_536;
/// Bytes of a key.
const MAX_KEY_BYTES: usize = 256;

/// A key that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

impl FromStr for ApiKey {
    type Err = &'static str;

    fn from_str(key: &str) -> Result<Self, Self::Err> {
        let fits = (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(key.to_owned())) } else { Err("expected 1 to 256 visible ASCII characters") }
    }
}

/// How the language-model service is set.
#[derive(Debug, Clone)]
pub struct LlmOptions {
    /// Key that requests must carry; none is asked for without it.
    pub key: Option<ApiKey>,
    /// Answers that are generated at one time; one more is refused with status 429.
    pub max_answers: usize,
    /// Nanoseconds of computing for each byte of a request's body.
    pub cost_per_byte_ns: u64,
}

impl Default for LlmOptions {
    fn default() -> Self {
        Self { key: None, max_answers: 10_000, cost_per_byte_ns: 0 }
    }
}

impl LlmOptions {
    /// What `/facts` says of it.
    pub(crate) const fn facts(&self) -> LlmFacts {
        let &Self { cost_per_byte_ns, max_answers, .. } = self;
        LlmFacts { cost_per_byte_ns, max_answers, demands_key: self.key.is_some() }
    }
}

/// One for each server.
#[derive(Debug)]
pub(crate) struct Desk {
    options: LlmOptions,
    answering: Arc<AtomicUsize>,
    memory: Mutex<Memory>,
}

/// Bytes of history behind each answer.
#[derive(Debug, Default)]
struct Memory {
    bytes: HashMap<String, u64>,
    oldest: VecDeque<String>,
}

/// The place of one answer that is being generated.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Desk {
    pub(crate) fn new(options: LlmOptions) -> Self {
        Self { options, answering: Arc::default(), memory: Mutex::default() }
    }

    /// Checks the key, where the APIs' clients send it: `Authorization: Bearer KEY` or `x-api-key: KEY`.
    pub(super) fn check_key(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let Some(ApiKey(key)) = &self.options.key else { return Ok(()) };
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
        let shown = bearer.or_else(|| text("x-api-key"));
        if shown == Some(key) { Ok(()) } else { Err(ApiError::wrong_key()) }
    }

    /// A place for one more answer.
    pub(super) fn place(&self) -> Result<Place, ApiError> {
        let place = Place(Arc::clone(&self.answering));
        let others = place.0.fetch_add(1, Relaxed);
        if others < self.options.max_answers { Ok(place) } else { Err(ApiError::rate_limit()) }
    }

    /// Computes for as long as it takes to read `bytes` of input, on the caller's thread, as a server does that has no
    /// other thread for it.
    pub(super) fn read_input(&self, bytes: usize) {
        let cost_ns = self.options.cost_per_byte_ns.saturating_mul(bytes as u64);
        let end = now().plus_nanos(cost_ns);
        while cost_ns > 0 && now() < end {
            std::hint::spin_loop();
        }
    }

    /// Bytes of history behind an earlier answer.
    pub(super) fn recall(&self, id: &str) -> Result<u64, ApiError> {
        lock(&self.memory).bytes.get(id).copied().ok_or_else(|| ApiError::unknown_previous(id))
    }

    /// Keeps how much history is behind an answer, for who continues from it.
    pub(super) fn remember(&self, id: String, bytes: u64) {
        let memory = &mut *lock(&self.memory);
        if memory.bytes.insert(id.clone(), bytes).is_none() {
            memory.oldest.push_back(id);
        }
        if memory.oldest.len() > MAX_REMEMBERED {
            let oldest = memory.oldest.pop_front();
            oldest.and_then(|oldest| memory.bytes.remove(&oldest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk(options: LlmOptions) -> Desk {
        Desk::new(options)
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_oldest() {
        let desk = desk(LlmOptions::default());
        for i in 0..=MAX_REMEMBERED as u64 {
            desk.remember(format!("resp_{i}"), i);
            desk.remember(format!("resp_{i}"), i);
        }
        assert!(desk.recall("resp_0").is_err());
        assert_eq!((desk.recall("resp_1").ok(), lock(&desk.memory).bytes.len()), (Some(1), MAX_REMEMBERED));
    }

    #[test]
    fn places_are_given_back() {
        let desk = desk(LlmOptions { max_answers: 1, ..LlmOptions::default() });
        let first = desk.place().unwrap();
        assert_eq!(desk.place().unwrap_err().status.as_u16(), 429);
        drop(first);
        assert!(desk.place().is_ok());
    }

    #[test]
    fn input_costs_what_was_said_and_nothing_by_default() {
        let begun = now();
        desk(LlmOptions { cost_per_byte_ns: 100, ..LlmOptions::default() }).read_input(10_000);
        assert!(now().nanos_since(begun) >= 1_000_000);
        desk(LlmOptions::default()).read_input(usize::MAX);
    }

    #[test]
    fn a_key_is_never_printed() {
        let key: ApiKey = "secret-key".parse().unwrap();
        assert!(!format!("{key:?}").contains("secret"));
        assert!("".parse::<ApiKey>().is_err() && "two words".parse::<ApiKey>().is_err());
    }
}
