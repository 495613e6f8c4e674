//! Workloads of large-model platforms: what is generated, when it is due, and what a client may order. Refuses to do I/O.
//!
//! ```text
//!  Workload ─┐
//!  Order ────┼─► Generation: tokens, events, due offsets, text      drawn before the stream starts, the same on both ends
//!  seed ─────┘
//!  Arrivals, Trace: when the next request begins                    the load generator's side
//!  close_event, event_stamp: the stamp inside a JSON event          written by the server, found again by the client
//! ```

mod arrival;
mod event_stamp;
mod generation;
mod job;
mod mishaps;
mod order;
mod trace;
mod variate;
mod words;
mod workload;

pub use arrival::{Arrival, Arrivals};
pub use event_stamp::{StampKey, close_event, event_stamp};
pub use generation::{Generation, MAX_TOKENS};
pub use job::{JobEvent, JobKind, JobOrder, JobScript, StepMetrics};
pub use mishaps::{LARGE_EVENT_BYTES, MAX_LARGE_BYTES, Mishaps, ParseMishapsError};
pub use order::{Batching, Language, Load, Order, OrderError};
pub use trace::{Trace, TraceError, TraceRequest};
pub use variate::{Spread, identifier};
pub use words::BYTES_PER_TOKEN;
pub use workload::{Batch, Gap, Workload};
