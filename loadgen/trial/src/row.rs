//! The rows of the comparison table. Their words are in the reports.

use serde::{Deserialize, Serialize};

/// A row of the comparison table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Row {
    /// The article: server push against bidirectional.
    ProtocolType,
    /// The article: HTTP long polling against TCP connection.
    Implementation,
    /// The article: wide against limited.
    BrowserSupport,
    /// The article: higher against lower.
    Latency,
    /// The article: no against yes.
    Bidirectional,
    /// The article: possibly higher against lower.
    NetworkOverhead,
    /// The article: not needed against needed.
    ClientLibrary,
    /// Not in the article: events a second at saturation, CPU for each.
    Throughput,
    /// Not in the article: bytes for each open connection.
    Memory,
    /// Not in the article: TCP connect to first event.
    ConnectTime,
}

impl Row {
    /// Every row, in the order of the table.
    pub const ALL: [Self; 10] = [
        Self::ProtocolType,
        Self::Implementation,
        Self::BrowserSupport,
        Self::Latency,
        Self::Bidirectional,
        Self::NetworkOverhead,
        Self::ClientLibrary,
        Self::Throughput,
        Self::Memory,
        Self::ConnectTime,
    ];

    /// Whether its numbers are counts and sizes, which do not depend on when an event came.
    pub const fn is_counted(self) -> bool {
        match self {
            Self::ProtocolType | Self::Implementation | Self::BrowserSupport | Self::NetworkOverhead | Self::Memory => {
                true
            }
            Self::Latency | Self::Bidirectional | Self::ClientLibrary | Self::Throughput | Self::ConnectTime => false,
        }
    }

    /// The name in plans and anchors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProtocolType => "protocol-type",
            Self::Implementation => "implementation",
            Self::BrowserSupport => "browser-support",
            Self::Latency => "latency",
            Self::Bidirectional => "bidirectional",
            Self::NetworkOverhead => "network-overhead",
            Self::ClientLibrary => "client-library",
            Self::Throughput => "throughput",
            Self::Memory => "memory",
            Self::ConnectTime => "connect-time",
        }
    }
}
