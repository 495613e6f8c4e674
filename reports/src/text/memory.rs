//! What is said of memory: what a connection has a server request, and the pages that were touched.

use super::{Language, messages};
use wire::HeapUse;

impl Language {
    /// What a site is for.
    pub(crate) fn heap_use(self, purpose: HeapUse) -> &'static str {
        match purpose {
            HeapUse::HyperRead => self.pick("hyper, read buffer", "hyper 读缓冲区"),
            HeapUse::HyperWrite => self.pick("hyper, buffer of heads and writes", "hyper 头部与写缓冲区"),
            HeapUse::TungsteniteRead => self.pick("tungstenite, read buffer", "tungstenite 读缓冲区"),
            HeapUse::TungsteniteWrite => self.pick("tungstenite, write buffer", "tungstenite 写缓冲区"),
            HeapUse::Task => self.pick("task of the connection", "连接的任务"),
            HeapUse::Exchange => self.pick("request and response heads", "请求与响应头"),
            HeapUse::Own => self.pick("topic, reader, feed (this project)", "主题、读者、数据流（本项目）"),
            HeapUse::WebSocket => self.pick("WebSocket state", "WebSocket 状态"),
            HeapUse::Tls => self.pick("TLS session and its records", "TLS 会话及其记录"),
            HeapUse::Body => self.pick("body of the response", "响应体"),
            HeapUse::Runtime => self.pick("runtime (tokio)", "运行时（tokio）"),
            HeapUse::Other => self.pick("other", "其他"),
        }
    }

    /// What sets the size of an I/O buffer; empty for what is none.
    pub(crate) fn knob(self, purpose: HeapUse) -> &'static str {
        match purpose {
            HeapUse::HyperRead => self.pick("INIT_BUFFER_SIZE, no knob makes it smaller", "INIT_BUFFER_SIZE，无法调小"),
            HeapUse::HyperWrite => self.pick("INIT_BUFFER_SIZE", "INIT_BUFFER_SIZE"),
            HeapUse::TungsteniteRead => self.pick("read_buffer_size", "read_buffer_size"),
            HeapUse::TungsteniteWrite => self.pick(
                "grows to the largest write, up to write_buffer_size",
                "随最大的一次写入增长，至多 write_buffer_size",
            ),
            HeapUse::Task
            | HeapUse::Exchange
            | HeapUse::Own
            | HeapUse::WebSocket
            | HeapUse::Tls
            | HeapUse::Body
            | HeapUse::Runtime
            | HeapUse::Other => "",
        }
    }
}

messages! {
    older_schema() "records of an older schema" "旧版记录格式"
    requested_not_measured(why: String)
        "requested bytes: not measured ({why}); pages touched settle nothing, they depend on what a library does with its buffers"
        "申请的字节：未测量（{why}）；仅凭触及的页面不能下结论，它取决于库如何使用其缓冲区"
    buffers_on_top(buffers: String)
        " I/O buffers come on top, and their size is a knob: {buffers}."
        "I/O 缓冲区另计，其大小由设置决定：{buffers}。"
    buffers_of(preset: String, transport: &str, buffers: &str)
        "{preset}, {transport}: {buffers}"
        "{preset}，{transport}：{buffers}"
    buffer(bytes: String, name: &str, knob: &str) "{bytes} ({name}: {knob})" "{bytes}（{name}：{knob}）"
    heap_caption(preset: String, from: u64, to: u64)
        "Bytes requested for each connection by what they are for and by the function that requests them, preset {preset}: what {to} connections hold more than {from}"
        "每连接申请的字节，按用途与申请的函数列出，预设 {preset}：{to} 个连接比 {from} 个连接多出的部分"
    heap_use_head() "What for" "用途"
    heap_function_head() "Function" "函数"
    heap_all() "all" "总计"
    heap_without_buffers() "without I/O buffers" "不含 I/O 缓冲区"
    heap_named() "share with a known use" "用途已知的比例"
    heap_repeated(bytes: String)
        "Counted in two blocks; the two differ by {bytes} a connection at most."
        "在两个区组中各计一次；两次之差每连接至多 {bytes}。"
}
