//! The durations that are measured: one row each.

use serde::{Deserialize, Serialize};

/// A text in English and in Chinese.
pub type Words = [&'static str; 2];

/// Declares [`Metric`] from rows: its name in thresholds, whether it is a diagnostic, English and Chinese words.
macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident($id:literal, $kind:ident, $words:expr))*) => {
        /// A measured duration. Definitions: METHOD, section 2; bias: METHOD, section 9.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Metric {
            $($(#[$doc])* $name,)*
        }

        impl Metric {
            /// Every metric, in the order of its discriminants.
            pub const ALL: [Self; [$($id),*].len()] = [$(Self::$name),*];

            const fn row(self) -> (&'static str, Kind, Words) {
                match self {
                    $(Self::$name => ($id, Kind::$kind, $words),)*
                }
            }
        }
    };
}

/// What a duration is for.
#[derive(PartialEq, Eq)]
enum Kind {
    /// It is compared.
    Judged,
    /// It says where the time went and decides nothing.
    Diagnostic,
}

metrics! {
    /// `received - due`: what a user waits, stalls included.
    ResponseTime("response", Judged, ["response time", "响应时间"])
    /// `received - sent`: the network and the client alone.
    ServiceTime("service", Diagnostic, ["service time", "服务时间"])
    /// `fired - due`: how late the schedule released an event.
    PacerLateness("lateness", Diagnostic, ["timer lateness", "定时迟到"])
    /// `sent - fired`: waiting inside the server between release and write.
    Queueing("queueing", Diagnostic, ["queueing", "排队"])
    /// Echo: reply received minus message due.
    RoundTrip("round-trip", Judged, ["round trip", "往返时间"])
    /// TCP connect.
    ConnectTcp("connect-tcp", Judged, ["TCP connect", "TCP 建连"])
    /// TLS handshake.
    ConnectTls("connect-tls", Judged, ["TLS handshake", "TLS 握手"])
    /// Request sent to response head received.
    ConnectHandshake("handshake", Judged, ["request to answer", "请求到响应头"])
    /// Start of connect to first event received.
    FirstEvent("first-event", Judged, ["time to first event", "首个事件时间"])
    /// Gap between successive events of one stream, as received.
    InterEvent("gap", Judged, ["gap between events", "事件间隔"])
    /// How long after it was due a probe of the generator's own event loop was answered, one each 10 ms.
    GeneratorLag("generator-lag", Diagnostic, ["generator lag", "负载端滞后"])
    /// `krx - sent`: from the server's write to the receiving kernel's stamp (cells with `stamps`).
    SentToKernel("sent-to-kernel", Diagnostic, ["sent to kernel receipt", "发送到内核接收"])
    /// `received - krx`: from the kernel's stamp to the end of the read, which is the client's wake-up.
    KernelToRead("kernel-to-read", Diagnostic, ["kernel receipt to read", "内核接收到读取"])
    /// `received - fired`: a diagnostic. A server that stands still moves `fired` as well, so this hides its stalls.
    DeliveryTime("delivery", Diagnostic, ["delivery time", "交付时间"])
    /// Language model: begin of the request to the first byte that came back.
    RequestToByte("first-byte", Judged, ["time to first byte", "首字节时间"])
    /// Language model: begin of the request to the first event of any kind.
    RequestToEvent("request-to-event", Judged, ["request to first event", "请求到首个事件"])
    /// Language model: begin of the request to the first event with content (TTFT).
    FirstContent("ttft", Judged, ["TTFT (first content)", "TTFT（首个内容）"])
    /// Language model: gap between successive content events of one answer (ICL).
    InterChunk("icl", Judged, ["ICL (inter-chunk latency)", "ICL（内容事件间隔）"])
    /// Language model: `(last content - first content) / (output tokens - 1)`, one for each answer (TPOT).
    PerOutputToken("tpot", Judged, ["TPOT (time per output token)", "TPOT（每输出词元时间）"])
    /// Language model: begin of the request to the last event with content.
    EndToEnd("e2e", Judged, ["end-to-end time", "端到端时间"])
    /// `received - due`, less the event's own lateness up to [`crate::Witness::cap_ns`]: what is judged.
    JudgedTime("judged", Judged, ["judged time", "所判时间"])
}

impl Metric {
    /// Durations of an answer of a language model, in the order in which they are shown.
    pub const OF_ANSWERS: [Self; 8] = [
        Self::RequestToByte,
        Self::RequestToEvent,
        Self::FirstContent,
        Self::InterChunk,
        Self::PerOutputToken,
        Self::EndToEnd,
        Self::ResponseTime,
        Self::ServiceTime,
    ];

    /// The name, which with a quantile names a quantity: `response` in `response:p99`.
    pub const fn id(self) -> &'static str {
        self.row().0
    }

    /// Whether this says where the time went and decides nothing: records keep it less finely.
    pub fn is_diagnostic(self) -> bool {
        self.row().1 == Kind::Diagnostic
    }

    /// Its name for people in both languages.
    pub const fn words(self) -> Words {
        self.row().2
    }
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
