//! The quantities that trials are compared by: one row each, and nothing else to write for another one. The only file that
//! takes a quantile, and with `quotient` the only one that divides by a count.

mod dimension;
mod id;
mod properties;
mod quotient;

pub use dimension::{Dimension, Direction};
pub use id::UnknownWord;
pub use quotient::{backlog_growth, slope};

use crate::tool_loop::mean;
use crate::{Leg, LoopTurn, Measurement, Metric, Quantile, Scenario, Words};
use Dimension::{ByteRate, Bytes, Count, Rate, Rounded, Share, Time};
use Direction::{Higher, Lower};
use Scenario::{Connect, Echo, Exact, Llm, Memory, Push, Read, Relay, Saturate, ToolLoop};
use quotient::{counted, framed_in, ratio, requested, slope_of, spanned, tls_bytes, transport_cpu, used};

/// A row of the table: everything that the rest of the program knows of a quantity.
#[derive(Debug)]
struct Quantity {
    /// Its name in plans, thresholds and records.
    id: &'static str,
    unit: Dimension,
    /// The margin `delta` within which two values count as equivalent, as a share.
    margin: f64,
    /// Where a better value lies.
    better: Direction,
    /// Whether it is an exact count, which needs no interval.
    exact: bool,
    /// The scenarios whose arms are compared by it.
    compared: &'static [Scenario],
    /// The number, or `None` where the measurement has none.
    of: fn(&Measurement) -> Option<f64>,
    words: Words,
}

/// Declares [`Figure`] and its table from rows. A row that misses a column does not compile.
macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident { $($column:ident: $value:expr),* $(,)? })*) => {
        /// One number of a trial, comparable between trials of one cell.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Figure {
            /// A quantile of a duration, nanoseconds.
            Duration(Metric, Quantile),
            $($(#[$doc])* $name,)*
        }

        impl Figure {
            /// Every quantity but durations, in the order in which tables show them.
            pub const COUNTED: &[Self] = &[$(Self::$name),*];

            const fn row(self) -> Option<&'static Quantity> {
                match self {
                    Self::Duration(..) => None,
                    $(Self::$name => {
                        const ROW: Quantity = Quantity { $($column: $value),* };
                        Some(&ROW)
                    })*
                }
            }
        }
    };
}

