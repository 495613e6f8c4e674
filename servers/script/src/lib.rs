//! What the language-model service says and when, drawn from a seed by both ends: answers, jobs, arrivals. Plain data, no I/O.
//!
//! ```text
//!  TokenWorkload ─┐
//!  Order ─────────┼─► Generation: tokens, events, due offsets, text    drawn before the stream starts, the same on both ends
//!  seed ──────────┘
//!  JobOrder ────────► JobScript: events of a prediction or of a training run
//!  Arrivals, Trace: when the next request begins                       the load generator's side
//! ```

mod arrival;
mod generation;
mod job;
mod mishaps;
mod order;
mod trace;
mod variate;
mod words;
mod workload;

pub use arrival::{Arrival, Arrivals};
pub use generation::{Generation, MAX_TOKENS};
pub use job::{JobEvent, JobKind, JobOrder, JobScript, StepMetrics};
pub use mishaps::{LARGE_EVENT_BYTES, MAX_LARGE_BYTES, Mishaps, ParseMishapsError};
pub use order::{Batching, Language, Load, Order};
pub use trace::{Trace, TraceError, TraceRequest};
pub use variate::{Random, Spread, identifier};
pub use words::BYTES_PER_TOKEN;
pub use workload::{Batch, Gap, TokenWorkload};
