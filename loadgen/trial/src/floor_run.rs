//! What a plain writer and a plain reader on system calls alone took for a load: the floor that a search for capacity quotes.
//! Refuses to compare.

use serde::{Deserialize, Serialize};
use wire::Transport;

/// One run of the floor at the load that all arms of a search hold. Writer and reader are a thread each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FloorRun {
    /// Name of the cell that searched; older records had one search.
    #[serde(default = "only")]
    pub cell: String,
    /// Whose framing it had.
    pub transport: Transport,
    /// Round, from 0; a round holds every arm.
    pub round: u32,
    /// Load in the unit of the search.
    pub load: u64,
    /// Events, all of them whole.
    pub events: u64,
    /// CPU time of the writer's thread for each event, nanoseconds.
    pub writer_cpu_ns: f64,
    /// CPU time of the reader's thread likewise.
    pub reader_cpu_ns: f64,
    /// Median of the response time from the due time, nanoseconds.
    pub response_p50_ns: u64,
    /// Its p99.
    pub response_p99_ns: u64,
}

fn only() -> String {
    crate::older::SEARCH.to_owned()
}
