//! How the streams of a trial are shared out: one process may open, or take, only so many files.

use crate::{Push, Workload};
use serde::{Deserialize, Serialize};

/// The processes that shared a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processes {
    /// Generators.
    pub generators: u32,
    /// Servers, or endpoints of others.
    pub servers: u32,
}

impl Workload {
    /// The same with so many connections, as one of several processes does it; `None` for what one process does alone.
    pub fn with_connections(&self, connections: u32) -> Option<Self> {
        match self {
            Self::Push(push) => Some(Self::Push(Push { connections, ..push.clone() })),
            Self::Saturate { sharing, content, timing, faults, .. } => Some(Self::Saturate {
                connections,
                sharing: *sharing,
                content: *content,
                timing: *timing,
                faults: faults.clone(),
            }),
            &Self::Read { timing, .. } => Some(Self::Read { connections, timing }),
            Self::Echo { .. } | Self::Connect { .. } | Self::Memory { .. } | Self::Handshake { .. } => None,
            Self::Codec | Self::Browser | Self::Relay { .. } | Self::Exact { .. } | Self::Llm { .. } => None,
            Self::Endpoint { .. } | Self::Job(_) | Self::ToolLoop(_) | Self::Capacity { .. } => None,
        }
    }
}

/// So many streams in so many equal shares, the larger ones first.
pub fn shares(streams: u32, parts: u32) -> impl Iterator<Item = u32> {
    let parts = parts.max(1);
    (0..parts).map(move |part| streams / parts + u32::from(part < streams % parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_differ_by_one_at_most_and_lose_none() {
        assert_eq!(shares(11, 3).collect::<Vec<_>>(), [4, 4, 3]);
        assert_eq!(shares(2, 3).collect::<Vec<_>>(), [1, 1, 0]);
        assert_eq!(shares(100_000, 6).sum::<u32>(), 100_000);
        assert_eq!(shares(5, 0).collect::<Vec<_>>(), [5]);
    }
}
