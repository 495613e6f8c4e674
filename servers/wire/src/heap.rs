//! The answer of `/heap`: what a server has requested of its allocator and not given back, by what it is for. Plain data.

use serde::{Deserialize, Serialize};

/// What a block of the heap is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeapUse {
    /// hyper's read buffer.
    HyperRead,
    /// hyper's buffer for heads and for what it writes.
    HyperWrite,
    /// tungstenite's read buffer.
    TungsteniteRead,
    /// tungstenite's write buffer.
    TungsteniteWrite,
    /// The task of a connection: its future, hyper's state in it, timers.
    Task,
    /// Request and response while they are answered, routes, extensions.
    Exchange,
    /// Topic, reader, schedule, ticket: this project's own, the same for every transport.
    Own,
    /// State of a WebSocket beside its buffers.
    WebSocket,
    /// A TLS session: its keys and state, and the records that it gathers.
    Tls,
    /// Body of a streamed response beside its buffers.
    Body,
    /// The runtime's own: sockets it watches, timers, queues.
    Runtime,
    /// None of these, or not known.
    Other,
}

impl HeapUse {
    /// Every use, in the order in which a table shows them.
    pub const ALL: [Self; 12] = [
        Self::HyperRead,
        Self::HyperWrite,
        Self::TungsteniteRead,
        Self::TungsteniteWrite,
        Self::Task,
        Self::Exchange,
        Self::Own,
        Self::WebSocket,
        Self::Tls,
        Self::Body,
        Self::Runtime,
        Self::Other,
    ];

    /// Whether it is an I/O buffer, whose size a knob or a constant of a library sets.
    pub const fn is_buffer(self) -> bool {
        matches!(self, Self::HyperRead | Self::HyperWrite | Self::TungsteniteRead | Self::TungsteniteWrite)
    }
}

/// What one use by one function holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeapSite {
    /// What it is for.
    #[serde(rename = "use")]
    pub purpose: HeapUse,
    /// The function that requested it, with its crate: the first one outside of the standard library.
    pub function: String,
    /// Bytes requested and not given back.
    pub bytes: u64,
    /// Blocks of those bytes.
    pub blocks: u64,
}