quantities! {
    /// Events delivered a second.
    EventsPerSecond {
        id: "throughput", unit: Rate, margin: 0.05, better: Higher, exact: false, compared: &[Saturate, Read],
        of: |m| ratio(m.counters.in_window as f64 * 1e9, m.window_ns),
        words: ["events a second", "每秒事件数"],
    }
    /// Payload bytes delivered once and in order, a second.
    Goodput {
        id: "goodput", unit: ByteRate, margin: 0.05, better: Higher, exact: false, compared: &[Saturate, Read],
        of: |m| ratio(m.counters.window_payload_bytes as f64 * 1e9, m.window_ns),
        words: ["goodput", "有效吞吐"],
    }
    /// Output tokens a second of all answers together, over the window.
    TokensPerSecond {
        id: "tokens", unit: Rate, margin: 0.05, better: Higher, exact: false, compared: &[Llm],
        of: |m| ratio(m.llm.as_ref()?.output_tokens as f64 * 1e9, m.window_ns),
        words: ["output tokens a second, all streams", "每秒输出词元（全部流）"],
    }
    /// Requests a second that met the service-level objective.
    GoodRequestsPerSecond {
        id: "good-requests", unit: Rate, margin: 0.05, better: Higher, exact: false, compared: &[],
        of: |m| ratio(m.llm.as_ref()?.good? as f64 * 1e9, m.window_ns),
        words: ["goodput under the SLO", "达到 SLO 的请求 / 秒"],
    }
    /// Share of the requests sent that met the service-level objective.
    SloAttainment {
        id: "slo-attainment", unit: Share, margin: 0.05, better: Higher, exact: false, compared: &[Llm],
        of: |m| m.llm.as_ref().and_then(|llm| ratio(llm.good? as f64, llm.sent)),
        words: ["share of requests within the SLO", "达到 SLO 的请求占比"],
    }
    /// Output tokens of one content event.
    TokensPerEvent {
        id: "tokens-per-event", unit: Count, margin: 0.005, better: Higher, exact: false, compared: &[Llm],
        of: |m| m.llm.as_ref().and_then(|llm| ratio(llm.output_tokens as f64, llm.bursts.events)),
        words: ["tokens per content event", "词元 / 内容事件"],
    }
    /// Bytes received for one output token, heads of responses excluded.
    BytesPerToken {
        id: "bytes-per-token", unit: Bytes, margin: 0.005, better: Lower, exact: false, compared: &[Llm],
        of: |m| m.llm.as_ref().and_then(|llm| ratio(llm.answer_bytes as f64, llm.output_tokens)),
        words: ["bytes per token", "字节 / 词元"],
    }
    /// Bytes sent for each exchange (echo).
    UpBytesPerExchange {
        id: "bytes-up", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[Echo],
        of: |m| ratio(m.bytes.stream_out as f64, m.counters.messages_sent),
        words: ["bytes up per exchange", "上行字节 / 次"],
    }
    /// Bytes received for each exchange (echo).
    DownBytesPerExchange {
        id: "bytes-down", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[Echo],
        of: |m| ratio(framed_in(m), m.counters.messages_sent),
        words: ["bytes down per exchange", "下行字节 / 次"],
    }
    /// Server CPU nanoseconds for each event, less those of the schedule.
    TransportCpuPerEvent {
        id: "transport-cpu", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[Push],
        of: |m| transport_cpu(m),
        words: ["transport's CPU per event (server − schedule)", "传输的 CPU / 事件（服务端 − 调度）"],
    }
    /// Server CPU nanoseconds for each event.
    ServerCpuPerEvent {
        id: "cpu", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[Push, Saturate, Echo, Connect, Relay, Llm],
        of: |m| used(m.server, |usage| Some(usage.cpu_ns)),
        words: ["server CPU per event", "服务端 CPU / 事件"],
    }
    /// CPU nanoseconds that the schedule alone costs the server for each event: the same schedule with nobody
    /// subscribed.
    ScheduleCpuPerEvent {
        id: "schedule-cpu", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[Push],
        of: |m| used(m.schedule, |usage| Some(usage.cpu_ns)),
        words: ["schedule's CPU per event, nobody subscribed", "仅调度的服务端 CPU / 事件（无订阅者）"],
    }
    /// Generator CPU nanoseconds for each event.
    ClientCpuPerEvent {
        id: "client-cpu", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[Saturate, Llm],
        of: |m| used(m.client, |usage| Some(usage.cpu_ns)),
        words: ["client CPU per event", "客户端 CPU / 事件"],
    }
    /// Bytes received for each event, framing included.
    BytesPerEvent {
        id: "bytes", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[Push, Saturate, Relay, Read],
        of: |m| ratio(framed_in(m), m.counters.received),
        words: ["bytes per event", "字节 / 事件"],
    }
    /// Bytes above the payload for each event received.
    OverheadPerEvent {
        id: "overhead", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[Push, Relay, Read],
        of: |m| ratio(framed_in(m) - m.bytes.payload_in as f64, m.counters.received),
        words: ["bytes above the payload", "载荷之外的字节"],
    }
    /// HTTP requests for each 1,000 events.
    RequestsPerThousand {
        id: "requests", unit: Count, margin: 0.005, better: Lower, exact: true, compared: &[Push],
        of: |m| ratio(m.counters.requests as f64 * 1e3, m.counters.received),
        words: ["HTTP requests per 1,000 events", "HTTP 请求 / 1,000 事件"],
    }
    /// TCP connections for each 1,000 events.
    ConnectionsPerThousand {
        id: "connections", unit: Count, margin: 0.005, better: Lower, exact: true, compared: &[Push],
        of: |m| ratio(m.counters.connections as f64 * 1e3, m.counters.received),
        words: ["TCP connections per 1,000 events", "TCP 连接 / 1,000 事件"],
    }
    /// Bytes of the request that opens a connection.
    ConnectBytesOut {
        id: "connect-bytes-out", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[Push, Connect],
        of: |m| ratio(m.bytes.connect_out as f64, m.counters.connections),
        words: ["request to connect", "建连请求字节"],
    }
    /// Bytes of the response head that opens a connection.
    ConnectBytesIn {
        id: "connect-bytes-in", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[Push, Connect],
        of: |m| ratio(m.bytes.connect_in as f64, m.counters.connections),
        words: ["response to connect", "建连响应字节"],
    }
    /// [`Self::RequestedBytesPerConnection`] without the I/O buffers of the libraries, whose size is a knob.
    RequestedWithoutBuffersPerConnection {
        id: "requested-without-buffers", unit: Bytes, margin: 0.03, better: Lower, exact: true, compared: &[Memory],
        of: |m| requested(m, |purpose| !purpose.is_buffer()),
        words: ["bytes requested by the server per connection, without I/O buffers", "服务端申请的字节 / 连接（不含 I/O 缓冲区）"],
    }
    /// Bytes that a connection has the server request of its allocator (scenario `memory`).
    RequestedBytesPerConnection {
        id: "requested", unit: Bytes, margin: 0.03, better: Lower, exact: true, compared: &[Memory],
        of: |m| requested(m, |_| true),
        words: ["bytes requested by the server per connection", "服务端申请的字节 / 连接"],
    }
    /// Server memory for each connection, bytes: slope of PSS over connections.
    ServerMemoryPerConnection {
        id: "memory", unit: Bytes, margin: 0.03, better: Lower, exact: false, compared: &[Memory],
        of: |m| slope_of(m, |point| Some(point.server_bytes)),
        words: ["server memory per connection, pages touched (PSS)", "服务端内存 / 连接，触及的页面（PSS）"],
    }
    /// Kernel memory for each connection, bytes: slope of slabs over connections, both ends when they share a host.
    KernelMemoryPerConnection {
        id: "kernel-memory", unit: Bytes, margin: 0.03, better: Lower, exact: false, compared: &[Memory],
        of: |m| slope_of(m, |point| point.kernel_bytes),
        words: ["kernel memory per connection, both ends", "内核内存 / 连接（两端合计）"],
    }
    /// Generator memory for each connection, bytes: slope of PSS over connections.
    ClientMemoryPerConnection {
        id: "client-memory", unit: Bytes, margin: 0.03, better: Lower, exact: false, compared: &[Memory],
        of: |m| slope_of(m, |point| Some(point.client_bytes)),
        words: ["client memory per connection", "客户端内存 / 连接"],
    }
    /// Bytes of TLS received for each event: records, without the handshake.
    TlsBytesPerEvent {
        id: "tls-bytes", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[Push],
        of: |m| tls_bytes(m).and_then(|bytes| ratio(bytes, m.counters.received)),
        words: ["TLS bytes per event", "TLS 字节 / 事件"],
    }
    /// Bytes of frames that brought an event, for each event.
    WireBytesInPerEvent {
        id: "wire-bytes-in", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[Push],
        of: |m| spanned(m, |layers| layers.span.back.bytes),
        words: ["wire bytes in per event", "线路下行字节 / 事件"],
    }
    /// Bytes of frames that the client answered with, for each event: an ACK says what the receiver had when its timer
    /// ran.
    WireBytesOutPerEvent {
        id: "wire-bytes-out", unit: Bytes, margin: 0.01, better: Lower, exact: true, compared: &[Push],
        of: |m| spanned(m, |layers| layers.span.out.bytes),
        words: ["wire bytes out per event", "线路上行字节 / 事件"],
    }
    /// Segments that brought payload, for each event: a segment holds what the sender had when it wrote.
    SegmentsPerEvent {
        id: "segments", unit: Count, margin: 0.01, better: Lower, exact: true, compared: &[Push],
        of: |m| spanned(m, |layers| layers.span.back.data_segments),
        words: ["segments with payload per event", "含载荷的报文段 / 事件"],
    }
    /// Pure ACKs that the client answered with, for each event.
    AcksPerEvent {
        id: "acks", unit: Count, margin: 0.01, better: Lower, exact: true, compared: &[Push],
        of: |m| spanned(m, |layers| Leg::pure_acks(&layers.span.out)),
        words: ["pure ACKs per event", "纯 ACK / 事件"],
    }
    /// CPU nanoseconds of the whole host for each event: server, generator, kernel and whatever else ran.
    HostCpuPerEvent {
        id: "host-cpu", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[Push, Saturate, Echo],
        of: |m| used(m.server, |usage| usage.host_cpu_ns),
        words: ["whole-host CPU per event", "整机 CPU / 事件"],
    }
    /// Context switches of the server for each event.
    ServerSwitchesPerEvent {
        id: "switches", unit: Count, margin: 0.05, better: Lower, exact: false, compared: &[Push, Saturate, Echo],
        of: |m| used(m.server, |usage| Some(usage.switches)),
        words: ["server context switches per event", "服务端上下文切换 / 事件"],
    }
    /// Context switches of the generator for each event.
    ClientSwitchesPerEvent {
        id: "client-switches", unit: Count, margin: 0.05, better: Lower, exact: false, compared: &[Push, Saturate, Echo],
        of: |m| used(m.client, |usage| Some(usage.switches)),
        words: ["client context switches per event", "客户端上下文切换 / 事件"],
    }
    /// Nanoseconds that the server's threads waited for a CPU, for each event.
    ServerRunQueuePerEvent {
        id: "run-queue", unit: Time, margin: 0.10, better: Lower, exact: false, compared: &[Push, Saturate, Echo],
        of: |m| used(m.server, |usage| usage.run_queue_ns),
        words: ["server run-queue wait per event", "服务端就绪排队 / 事件"],
    }
    /// Nanoseconds that the generator's threads waited for a CPU, for each event.
    ClientRunQueuePerEvent {
        id: "client-run-queue", unit: Time, margin: 0.10, better: Lower, exact: false, compared: &[Push, Saturate, Echo],
        of: |m| used(m.client, |usage| usage.run_queue_ns),
        words: ["client run-queue wait per event", "客户端就绪排队 / 事件"],
    }
    /// User instructions of the server for each event: slope over events (scenario `exact`).
    InstructionsPerEvent {
        id: "instructions", unit: Rounded, margin: 0.02, better: Lower, exact: true, compared: &[Exact],
        of: |m| counted(&m.exact.as_ref()?.instructions),
        words: ["server user instructions per event", "服务端用户态指令 / 事件"],
    }
    /// Allocations of the server for each event: slope over events (scenario `exact`).
    AllocationsPerEvent {
        id: "allocations", unit: Count, margin: 0.02, better: Lower, exact: true, compared: &[Exact],
        of: |m| counted(&m.exact.as_ref()?.allocations),
        words: ["server allocations per event", "服务端内存分配 / 事件"],
    }
    /// System calls of the server for each event: slope over events (scenario `exact`).
    SyscallsPerEvent {
        id: "syscalls", unit: Count, margin: 0.02, better: Lower, exact: true, compared: &[Exact],
        of: |m| counted(&m.exact.as_ref()?.syscalls),
        words: ["server system calls per event", "服务端系统调用 / 事件"],
    }
    /// User instructions of the client for each event: slope over events (scenario `exact`).
    ClientInstructionsPerEvent {
        id: "client-instructions", unit: Rounded, margin: 0.15, better: Lower, exact: false, compared: &[Exact],
        of: |m| counted(&m.exact.as_ref()?.client_instructions),
        words: ["client user instructions per event", "客户端用户态指令 / 事件"],
    }
    /// Allocations of the client for each event: slope over events (scenario `exact`).
    ClientAllocationsPerEvent {
        id: "client-allocations", unit: Count, margin: 0.02, better: Lower, exact: true, compared: &[Exact],
        of: |m| counted(&m.exact.as_ref()?.client_allocations),
        words: ["client allocations per event", "客户端内存分配 / 事件"],
    }
    /// System calls of the client for each event: slope over events (scenario `exact`).
    ClientSyscallsPerEvent {
        id: "client-syscalls", unit: Count, margin: 0.02, better: Lower, exact: true, compared: &[Exact],
        of: |m| counted(&m.exact.as_ref()?.client_syscalls),
        words: ["client system calls per event", "客户端系统调用 / 事件"],
    }
    /// Nanoseconds that a turn of a tool loop takes beyond the model's schedule.
    TurnOverhead {
        id: "turn-overhead", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[ToolLoop],
        of: |m| mean(&m.turns, LoopTurn::overhead_ns),
        words: ["overhead a turn", "每轮开销"],
    }
    /// The same without the first turn of each loop, which pays for the connection.
    LaterTurnOverhead {
        id: "later-turn-overhead", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[ToolLoop],
        of: |m| mean(m.turns.get(1..)?, LoopTurn::overhead_ns),
        words: ["overhead a turn, first turns left out", "每轮开销（不计首轮）"],
    }
    /// Nanoseconds by which the first content of a turn is later than due.
    FirstContentLate {
        id: "first-content-late", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[ToolLoop],
        of: |m| mean(&m.turns, |turn| turn.first_content_ns as f64 - turn.first_content_due_ns as f64),
        words: ["first content late by", "首个内容迟到"],
    }
    /// Bytes sent for the first turn of a tool loop.
    FirstTurnBytesUp {
        id: "first-turn-bytes-up", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[ToolLoop],
        of: |m| Some(m.turns.first()?.up_bytes as f64),
        words: ["up, first turn", "首轮上行"],
    }
    /// Bytes sent for the last turn of a tool loop.
    LastTurnBytesUp {
        id: "last-turn-bytes-up", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[ToolLoop],
        of: |m| Some(m.turns.last()?.up_bytes as f64),
        words: ["up, last turn", "末轮上行"],
    }
    /// Bytes received for a turn of a tool loop.
    TurnBytesDown {
        id: "turn-bytes-down", unit: Bytes, margin: 0.005, better: Lower, exact: true, compared: &[ToolLoop],
        of: |m| mean(&m.turns, |turn| turn.down_bytes as f64),
        words: ["down a turn", "每轮下行"],
    }
    /// TCP connections of a tool loop.
    ConnectionsPerLoop {
        id: "loop-connections", unit: Count, margin: 0.005, better: Lower, exact: true, compared: &[ToolLoop],
        of: |m| Some(mean(&m.turns, |turn| f64::from(turn.connections))? * m.turns.len() as f64),
        words: ["connections a loop", "每循环连接数"],
    }
    /// Nanoseconds from the request of a turn to the end of its answer.
    TurnTime {
        id: "turn", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[],
        of: |m| mean(&m.turns, |turn| turn.answer_ns as f64),
        words: ["a turn without its tool", "一轮（不含工具）"],
    }
    /// Nanoseconds that a turn takes by the model's schedule.
    ScheduledTurn {
        id: "scheduled-turn", unit: Time, margin: 0.05, better: Lower, exact: false, compared: &[],
        of: |m| mean(&m.turns, |turn| turn.model_ns as f64),
        words: ["a turn by the model's schedule", "模型时间表中的一轮"],
    }
}

#[cfg(test)]
mod tests;
