//! What all answers of a server share: its key, its bound, what it remembers of earlier answers.

use super::error::ApiError;
use crate::access::bearer;
use crate::clock::now;
use crate::endpoint::Streams;
use crate::lock::lock;
use crate::secret::Secret;
use axum::http::HeaderMap;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use wire::LlmFacts;

/// Answers that are remembered for `previous_response_id`; older ones make room.
const MAX_REMEMBERED: usize = 65_536;

/// How the language-model service is set.
#[derive(Debug, Clone)]
pub struct LlmOptions {
    /// Key that requests must carry; none is asked for without it.
    pub key: Option<Secret>,
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
pub(crate) struct LlmService {
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

/// What a request is answered with.
#[derive(Debug, Clone)]
pub(super) struct LlmState {
    pub(super) streams: Streams,
    pub(super) service: Arc<LlmService>,
}

impl LlmService {
    pub(crate) fn new(options: LlmOptions) -> Self {
        Self { options, answering: Arc::default(), memory: Mutex::default() }
    }

    /// Checks the key, where the APIs' clients send it: `Authorization: Bearer KEY` or `x-api-key: KEY`.
    pub(super) fn check_key(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let Some(key) = &self.options.key else { return Ok(()) };
        let shown = bearer(headers).or_else(|| headers.get("x-api-key").map(|value| value.as_bytes()));
        if shown.is_some_and(|shown| key.is(shown)) { Ok(()) } else { Err(ApiError::wrong_key()) }
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

    fn service(options: LlmOptions) -> LlmService {
        LlmService::new(options)
    }

    #[test]
    fn memory_is_bounded_and_forgets_the_oldest() {
        let service = service(LlmOptions::default());
        for i in 0..=MAX_REMEMBERED as u64 {
            service.remember(format!("resp_{i}"), i);
            service.remember(format!("resp_{i}"), i);
        }
        assert!(service.recall("resp_0").is_err());
        assert_eq!((service.recall("resp_1").ok(), lock(&service.memory).bytes.len()), (Some(1), MAX_REMEMBERED));
    }

    #[test]
    fn places_are_given_back() {
        let service = service(LlmOptions { max_answers: 1, ..LlmOptions::default() });
        let first = service.place().unwrap();
        assert_eq!(service.place().unwrap_err().status.as_u16(), 429);
        drop(first);
        assert!(service.place().is_ok());
    }

    #[test]
    fn input_costs_what_was_said_and_nothing_by_default() {
        let begun = now();
        service(LlmOptions { cost_per_byte_ns: 100, ..LlmOptions::default() }).read_input(10_000);
        assert!(now().nanos_since(begun) >= 1_000_000);
        service(LlmOptions::default()).read_input(usize::MAX);
    }
}
