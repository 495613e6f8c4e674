//! Plan in, records out: the load generator.
//!
//! ```text
//! plan ─► runner ─► (server process, generator process) for each trial ─► records.jsonl ─► reports
//!                          drive: client ─► recorder
//! ```
//!
//! Refuses to draw conclusions: what the records mean is the business of `reports`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod acceptor;
pub mod agent;
mod blocks;
pub mod browser;
pub mod capacity;
mod cgroup;
pub mod cli;
pub mod client;
pub mod clock_offset;
pub mod clock_probe;
pub mod codec;
pub mod command;
pub mod control;
pub mod dependence;
pub mod drive;
pub mod endpoint;
pub mod event_log;
pub mod fleet;
pub mod gate;
mod generator;
pub mod host;
pub mod instrument;
pub mod interrupt;
pub mod journal;
pub mod kernel_clock;
mod lateness;
pub mod library;
pub mod llm;
pub mod namespace;
pub mod noise;
mod one_way;
pub mod plans;
pub mod preflight;
pub mod print;
pub mod progress;
pub mod recorder;
pub mod redact;
pub mod run_text;
pub mod runner;
pub mod selfcheck;
mod span;
pub mod stream;
pub mod target;
pub mod timestamp;
pub mod tls;
pub mod tool;
pub mod track;
pub mod window;
pub mod worker;
