//! What is drawn for the processes of a trial: that which shifts memory and placement from process to process, so that neither
//! arm keeps a lucky one. Refuses to draw.

use serde::{Deserialize, Serialize};

/// What was drawn for the two processes of a trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The server's start; `None` where it stood before the trial, or the trial has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Start>,
    /// The generator's start.
    pub generator: Start,
}

/// How a process starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Bytes by which its environment, and hence what lies above its stack, is longer than ours: 0 to [`Self::MOST_BYTES`].
    pub environment_bytes: u16,
    /// The CPU on which it starts, which is no pin: the scheduler may move it at once. `None`: wherever the scheduler puts it.
    pub cpu: Option<usize>,
}

impl Start {
    /// Most bytes of padding: a page less one byte.
    pub const MOST_BYTES: u16 = 4095;
}
