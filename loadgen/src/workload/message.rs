//! A message that a client sends up, from the schedule to the count.

use client::worker::{Gone, Worker};
use servers::clock;
use wire::{MonoTime, Payload, Stamp};

/// A message that is due on one connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct DueMessage {
    /// Position in its connection's stream.
    pub seq: u64,
    /// When it is due.
    pub due: MonoTime,
    /// When the pacer released it.
    pub fired: MonoTime,
}

impl DueMessage {
    /// The payload, stamped as sent now.
    pub(super) fn render(&self, payload: &Payload, out: &mut Vec<u8>) {
        let stamp = Stamp { seq: self.seq, due: self.due, fired: self.fired, sent: clock::now() };
        out.clear();
        payload.render(&stamp, out);
    }
}

/// Counts one message that goes up.
///
/// # Errors
/// [`Gone`] when the trial is over.
pub(super) fn sent(worker: &Worker, payload_bytes: usize) -> Result<(), Gone> {
    worker.record(|recorder| {
        recorder.counters.messages_sent += 1;
        recorder.bytes.payload_out += payload_bytes as u64;
    })
}
