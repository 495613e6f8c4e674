//! Asks language models: which question goes where and when, what comes back as a timeline, and what it comes to.
//!
//! ```text
//!  questions ─► turns: which arm is asked what, when ─► campaign ─► exchange: one request, one answer ─► answer ─► score
//!                                                                    │ format: path, body, key      event: JSON → what it says
//! ```
//!
//! A cell of a plan and `loadgen llm` are campaigns alike: they differ in their questions, and in where what has ended goes.

pub mod answer;
pub mod campaign;
pub mod event;
pub mod exchange;
pub mod failure;
pub mod format;
pub mod questions;
pub mod score;
pub mod turns;
pub mod waits;
