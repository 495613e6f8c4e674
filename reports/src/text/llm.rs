//! What the tables of language-model trials say.

use super::messages;

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
}
