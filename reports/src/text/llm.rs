//! What the tables of language-model trials say.

use super::{Language, messages};
use crate::number::{self, NONE};
use script::JobKind;
use trial::{Job, LlmLoad};

messages! {
    llm_caption(format: &str, model: &str) "What was asked and answered: {format}, model {model}" "请求与应答：{format}，模型 {model}"
    llm_times_caption() "Times of the complete answers, all blocks together" "完整应答的各项时间，所有区组合并"
    llm_failures_caption() "Why requests failed" "请求失败的原因"
    llm_why_head() "reason" "原因"
    llm_count_head() "requests" "请求数"
    llm_sent() "requests sent" "已发请求"
    llm_answered() "answered in full" "完整应答"
    llm_cancelled() "given up by the client on purpose" "客户端主动放弃"
    llm_cancelled_events() "content events that the client had of these" "放弃时客户端已收到的内容事件"
    llm_in_vain() "tokens that the server released for these and never sent" "服务器为此生成而未发送的词元"
    llm_retries() "repeated after 429, 503 or 529" "因 429、503 或 529 重发"
    llm_good(slo: String) "met {slo}" "达到 {slo}"
    llm_tokens() "output tokens" "输出词元"
    llm_uncounted() "answers without a stated number of tokens (an event counts as one)" "未给出词元数的应答（每个事件计为一个）"
    llm_hidden() "tokens of reasoning, stated and not streamed (in no figure)" "已声明但未流式发送的推理词元（不计入任何指标）"
    llm_per_read() "content events per read" "内容事件 / 每次读取"
    llm_unit(blocks: usize)
        "The unit of evidence is the block of consecutive requests ({blocks} of them), never the request or the event."
        "证据的单位是由相继请求组成的区组（共 {blocks} 个），而不是单个请求或事件。"

    llm_answer(paces: String, said: String)
        "At {paces} tokens/s a stream: {said}."
        "在每条流每秒 {paces} 个词元时：{said}。"
    llm_range(low: String, high: String) "{low} to {high}" "{low} 至 {high}"
    llm_farthest(quantile: String, cells: String, value: String, share: String, at: String)
        "at {quantile} ({cells}) no 95 % interval of the difference between SSE and WebSocket in added latency reaches beyond {share} of the time between two tokens ({value} at {at})"
        "{quantile} 处（{cells}），两种传输附加延迟之差的 95 % 区间均不超出两个词元间隔的 {share}（{value}，{at}）"
    llm_cells(some: usize, all: usize) "{some} of {all} cells have an interval" "{all} 个单元中 {some} 个有区间"
    llm_at(pace: String, streams: String) "{pace} tokens/s, {streams}" "每秒 {pace} 个词元，{streams}"
    llm_tallies(other: &str, base: &str, cells: usize, said: String)
        "{other} against {base} in the median of {cells} paced cells: {said}"
        "{cells} 个按日程发送的单元中，{other} 的中位数相对 {base}：{said}"
    llm_tally(word: String, count: usize) "{word} in {count}" "{count} 个{word}"
    llm_difference_in(difference: String, what: String) "{difference} in {what}" "{what}，{difference}"
    llm_cell(at: String, difference: String, value: String, share: String, gap: String, verdict: String)
        "At {at}, {difference}: {value}, which is {share} of the {gap} between two tokens; {verdict}."
        "{at}：{difference} 为 {value}，是两个词元间隔 {gap} 的 {share}；{verdict}。"
    llm_one_transport() "one transport alone: nothing to compare" "只有一种传输：无从比较"
    llm_difference(other: &str, base: &str) "{other} minus {base}" "{other} 减 {base}"
    llm_difference_head(difference: String) "{difference}, p50" "{difference}，p50"
    llm_share(share: String, gap: String) "{share} of {gap}" "{gap} 的 {share}"
    llm_share_head() "share of the time between two tokens" "占两个词元间隔的比例"
    llm_streams_head() "streams" "流"
    llm_pace_head() "tokens/s a stream" "词元/秒（每条流）"
    llm_added_caption()
        "Added latency of each content event, from its due time in the model's schedule"
        "每个内容事件相对模型日程应发时刻的附加延迟"
    llm_chart_subtitle() "median of trials, p50 of content events" "各试验的中位数，内容事件的 p50"
    llm_chart_axis() "added latency" "附加延迟"
    llm_chart_caption()
        "Both scales are logarithmic: at 1,000 tokens/s there is 1 ms between two tokens, at 20 tokens/s 50 ms."
        "两轴均为对数：每秒 1,000 个词元时两个词元相隔 1 ms，每秒 20 个时相隔 50 ms。"
    llm_many(name: &str) "{name}, many streams" "{name}，多条流"
    llm_single(name: &str) "{name}, one stream" "{name}，一条流"
    llm_load(streams: String, workload: &str, speed: String, begin: String, offered: String)
        "{streams} of workload {workload}, speed {speed}, begin: {begin}, {offered} content events/s offered at most"
        "{streams}，工作负载 {workload}，速度 {speed}，开始方式：{begin}，至多每秒提供 {offered} 个内容事件"
    load_predict(connections: String, speed: String, offered: String, window: humantime::FormattedDuration)
        "{connections}, a prediction each, speed {speed}, {offered} events/s offered in all, window {window}"
        "{connections}，各等一个预测，速度 {speed}，合计每秒提供 {offered} 个事件，测量窗口 {window}"
    load_train(connections: String, rate: String, speed: String, offered: String, window: humantime::FormattedDuration)
        "{connections}, one training run of {rate} steps/s, speed {speed}, {offered} events/s offered in all, window {window}"
        "{connections}，同看一次每秒 {rate} 步的训练，速度 {speed}，合计每秒提供 {offered} 个事件，测量窗口 {window}"
}

impl Language {
    /// The name of a line of the chart.
    pub(crate) fn llm_line(self, name: &str, single: bool) -> String {
        if single { self.llm_single(name) } else { self.llm_many(name) }
    }

    /// What a cell of a plan asks for.
    pub(crate) fn llm_asked(self, connections: u32, llm: &LlmLoad, offered: Option<f64>) -> String {
        let offered = offered.map_or_else(|| NONE.to_owned(), number::significant);
        let speed = number::quotient(llm.speed);
        self.llm_load(self.streams(connections), &llm.workload, speed, llm.begin.to_string(), offered)
    }

    /// What a cell watches.
    pub(crate) fn watched(self, job: &Job) -> String {
        let (connections, speed) = (self.connections(job.connections), number::quotient(job.speed));
        let (offered, window) = (number::significant(job.offered()), humantime::format_duration(job.timing.window));
        match job.kind {
            JobKind::Predict => self.load_predict(connections, speed, offered, window),
            JobKind::Train => self.load_train(connections, number::quotient(job.rate.get()), speed, offered, window),
        }
    }
}
