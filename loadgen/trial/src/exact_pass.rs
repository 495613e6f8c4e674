//! Counts of a server and its reader under instruments, at two numbers of events: the slope is the cost of one more event, and
//! what a process costs by being there cancels. Refuses to hold a time: under an instrument, none means anything.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an exact pass counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExactPass {
    /// User instructions of the server process.
    pub instructions: Vec<Tally>,
    /// Calls of the server process to the C library's allocators.
    pub allocations: Vec<Tally>,
    /// System calls of the server process.
    pub syscalls: Vec<Tally>,
    /// User instructions of the reader's process.
    pub client_instructions: Vec<Tally>,
    /// Calls of the reader's process to the C library's allocators.
    pub client_allocations: Vec<Tally>,
    /// System calls of the reader's process.
    pub client_syscalls: Vec<Tally>,
    /// System calls of the server by name, at the greater number of events less those at the smaller.
    pub syscalls_by_name: BTreeMap<String, i64>,
    /// Events between the two.
    pub events_between: u64,
    /// The instruments that counted, with their versions.
    pub instruments: Vec<String>,
    /// What was not measured, and why.
    pub not_measured: Vec<String>,
}

/// A count at a number of events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Events that were sent and read.
    pub events: u64,
    /// The count over the life of the process.
    pub count: u64,
}

impl Tally {
    /// As a point of a line.
    pub const fn point(self) -> (f64, f64) {
        (self.events as f64, self.count as f64)
    }
}
