//! Where the time goes, in words.

use super::{Language, messages};
use crate::compare::Part;

impl Language {
    /// A part of the way; of relayed messages the publisher is the generator, and the server lies on the way.
    pub(crate) fn part(self, part: Part, relayed: bool) -> String {
        match (part, relayed) {
            (Part::Timer, _) => self.pick("timer", "定时器"),
            (Part::Server, false) => self.pick("server", "服务器"),
            (Part::Server, true) => self.pick("publisher", "发布端"),
            (Part::Wire, false) => self.pick("wire", "线路"),
            (Part::Wire, true) => self.pick("server and wire", "服务器与线路"),
            (Part::Client, _) => self.pick("client", "客户端"),
            (Part::WireAndClient, false) => self.pick("wire and client", "线路与客户端"),
            (Part::WireAndClient, true) => self.pick("server, wire and client", "服务器、线路与客户端"),
        }
        .to_owned()
    }
}

messages! {
    breakdown_title(cell: &str) "Where the time goes: {cell}" "时间花在哪里：{cell}"
    breakdown_subtitle() "medians of the parts one after the other" "各部分的中位数首尾相接"
    breakdown_whole() "response time, median" "响应时间中位数"
    breakdown_sum() "sum of the parts" "各部分之和"
    breakdown_caption()
        "Where the time goes: medians over trials of each trial's median, and their share of the sum"
        "时间花在哪里：各试验中位数的中位数，及其占总和的份额"
    breakdown_note()
        "Timer: fired − due. Server: sent − fired. Wire: sent to the kernel's receive stamp. Client: from that stamp to the read, the load generator's own part. Each is a median of its own, so the bar need not end at the mark, which is the median of the response time. The stamp is that of the last event of a read, in a sample of the reads."
        "定时器：触发 − 应发。服务器：发出 − 触发。线路：发出到内核接收时间戳。客户端：从该时间戳到读取，即负载发生器自身的部分。各部分各取中位数，因此条形未必止于标线；标线是响应时间的中位数。时间戳属于一次读取中的最后一个事件，只取部分读取为样本。"
    breakdown_line(cell: &str, arm: String, parts: String, whole: String)
        "{cell}, {arm}: {parts}; response time {whole}"
        "{cell}，{arm}：{parts}；响应时间 {whole}"
    breakdown_heading()
        "Where the time goes (medians, which need not add up)"
        "时间花在哪里（中位数，未必可加）"
}
