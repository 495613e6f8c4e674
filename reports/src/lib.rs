//! Records in, pages out: load, compare, conclude, say, render.
//!
//! Nothing here measures: no socket, no clock, no async. Every number can be taken again from the records of years ago.
//!
//! ```text
//! records.jsonl ─ load ─► Records ─ Comparison::of ─► Comparison ─ document ─► Document ─┬─ terminal   the summary, as text
//!                                     ratios, verdicts              sections, blocks      ├─ markdown   summary.md
//!                                                                                         └─ html       report.html
//! ```
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod browser_support;
pub mod capacity;
mod chart;
pub mod ci;
pub mod compare;
pub mod detect;
pub mod document;
pub mod effects;
pub mod proof;
pub mod replicate;
pub mod row;
pub mod stats;
pub mod study;
pub mod verdict;

mod arms;
mod load;
mod notice;
mod number;
mod own_cells;
mod picture;
mod printed;
mod readme;
mod render;
mod section;
mod settle;
mod text;
mod theory;
mod warnings;

pub use capacity::Capacity;
pub use compare::Comparison;
pub use document::Document;
pub use load::{LoadError, Records, RepackError, load, repack};
pub use notice::{Notice, Withdrawn};
pub use printed::{Printed, one_line};
pub use readme::{Part, SpliceError, readme_part, splice};
pub use render::{RenderError, Rendered, html, markdown, render, terminal};
pub use section::{Extent, document, preflight};
pub use text::{Language, ParseLanguageError};
pub use theory::overhead_in_theory;
