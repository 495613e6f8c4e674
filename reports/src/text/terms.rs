//! Names: transports, figures, scenarios.

use super::Language;
use trial::{Arm, Cell, Figure, Metric, Workload};
use wire::{Schedule, Sharing, Transport};

use super::messages;
use crate::number;

impl Language {
    pub(crate) fn transport(self, transport: Transport) -> &'static str {
        match transport {
            Transport::Sse | Transport::WebSocket => transport.title(),
            Transport::LongPoll => self.pick("long polling", "长轮询"),
            Transport::HttpStream => self.pick("HTTP stream", "HTTP 流"),
            Transport::RawTcp => self.pick("raw TCP", "裸 TCP"),
        }
    }

    /// The protocol as prose has it, and the other parts as the arm's textual form has them.
    pub(crate) fn arm(self, arm: Arm) -> String {
        let twin = if arm.twin { self.pick(" (null arm)", "（空对照）") } else { "" };
        format!("{}{}{twin}", self.transport(arm.protocol), arm.parts())
    }

    pub(crate) fn metric(self, metric: Metric) -> &'static str {
        let [english, chinese] = metric.words();
        self.pick(english, chinese)
    }

    pub(crate) fn figure(self, figure: Figure) -> String {
        let [english, chinese] = figure.words();
        self.pick(&english, &chinese).to_owned()
    }

    /// What a cell does to its transports, in one line.
    pub(crate) fn load(self, cell: &Cell) -> String {
        let workload = &cell.workload;
        let connections = self.connections(workload.connections());
        let payload = number::payload(workload.payload_bytes());
        let rate = workload.pace().map_or_else(String::new, |pace| number::quotient(pace.rate.get()));
        let window = humantime::format_duration(workload.timing().unwrap_or_default().window);
        let what = match workload {
            Workload::Push(push) | Workload::Capacity { push, .. } => {
                self.load_push(connections, self.sharing(push.sharing), rate, payload, window)
            }
            Workload::Job(job) => self.watched(job),
            Workload::ToolLoop(asked) => self.asked_loops(asked),
            Workload::Saturate { .. } => self.load_saturate(connections, payload, window),
            Workload::Echo { .. } => self.load_echo(connections, rate, payload, window),
            Workload::Connect { .. } => self.load_connect(window),
            Workload::Read { .. } => self.load_read(connections, window),
            Workload::Memory { steps, .. } => {
                self.load_memory(steps.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
            }
            Workload::Handshake { .. } => self.load_handshake(),
            Workload::Codec => self.load_codec(),
            Workload::Browser => self.load_browser(),
            Workload::Relay { .. } => self.load_relay(connections, rate, payload, window),
            Workload::Exact { .. } => self.load_exact(payload),
            Workload::Llm { connections, asked, .. } => self.llm_asked(*connections, asked, workload.offered()),
            Workload::Endpoint { pace, .. } => self.load_llm(connections, self.arrivals(pace.schedule, rate)),
        };
        let what = if cell.cadence.is_plain() { what } else { format!("{what} · {}", cell.cadence) };
        format!(
            "{what} · {}",
            self.load_run(
                cell.preset,
                self.series(&cell.clients().iter().map(ToString::to_string).collect::<Vec<_>>()),
                self.blocks(cell.blocks as usize)
            )
        )
    }

    pub(crate) fn connections(self, n: u32) -> String {
        self.counted(u64::from(n), ["connection", "connections"], "个连接")
    }

    pub(crate) fn streams(self, n: u32) -> String {
        self.counted(u64::from(n), ["stream", "streams"], "条流")
    }

    pub(crate) fn blocks(self, n: usize) -> String {
        self.counted(n as u64, ["block", "blocks"], "个区组")
    }

    pub(crate) fn more_blocks(self, n: usize) -> String {
        self.counted(n as u64, ["more block", "more blocks"], "个区组")
    }

    pub(crate) fn trial_count(self, n: usize) -> String {
        self.counted(n as u64, ["trial", "trials"], "次试验")
    }

    pub(crate) fn messages(self, n: u64) -> String {
        self.counted(n, ["message", "messages"], "条消息")
    }

    pub(crate) fn requests(self, n: f64) -> String {
        let english = if n == 1.0 { "HTTP request" } else { "HTTP requests" };
        format!("{} {}", number::quotient(n), self.pick(english, "个 HTTP 请求"))
    }

    fn counted(self, n: u64, [one, many]: [&str; 2], chinese: &str) -> String {
        let english = if n == 1 { one } else { many };
        format!("{} {}", number::count(n), self.pick(english, chinese))
    }

    fn arrivals(self, schedule: Schedule, rate: String) -> String {
        match schedule {
            Schedule::Unpaced | Schedule::Idle => self
                .pick("a request when an answer has ended (closed loop)", "一个应答结束才发下一个请求（闭环）")
                .to_owned(),
            Schedule::Constant | Schedule::Poisson | Schedule::Burst { .. } => self.arriving(rate),
        }
    }

    fn sharing(self, sharing: Sharing) -> &'static str {
        match sharing {
            Sharing::Private => self.pick("a stream each", "各自一条流"),
            Sharing::Shared => self.pick("one topic for all (fan-out)", "共享一个主题（扇出）"),
        }
    }
}

