//! What reaches the disk: plans, records, distributions and the figures taken from them.
//!
//! Plain data and pure functions. This crate opens no socket and reads no clock. Distributions are
//! stored, never percentiles, so that trials, clients and hosts can be merged; nothing here can
//! average a percentile.

#[cfg(test)]
extern crate self as trial;

mod arm;
mod cadence;
mod capacity;
pub mod check;
pub mod container;
mod distribution;
mod draft;
mod exact_pass;
mod figure;
mod floor_run;
mod gate;
mod heap_account;
mod job;
mod kernel_stamps;
mod layers;
mod layout;
mod llm;
mod llm_load;
mod load;
mod measurement;
mod metric;
mod older;
mod plan;
mod plan_check;
mod plan_file;
mod quantile;
mod record;
mod recording;
mod row;
mod second;
mod selfcheck;
mod share;
mod span;
mod stalls;
mod supports;
mod tool_loop;
mod workload;

pub use arm::{Arm, ClientKind, Compression, NotSupported, ParseArmError, Stack};
pub use cadence::Cadence;
pub use capacity::{Asked, Objective, ParseSloError, Point, Search, Slo, Stage, Variable};
pub use check::{Action, Check, Warning};
pub use distribution::{Distribution, DistributionError};
pub use exact_pass::{ExactPass, Tally};
pub use figure::{Dimension, Direction, Figure, UnknownWord, backlog_growth, slope};
pub use floor_run::FloorRun;
pub use gate::{CellStop, Noise, Prediction, Preflight, Redone, StopReason};
pub use heap_account::{HeapAccount, HeapGrowth};
pub use job::Job;
pub use kernel_stamps::KernelStamps;
pub use layers::{Bothways, Layers, Leg, Traffic};
pub use layout::{Layout, Start};
pub use llm::{AnswerSlo, Answered, Bursts, InVain, LlmCounts, MAX_FAILURES, ParseAnswerSloError};
pub use llm_load::{Begin, LlmLoad};
pub use load::{Content, Pace, Push, Timing};
pub use measurement::{
    Bytes, Cost, Counters, CpuSource, Dependence, Exchange, LiveBrowser, Measurement, MemoryPoint, Usage,
};
pub use metric::{Metric, Words};
pub use older::{OlderLoop, OlderSearch};
pub use plan::{Cell, Plan, StopRule};
pub use plan_check::PlanError;
pub use quantile::Quantile;
pub use record::{ClientFacts, ClockOffset, End, Host, Line, LineError, Outcome, Run, SCHEMA, Tool, Trial};
pub use recording::Recording;
pub use row::{Bilingual, Row, RowChart, RowLine, Rule, Weight};
pub use second::Second;
pub use selfcheck::{Case, ProbeResult, SelfCheck, SelfCheckError};
pub use share::{Processes, shares};
pub use stalls::{LATE_NS, LONG_NS, Late, MOST_UNCHARGED_NS, SLOT_NS, Stalls, Witness};
pub use tool_loop::{LoopTurn, ToolLoop};
pub use workload::{Scenario, Workload};
