//! What can be measured as a duration, and how finely records keep it. Refuses to measure.

use serde::{Deserialize, Serialize};

/// A measured duration. Definitions: METHOD, section 2; bias: METHOD, section 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// `received - due`: what a user waits, stalls included.
    ResponseTime,
    /// `received - sent`: the network and the client alone.
    ServiceTime,
    /// `fired - due`: how late the schedule released an event.
    PacerLateness,
    /// `sent - fired`: waiting inside the server between release and write.
    Queueing,
    /// Echo: reply received minus message due.
    RoundTrip,
    /// TCP connect.
    ConnectTcp,
    /// TLS handshake.
    ConnectTls,
    /// Request sent to response head received.
    ConnectHandshake,
    /// Start of connect to first event received.
    FirstEvent,
    /// Gap between successive events of one stream, as received.
    InterEvent,
    /// How long after it was due a probe of the generator's own event loop was answered, one each 10 ms.
    GeneratorLag,
    /// `krx - sent`: from the server's write to the receiving kernel's stamp (cells with `stamps`).
    SentToKernel,
    /// `received - krx`: from the kernel's stamp to the end of the read, which is the client's wake-up.
    KernelToRead,
    /// `received - fired`: a diagnostic. A server that stands still moves `fired` as well, so this hides its stalls.
    DeliveryTime,
    /// Language model: begin of the request to the first byte that came back.
    RequestToByte,
    /// Language model: begin of the request to the first event of any kind.
    RequestToEvent,
    /// Language model: begin of the request to the first event with content (TTFT).
    FirstContent,
    /// Language model: gap between successive content events of one answer (ICL).
    InterChunk,
    /// Language model: `(last content - first content) / (output tokens - 1)`, one for each answer (TPOT).
    PerOutputToken,
    /// Language model: begin of the request to the last event with content.
    EndToEnd,
    /// `received - due`, less the event's own lateness up to [`crate::Witness::cap_ns`]: what is judged.
    JudgedTime,
}

impl Metric {
    /// Whether this says where the time went and decides nothing: records keep it less finely.
    pub const fn is_diagnostic(self) -> bool {
        matches!(
            self,
            Self::ServiceTime
                | Self::Queueing
                | Self::DeliveryTime
                | Self::PacerLateness
                | Self::GeneratorLag
                | Self::SentToKernel
                | Self::KernelToRead
        )
    }

    /// Every metric, in the order of its discriminants.
    pub const ALL: [Self; 21] = [
        Self::ResponseTime,
        Self::ServiceTime,
        Self::PacerLateness,
        Self::Queueing,
        Self::RoundTrip,
        Self::ConnectTcp,
        Self::ConnectTls,
        Self::ConnectHandshake,
        Self::FirstEvent,
        Self::InterEvent,
        Self::GeneratorLag,
        Self::SentToKernel,
        Self::KernelToRead,
        Self::DeliveryTime,
        Self::RequestToByte,
        Self::RequestToEvent,
        Self::FirstContent,
        Self::InterChunk,
        Self::PerOutputToken,
        Self::EndToEnd,
        Self::JudgedTime,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_indexes_its_own_place() {
        for (index, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric as usize, index);
        }
    }
}
