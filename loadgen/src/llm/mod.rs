//! Requests to language models: ask over either transport, read the answer as a timeline, count. Refuses to start servers.
//!
//! ```text
//!  campaign: which request when ─► drive ─► exchange: one request, one answer ─► answer: timeline ─► score: measurement
//!  schedule: the questions of a cell ─┘        │ format: path, body, key      event: JSON → what it says
//! ```

pub mod answer;
pub mod campaign;
pub mod drive;
pub mod event;
pub mod exchange;
pub mod failure;
pub mod format;
pub mod schedule;
pub mod score;
pub mod text;
