//! What rows say: labels of measured values and sentences with numbers.

use super::{Language, messages};
use trial::ClientKind;
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

    pub(crate) fn resumes(self, seen: Option<bool>, by_specification: bool) -> String {
        match seen {
            Some(resumed) => self.seen_live(self.yes_or_no(resumed)),
            None => self.yes_or_no(by_specification),
        }
    }

    pub(crate) fn yes_or_no(self, yes: bool) -> String {
        if yes { self.yes() } else { self.no() }
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
    arrived(sse: String, websocket: String)
        "client messages that arrived: SSE {sse}, WebSocket {websocket}"
        "到达服务器的客户端消息：SSE {sse}，WebSocket {websocket}"
    websocket_said_nothing()
        "no message arrived over WebSocket either"
        "WebSocket 上也没有消息到达"

    implementation_sentence(sse: String, websocket: String, polls: String)
        "For 1,000 events SSE sent {sse}, WebSocket {websocket}, long polling {polls}: SSE is one request whose answer does not end, on one TCP connection, and WebSocket too is one TCP connection that starts with one HTTP request."
        "每 1,000 个事件，SSE 发送 {sse}，WebSocket {websocket}，长轮询 {polls}：SSE 是一个永不结束的应答，走一条 TCP 连接；WebSocket 同样是一条以 HTTP 请求开始的 TCP 连接。"
    implementation_without_polls(sse: String, websocket: String)
        "For 1,000 events SSE sent {sse} and WebSocket {websocket}: both are one TCP connection that starts with one HTTP request."
        "每 1,000 个事件，SSE 发送 {sse}，WebSocket {websocket}：两者都是一条以 HTTP 请求开始的 TCP 连接。"
    too_few_polls() "long polling was not much busier here" "此处长轮询的请求并没有明显更多"

    share(with: usize, of: usize) "{with} of {of}" "{with} / {of}"
    browsers_with() "living browsers with it" "支持它的现役浏览器"
    every_major_since() "every major one since" "主流浏览器全部支持始于"
    not_everywhere() "not all of them" "尚未全部支持"
    did_not_open() "did not open" "未能打开"
    live_label(name: String) "live in {name}" "{name} 实测"
    by_data() "by compatibility data alone" "仅依据兼容性数据"
    by_data_and(names: String) "by compatibility data, and live in {names}" "依据兼容性数据，并在 {names} 中实测"
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
    resumed_live(sse: String, websocket: String)
        "resumes by itself: SSE {sse}, WebSocket {websocket}"
        "自动重连并续传：SSE {sse}，WebSocket {websocket}"
    supports_in_part(said: String) "{said}, which supports the article in part" "{said}，这部分支持文章的说法"
    resuming_not_measured()
        "who resumes by itself was tried in no browser"
        "谁会自动续传，没有在浏览器中试过"
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
    cost_caption() "Cost of decoding in memory" "内存中解码的开销"
    decoder() "Decoder" "解码器"
    cost_per_event() "CPU per event" "CPU / 事件"
    events_per_core() "Events per core" "每核事件数"
    lines_of_code() "Lines" "代码行"
}
