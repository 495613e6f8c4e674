//! What rows say: labels of measured values and sentences with numbers.

use super::{Language, messages};
use trial::{ClientKind, Figure};
use wire::Preset;

impl Language {
    /// Texts one after the other.
    pub(crate) fn list(self, texts: impl IntoIterator<Item = String>) -> String {
        texts.into_iter().collect::<Vec<_>>().join(self.pick("; ", "；"))
    }

    /// Short names one after the other.
    pub(crate) fn series(self, names: &[String]) -> String {
        names.join(self.pick(", ", "、"))
    }

    /// A list as a sentence.
    pub(crate) fn sentence(self, text: String) -> String {
        text + self.pick(".", "。")
    }

    pub(crate) fn preset(self, preset: Preset) -> String {
        match preset {
            Preset::Stock => self.pick("stock", "stock 预设"),
            Preset::Equal => self.pick("equal", "equal 预设"),
        }
        .to_owned()
    }

    pub(crate) fn exchange_figure(self, figure: Figure) -> String {
        match figure {
            Figure::ServerCpuPerEvent => self.pick("server CPU per exchange", "服务端 CPU / 次").to_owned(),
            other => self.figure(other),
        }
    }

    /// The cell `each` or `ready` of the throughput row in words.
    pub(crate) fn flushed(self, name: &str) -> String {
        match name {
            "each" => self.pick("written one by one", "逐个写出").to_owned(),
            "ready" => self.pick("ready ones together", "就绪的合并写出").to_owned(),
            other => other.to_owned(),
        }
    }

    pub(crate) fn rate_label(self, name: &str) -> String {
        self.rate_of(self.flushed(name))
    }

    pub(crate) fn floor_label(self, name: &str) -> String {
        self.floor_of(self.flushed(name))
    }

    pub(crate) fn cpu_label(self, name: &str) -> String {
        self.server_cpu_of(self.flushed(name))
    }

    pub(crate) fn resumes(self, seen: Option<bool>, by_specification: bool) -> String {
        let answer = |yes| if yes { self.yes() } else { self.no() };
        match seen {
            Some(resumed) => self.seen_live(answer(resumed)),
            None => answer(by_specification),
        }
    }
}

