//! What reaches the disk: plans, records, distributions and the figures taken from them.
//!
//! Plain data and pure functions. This crate opens no socket and reads no clock. Distributions are
//! stored, never percentiles, so that trials, clients and hosts can be merged; nothing here can
//! average a percentile.

mod distribution;
mod figure;
mod gate;
mod llm;
mod measurement;
mod plan;
mod plan_file;
mod record;
mod warning;

pub use distribution::{Distribution, DistributionError};
pub use figure::{Figure, Quantile, slope};
pub use gate::{CellStop, Noise, Prediction, Preflight, Redone, StopReason};
pub use llm::{AnswerSlo, Answered, Bursts, LlmCounts, MAX_FAILURES, ParseAnswerSloError};
pub use measurement::{Bytes, Cost, Counters, Exchange, LiveBrowser, Measurement, MemoryPoint, Metric, Second, Usage};
pub use plan::{Arm, Cell, ClientKind, Load, Plan, Row, Scenario};
pub use plan_file::PlanError;
pub use record::{ClientFacts, ClockOffset, End, Host, Line, LineError, Outcome, Run, SCHEMA, Tool, Trial};
pub use warning::Warning;
