//! What is said of memory: what a connection has a server request, and the pages that were touched.

use super::{Language, messages};
use trial::Figure;
use wire::{HeapUse, Preset};

impl Language {
    pub(crate) fn memory_label(self, figure: Figure, preset: Preset) -> String {
        let preset = self.preset(preset);
        match figure {
            Figure::RequestedWithoutBuffersPerConnection => self.requested_label(preset),
            Figure::RequestedBytesPerConnection => self.requested_in_all(preset),
            Figure::ServerMemoryPerConnection => self.server_pages(preset),
            Figure::KernelMemoryPerConnection => self.kernel_memory(),
            other => self.figure(other),
        }
    }

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
            | HeapUse::Body
            | HeapUse::Runtime
            | HeapUse::Other => "",
        }
    }
}

messages! {
    requested_label(preset: String) "requested without I/O buffers, {preset}" "申请的字节（不含 I/O 缓冲区），{preset}"
    requested_in_all(preset: String) "requested in all, {preset}" "申请的字节总计，{preset}"
    server_pages(preset: String) "pages touched (PSS), {preset}" "触及的页面（PSS），{preset}"
    kernel_memory() "kernel, both ends" "内核，两端合计"
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
    memory_method()
        "Three figures. Requested: what the server's allocator was asked for and not given back, by an exact account of every call, at two numbers of open, quiet connections; the row concludes from it, without the libraries' I/O buffers. Pages touched: the slope of the server's proportional set size over connections; hyper reserves its buffers and touches what it uses, tungstenite zeroes its whole read buffer, so buffers of one size are not equal memory, and a size subtracted from this slope proves nothing. Kernel: slabs of the host; when both ends share it, as in a self-hosted run, halve the figure for one end. Preset stock is what the libraries do when nobody asks, equal gives both a read buffer of 8 KiB."
        "三个数字。申请的字节：服务端向分配器申请且尚未归还的字节，逐次调用精确记账，在两种空闲连接数下读取；本行据此下结论，并扣除库的 I/O 缓冲区。触及的页面：服务端 PSS 对连接数的斜率；hyper 预留缓冲区而只触及用到的部分，tungstenite 会把整个读缓冲区清零，因此同样大小的缓冲区并不等于同样的内存，从这一斜率中减去缓冲区大小不能证明什么。内核：主机的 slab，两端在同一主机时（自托管运行即如此），单端请取一半。stock 是库的默认行为，equal 给两者各 8 KiB 读缓冲区。"
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