messages! {
    pooled(what: &str) "{what}, pooled" "{what}，合并"
    yes() "yes" "是"
    no() "no" "否"
    not_in_plan() "not in this plan" "本次计划不含此项"
    not_both_in_plan() "this plan does not compare SSE with WebSocket here" "本次计划在此项未同时包含 SSE 与 WebSocket"
    not_reached() "the run ended before its turn" "运行在轮到它之前已结束"
    clause(what: &str, ratio: &str, words: &str) "{what}: {ratio}, {words}" "{what}：{ratio}，{words}"
    clause_without_ratio(what: &str, words: &str) "{what}: {words}" "{what}：{words}"
    labelled(what: &str, words: &str) "{what}: {words}" "{what}：{words}"
    the_case(cases: String) "the case ({cases})" "具体情形（{cases}）"
    arm_is(name: &str, words: String) "{name}: {words}" "{name}：{words}"
    more_cells(n: usize) " {n} more cells are in the evidence." "另有 {n} 个单元见证据部分。"
    diluted(what: &str, share: String, undiluted: String)
        "{what}: {share} of the base median is the instrument's own (timer, client); with that taken off both medians the ratio is about {undiluted}"
        "{what}：基准中位数的 {share} 属于测量工具自身（定时器、客户端）；从两边中位数扣除后比值约为 {undiluted}"

    upstream_label() "client messages that arrived" "到达服务器的客户端消息"
    opened_label() "how it opens" "如何打开"
    opened(status: u16) "HTTP {status}" "HTTP {status}"
    upstream_wrote(text: &str)
        "# then the client wrote: {text}"
        "# 随后客户端写入：{text}"
    protocol_sentence(sse: String, websocket: String)
        "The client wrote on both open connections: {sse} reached the application behind SSE, {websocket} the one behind WebSocket."
        "客户端在两条已打开的连接上都写了数据：到达 SSE 服务端应用的有 {sse}，到达 WebSocket 服务端应用的有 {websocket}。"
    websocket_said_nothing()
        "no message arrived over WebSocket either"
        "WebSocket 上也没有消息到达"
    protocol_method()
        "Each transport is opened once. The heads below are what stood on the wire; after them the client wrote on the open connection, and the server's application said how many messages it got."
        "每种传输各打开一次。下面是线上实际出现的请求头与响应头；之后客户端在已打开的连接上写数据，由服务器应用报告收到了几条消息。"

    implementation_sentence(sse: String, websocket: String, polls: String)
        "For 1,000 events SSE sent {sse}, WebSocket {websocket}, long polling {polls}: SSE is one request whose answer does not end, on one TCP connection, and WebSocket too is one TCP connection that starts with one HTTP request."
        "每 1,000 个事件，SSE 发送 {sse}，WebSocket {websocket}，长轮询 {polls}：SSE 是一个永不结束的应答，走一条 TCP 连接；WebSocket 同样是一条以 HTTP 请求开始的 TCP 连接。"
    implementation_without_polls(sse: String, websocket: String)
        "For 1,000 events SSE sent {sse} and WebSocket {websocket}: both are one TCP connection that starts with one HTTP request."
        "每 1,000 个事件，SSE 发送 {sse}，WebSocket {websocket}：两者都是一条以 HTTP 请求开始的 TCP 连接。"
    too_few_polls() "long polling was not much busier here" "此处长轮询的请求并没有明显更多"
    implementation_method()
        "Requests and connections are counted by the client that receives the events. Long polling is measured beside the two because the article takes SSE for it: every answer ends and the client asks again."
        "请求数与连接数由接收事件的客户端计数。文章把 SSE 当作长轮询，所以把长轮询也放在一起测量：它的每个应答都会结束，客户端必须再问一次。"

    share(with: usize, of: usize) "{with} of {of}" "{with} / {of}"
    browsers_with() "living browsers with it" "支持它的现役浏览器"
    every_major_since() "every major one since" "主流浏览器全部支持始于"
    not_everywhere() "not all of them" "尚未全部支持"
    did_not_open() "did not open" "未能打开"
    live_label(name: String) "live in {name}" "{name} 实测"
    no_probe_planned()
        "Compatibility data alone: a live probe is not in this plan."
        "仅依据兼容性数据：本次计划不含浏览器实测。"
    no_browser_found()
        "Compatibility data alone: no browser found on this machine."
        "仅依据兼容性数据：本机未找到浏览器。"
    no_browser_opened(names: String)
        "Compatibility data alone: of the browsers on this machine none opened ({names})."
        "仅依据兼容性数据：本机的浏览器均未能打开（{names}）。"
    live_found(names: String) "Tried live on this machine: {names}." "本机实测：{names}。"
    live_found_but(names: String, failed: String)
        "Tried live on this machine: {names}; did not open: {failed}."
        "本机实测：{names}；未能打开：{failed}。"
    browser_sentence(sse: String, websocket: String, sse_since: String, websocket_since: String, live: String)
        "{sse} living browsers have EventSource and {websocket} have WebSocket (RFC 6455); every major one has them since {sse_since} and {websocket_since}. {live}"
        "现役浏览器中 {sse} 支持 EventSource，{websocket} 支持 WebSocket（RFC 6455）；所有主流浏览器分别自 {sse_since} 和 {websocket_since} 起支持。{live}"
    browser_method()
        "\"Wide\" and \"limited\" can be counted: since which version each browser has the API, and whether the browsers on this machine open it and receive events."
        "“广泛”与“有限”可以数出来：每个浏览器自哪个版本起支持该 API，以及本机的浏览器能否打开它并收到事件。"
    compat_origin(version: &str, date: &str, source: &str)
        "Data: @mdn/browser-compat-data {version} of {date} (CC0-1.0), {source}"
        "数据：@mdn/browser-compat-data {version}，{date}（CC0-1.0），{source}"
    compat_caption() "First version with each API, without prefix or flag" "各 API 首个无前缀、无开关的支持版本"
    retired() " (retired)" "（已退役）"
    browser() "Browser" "浏览器"
    probe_caption() "Browsers of this machine against our server" "本机浏览器连接我们的服务器"
    events_by(api: &str) "Events by {api}" "{api} 收到的事件"
    resumed_by(api: &str) "{api} came back by itself" "{api} 自动恢复"
    remark() "Remark" "备注"

    latency_method()
        "Open loop: the server's schedule never waits for the client, and a response time runs from the instant an event was due. A stall is charged to every event that it delayed."
        "开环：服务器按自己的时间表发送，从不等待客户端；响应时间从事件应发的时刻算起。一次停顿会计入它所耽误的每个事件。"

    whether_post_counts(cost: &str)
        "whether a POST counts: SSE alone cannot, SSE + POST answers at {cost} the round trip"
        "POST 算不算：SSE 本身不能上行，SSE + POST 的往返时间是 WebSocket 的 {cost}"
    bidirectional_sentence(clause: String)
        "SSE alone carries nothing upstream; with a POST on a keep-alive connection it does ({clause})."
        "SSE 自身不能上行；配合保持连接的 POST 则可以（{clause}）。"
    bidirectional_method()
        "Messages go up on the client's schedule and come back: over WebSocket as a frame each way, over SSE as a POST on a keep-alive connection with the answer on the event stream. The round trip runs from the instant the message was due."
        "消息按客户端的时间表上行再返回：WebSocket 两个方向各一帧；SSE 用保持连接上的 POST 上行，应答走事件流。往返时间从消息应发的时刻算起。"

    event_bytes(payload: String) "{payload} event, bytes (+ framing)" "{payload} 事件的字节（+ 成帧）"
    to_connect() "to connect, both ways" "建立连接（双向）"
    overhead_sentence(small: String, small_ratio: String, large: String, large_ratio: String)
        "At {small} WebSocket needs {small_ratio} of SSE's bytes in all, at {large} {large_ratio}."
        "载荷 {small} 时 WebSocket 的总字节数是 SSE 的 {small_ratio}，{large} 时是 {large_ratio}。"
    payload_size(smaller: String, others: String, margin: String)
        "the payload size (fewer bytes at {smaller}; within {margin} at {others})"
        "载荷大小（{smaller} 时字节更少；{others} 时相差不到 {margin}）"
    overhead_method()
        "Bytes are counted at the client's socket, above TCP and below any decoder, without request and response heads and without the bytes that only close the stream. They are exact, so they need no interval. The ratio in the table is that of all bytes, payload included."
        "字节数在客户端套接字上计数：在 TCP 之上、解码器之下，不含请求头与响应头，也不含仅用于关闭流的字节。它们是精确值，不需要区间。表中的比值是包含载荷的总字节之比。"
    mismatch(name: &str, cell: &str, measured: String, theory: String)
        "Measurement and theory disagree: {name} in {cell} has {measured} bytes above the payload, the specifications say {theory}."
        "实测与理论不符：{cell} 中 {name} 在载荷之外有 {measured} 字节，规范应为 {theory}。"
    theory_caption()
        "Bytes above the payload per event: measured, and by RFC 6455 §5.2, RFC 9112 §7.1 and the WHATWG event stream"
        "每个事件在载荷之外的字节：实测值，以及按 RFC 6455 §5.2、RFC 9112 §7.1 与 WHATWG 事件流计算的值"
    payload() "Payload" "载荷"
    with_ids() " + id:" " + id:"
    transport_head() "Transport" "传输"
    measured_head() "Measured" "实测"
    in_theory() "In theory" "理论"
    agrees() "Agrees" "相符"

    native_api() "native in browsers" "浏览器原生支持"
    reconnects() "resumes by itself" "自动重连并续传"
    seen_live(answer: String) "{answer} (live)" "{answer}（实测）"
    decoder_lines() "lean decoder, lines of code" "lean 解码器代码行数"
    decoder_label(kind: ClientKind, payload: String) "{kind} decoder, {payload} event" "{kind} 解码器，{payload} 事件"
    client_cpu_label(kind: ClientKind) "client CPU per event, {kind}" "客户端 CPU / 事件，{kind}"
    library_sentence()
        "In a browser neither needs a library, both are native; outside of one both do. Only EventSource reconnects and resumes by itself."
        "在浏览器中两者都不需要库，均为原生；浏览器之外两者都需要。只有 EventSource 会自动重连并续传。"
    library_sentence_with_lines(sse: String, websocket: String)
        "In a browser neither needs a library, both are native; outside of one both need a decoder, ours take {sse} lines for SSE and {websocket} for WebSocket. Only EventSource reconnects and resumes by itself."
        "在浏览器中两者都不需要库，均为原生；浏览器之外两者都需要解码器，我们的实现 SSE 为 {sse} 行，WebSocket 为 {websocket} 行。只有 EventSource 会自动重连并续传。"
    library_method()
        "lean is this project's own decoder, one design for every transport; library is what an ordinary application uses: hyper with an SSE parser crate, and tokio-tungstenite. Costs are CPU time in memory, the least of several rounds, without any socket."
        "lean 是本项目自己的解码器，所有传输用同一种设计；library 是普通应用使用的库：hyper 加 SSE 解析库，以及 tokio-tungstenite。开销是内存中的 CPU 时间，取多轮中的最小值，不含套接字。"
    cost_caption() "Cost of decoding in memory" "内存中解码的开销"
    decoder() "Decoder" "解码器"
    cost_per_event() "CPU per event" "CPU / 事件"
    events_per_core() "Events per core" "每核事件数"
    lines_of_code() "Lines" "代码行"

    floor_of(what: String) "share of raw TCP, {what}" "占裸 TCP 之比，{what}"
    rate_of(what: String) "events/s, {what}" "事件/秒，{what}"
    server_cpu_of(what: String) "server CPU per event, {what}" "服务端 CPU / 事件，{what}"
    paced_of(what: String) "{what}, paced" "{what}，按时刻发送"
    batching(sse: &str, websocket: &str)
        " Writing ready events together makes SSE {sse} and WebSocket {websocket} as fast as writing each alone."
        "把就绪的事件合并写出，SSE 的速度是逐个写出时的 {sse}，WebSocket 是 {websocket}。"
    throughput_method()
        "Closed by back-pressure: both ends run as fast as they can, so this is capacity and never latency. Raw TCP writes the bare payloads on the same socket and is the floor."
        "由背压闭环：两端都全速运行，因此这是容量，绝不是延迟。裸 TCP 在同样的套接字上直接写载荷，是下限参照。"

    connect_method()
        "One connection after the other: TCP connect, request to response head, first event, close."
        "逐个建立连接：TCP 建连、请求到响应头、首个事件、关闭。"
}
