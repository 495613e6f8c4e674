//! How late a generator was, and what its scheduler says about it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A late generator.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LateGenerator {
    /// 99th percentile of its lag in microseconds.
    pub p99_us: f64,
    /// Time that its threads waited for a CPU, as a share of the wall time, where that is the cause: the host is full, and
    /// another thread would wait as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited: Option<f64>,
}

impl fmt::Display for LateGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the load generator itself was {:.0} µs late at p99: ", self.p99_us)?;
        let Some(waited) = self.waited else { return f.write_str("fewer connections or more --threads") };
        let percent = 100.0 * waited;
        write!(f, "its threads waited {percent:.0} % of the time for a CPU, for this host is full; lower the load")?;
        f.write_str(" or use more CPUs, no more --threads")
    }
}
