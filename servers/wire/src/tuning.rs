//! Socket and library knobs that are the same for every transport. Refuses to touch a socket: `servers` applies them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A named set of knobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// What the libraries do when nobody asks.
    Stock,
    /// Read buffers of one size, one flush policy and no Nagle for every transport. What each library makes of its buffer
    /// still differs: tungstenite zeroes it whole, hyper reserves it and touches what it reads into.
    #[default]
    Equal,
}

impl Preset {
    /// Both presets.
    pub const ALL: [Self; 2] = [Self::Stock, Self::Equal];

    /// The name in flags, plans and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Equal => "equal",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// When framed events are handed to the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flush {
    /// One write for every event.
    Each,
    /// All events that are ready, up to [`Flush::READY_MAX`], in one write.
    Ready,
    /// Whatever the library does: axum's SSE body gathers what is ready, its WebSocket writes each.
    Library,
}

impl Flush {
    /// Most events in one write under [`Flush::Ready`]; hyper gathers no more in one `writev`.
    pub const READY_MAX: usize = 16;

    /// The name in flags and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Ready => "ready",
            Self::Library => "library",
        }
    }
}

impl fmt::Display for Flush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no flush policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown flush policy '{0}' (known: each, ready, library)")]
pub struct ParseFlushError(String);

impl FromStr for Flush {
    type Err = ParseFlushError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Each, Self::Ready, Self::Library]
            .into_iter()
            .find(|flush| flush.name() == word)
            .ok_or_else(|| ParseFlushError(word.to_owned()))
    }
}

/// Who turns an SSE event into bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoder {
    /// `axum::response::sse::Sse`, as people write it.
    Library,
    /// Bytes formatted by the endpoint, as the other transports do.
    Direct,
}

/// Every knob of a server, as in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tuning {
    /// The preset that these knobs started from.
    pub preset: Preset,
    /// `TCP_NODELAY` on accepted sockets.
    pub nodelay: bool,
    /// When framed events are written.
    pub flush: Flush,
    /// Who encodes SSE.
    pub sse_encoder: Encoder,
    /// tungstenite's read buffer a connection, in bytes.
    pub websocket_read_buffer_bytes: usize,
    /// tungstenite's write buffer: bytes it gathers before it writes by itself. It grows on demand, so a large one
    /// costs no memory; a small one would write before the flush policy says so.
    pub websocket_write_buffer_bytes: usize,
    /// `SO_SNDBUF` in bytes; `None` leaves the kernel's autotuning on.
    pub send_buffer_bytes: Option<usize>,
    /// TCP congestion control; `None` leaves the host's default.
    pub congestion_control: Option<String>,
    /// Listen backlog.
    pub backlog: u32,
    /// Least time from one round of due events to the next on one pacer, in nanoseconds: what is due meanwhile waits for
    /// the round and shares its wake-up.
    #[serde(default)]
    pub tick_ns: u64,
    /// Time before an event is due that its pacer stays awake for it, in nanoseconds.
    #[serde(default)]
    pub spin_ns: u64,
}

impl Tuning {
    /// The knobs of a preset.
    pub fn of(preset: Preset) -> Self {
        match preset {
            Preset::Stock => Self {
                preset,
                nodelay: false,
                flush: Flush::Library,
                sse_encoder: Encoder::Library,
                websocket_read_buffer_bytes: 128 * 1024,
                websocket_write_buffer_bytes: 128 * 1024,
                send_buffer_bytes: None,
                congestion_control: None,
                backlog: 4096,
                tick_ns: 0,
                spin_ns: 0,
            },
            Preset::Equal => Self {
                preset,
                nodelay: true,
                flush: Flush::Each,
                sse_encoder: Encoder::Direct,
                // As large as hyper's (`INIT_BUFFER_SIZE`), which no knob makes smaller.
                websocket_read_buffer_bytes: 8 * 1024,
                websocket_write_buffer_bytes: 128 * 1024,
                send_buffer_bytes: None,
                congestion_control: Some("cubic".to_owned()),
                backlog: 4096,
                tick_ns: 0,
                spin_ns: 0,
            },
        }
    }
}

/// A word that names no preset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown preset '{0}' (known: stock, equal)")]
pub struct ParsePresetError(String);

impl FromStr for Preset {
    type Err = ParsePresetError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|preset| preset.name() == word).ok_or_else(|| ParsePresetError(word.to_owned()))
    }
}
