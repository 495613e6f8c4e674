//! Records in, pages out: load, compare, conclude, render.
//!
//! Nothing here measures: no socket, no clock, no async. Every number can be taken again from the records of years ago.
//!
//! ```text
//! records.jsonl ─ load ─► Records ─ Comparison::of ─► Comparison ─┬─ terminal          the table, as text
//!                                     ratios, verdicts            ├─ summary_markdown  summary.md
//!                                                                 └─ render            report.html, charts/*.png
//! ```
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod agent;
pub mod browser_support;
pub mod capacity;
mod chart;
pub mod ci;
pub mod compare;
pub mod detect;
pub mod proof;
pub mod row;
pub mod stats;
pub mod verdict;

mod arms;
mod belief;
mod columns;
mod evidence;
mod findings;
mod load;
mod markdown;
mod notice;
mod number;
mod own_cells;
mod page;
mod picture;
mod preflight;
mod printed;
mod readme;
mod render;
mod terminal;
mod text;

pub use agent::Agent;
pub use capacity::Capacity;
pub use compare::Comparison;
pub use load::{LoadError, Records, RepackError, load, repack};
pub use markdown::summary_markdown;
pub use notice::{Notice, Withdrawn};
pub use preflight::preflight_lines;
pub use printed::{Printed, one_line};
pub use readme::{Part, SpliceError, readme_part, splice};
pub use render::{RenderError, Rendered, render};
pub use terminal::{agent_terminal, capacity_terminal, terminal};
pub use text::{Language, ParseLanguageError};
