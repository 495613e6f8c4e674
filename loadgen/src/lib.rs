//! Plan in, records out: the load generator.
//!
//! ```text
//! plan ─► runner ─► (server process, generator process) for each trial ─► records.jsonl ─► reports
//!                         workload: client ─► recorder
//! ```
//!
//! Refuses to draw conclusions: what the records mean is the business of `reports`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod acceptor;
mod blocks;
pub mod browser;
mod cgroup;
pub mod cli;
pub mod clock_offset;
pub mod clock_probe;
pub mod command;
pub mod control;
mod distance;
pub mod fleet;
mod floor_runs;
pub mod gate;
mod generator;
pub mod host;
pub mod instrument;
pub mod interrupt;
pub mod journal;
pub mod library;
pub mod namespace;
pub mod noise;
mod placement;
pub mod plans;
pub mod preflight;
pub mod print;
pub mod progress;
pub mod run_text;
pub mod runner;
pub mod selfcheck;
mod sources;
pub mod target;
pub mod timestamp;
pub mod together;
pub mod tool;
pub mod workload;