messages! {
    load_push(connections: String, sharing: &str, rate: String, payload: String, window: humantime::FormattedDuration)
        "{connections}, {sharing}, {rate} events/s, {payload}, window {window}"
        "{connections}，{sharing}，每秒 {rate} 个事件，{payload}，测量窗口 {window}"
    load_saturate(connections: String, payload: String, window: humantime::FormattedDuration)
        "{connections}, as fast as both ends can, {payload}, window {window}"
        "{connections}，两端全速，{payload}，测量窗口 {window}"
    load_echo(connections: String, rate: String, payload: String, window: humantime::FormattedDuration)
        "{connections}, {rate} messages/s up and back, {payload}, window {window}"
        "{connections}，每秒 {rate} 条消息往返，{payload}，测量窗口 {window}"
    load_relay(connections: String, rate: String, payload: String, window: humantime::FormattedDuration)
        "{connections} that receive what the same client publishes, {rate} messages/s, {payload}, window {window}"
        "{connections}接收同一客户端发布的消息，每秒 {rate} 条，{payload}，测量窗口 {window}"
    load_connect(window: humantime::FormattedDuration)
        "connect, receive one event, close, again; window {window}"
        "建连、收一个事件、关闭，如此反复；测量窗口 {window}"
    load_read(connections: String, window: humantime::FormattedDuration)
        "{connections} to endpoints, read as they are, window {window}"
        "{connections}到各端点，按原样读取，测量窗口 {window}"
    load_memory(steps: String) "quiet connections: {steps}" "空闲连接数：{steps}"
    load_handshake() "open once, then try to speak" "打开一次，然后尝试上行发送"
    load_codec() "decoding in memory, no socket" "仅在内存中解码，不经套接字"
    load_exact(payload: String)
        "one connection, both ends under callgrind and strace, {payload}: counts, never times"
        "一个连接，两端都在 callgrind 与 strace 下运行，{payload}：只计数，不计时"
    load_browser() "every browser found on this machine" "本机找到的所有浏览器"
    arriving(rate: String) "{rate} requests/s, whatever the answers do (open loop)" "每秒 {rate} 个请求，与应答快慢无关（开环）"
    load_llm(connections: String, arrivals: String)
        "language model: {connections} at most, {arrivals}"
        "大语言模型：至多 {connections}，{arrivals}"
    load_run(preset: wire::Preset, client: String, blocks: String)
        "preset {preset}, {client} client, {blocks}"
        "预设 {preset}，{client} 客户端，{blocks}"
}
