//! The method in short and the glossary. METHOD.md has the long form.

use super::{Language, pairs};

impl Language {
    /// How numbers were made and what they may say, one paragraph each.
    pub(crate) fn method(self) -> impl Iterator<Item = &'static str> {
        METHOD.iter().map(move |(english, chinese)| self.pick(english, chinese))
    }

    /// Terms with their meaning.
    pub(crate) fn glossary(self) -> impl Iterator<Item = [&'static str; 2]> {
        let (terms, _) = TERMS.as_chunks::<2>();
        terms.iter().map(move |both| both.map(|(english, chinese)| self.pick(english, chinese)))
    }
}

pairs! { METHOD
    "The unit of evidence is the trial, never the message. Trials come in blocks that hold SSE and WebSocket once, in random order, and in every block or every second or third one the controls too: a null arm that repeats the base of the ratios, and floors. A ratio is taken inside each block, so what drifts with time cancels."
    "证据的单位是试验，而不是消息。试验分为区组，每个区组以随机次序包含 SSE 与 WebSocket 各一次；每个区组，或每隔一两个区组，还包含对照：重复比值基准的空对照臂，以及底线。比值在区组内部计算，因此随时间的漂移会相互抵消。"
    "The ratio shown is the Hodges–Lehmann estimate over blocks; its interval inverts the exact Wilcoxon signed-rank test. Below six blocks no 95 % interval exists and none is shown. Exact counts (bytes, requests) need none."
    "所示比值是区组间的 Hodges–Lehmann 估计；其区间由精确的 Wilcoxon 符号秩检验反演得到。少于六个区组时不存在 95 % 区间，因此不显示。精确计数（字节、请求）不需要区间。"
    "The headline figures of a report share one risk of 5 %: of n figures each claim rests on an interval at 1 − 0.05/n (Bonferroni), wider than the 95 % interval shown. A difference counts when that interval lies beyond the margin; two arms are equivalent when the interval of the two one-sided tests, at 1 − 0.10/n, lies inside the margin: 5 % for p50, throughput and CPU, 10 % for p99, 3 % for memory, 0.5 % for bytes. A bound on an open figure (\"no difference larger than …\") never means equal."
    "一份报告的主要指标共担 5 % 的风险：n 个指标中每个结论依据 1 − 0.05/n 的区间（Bonferroni），比所示的 95 % 区间更宽。该区间位于界值之外，差别才算成立；双单侧检验的区间（1 − 0.10/n）落在界值之内则两臂等效：p50、吞吐量与 CPU 为 5 %，p99 为 10 %，内存为 3 %，字节为 0.5 %。未定指标的上界（“差别不超过……”）绝不等于“相等”。"
    "A quantile q needs 20 / (1 − q) independent observations: 2,000 for p99, 20,000 for p99.9. An event that goes to 100 readers is one observation. Where one trial has too few, all trials are pooled and the interval comes from a bootstrap over whole blocks; where all have too few, no number is shown."
    "分位数 q 需要 20 / (1 − q) 个独立观测：p99 需 2,000 个，p99.9 需 20,000 个。发给 100 个读者的一个事件只算一个观测。单次试验不够时合并所有试验，区间由整区组自助法给出；全部合并仍不够时不显示数字。"
    "Self-hosted runs share one machine: server, client and kernel compete for the same cores over loopback. Ratios survive that better than absolute values do. Nothing here was measured across a real network unless a target is named."
    "自托管运行共用一台机器：服务器、客户端与内核经回环争用相同的核心。比值比绝对值更经得起这一点。除非注明了目标主机，这里的数字都不是在真实网络上测得的。"
}

pairs! { TERMS
    "response time" "响应时间"
        "received − due: what a user waits, stalls included" "收到 − 应发：用户等待的时间，停顿也计入"
    "service time" "服务时间"
        "received − sent: network and client alone" "收到 − 发出：仅网络与客户端"
    "timer lateness" "定时迟到"
        "fired − due: how late the server released an event, inside every response time" "触发 − 应发：服务器释放事件的迟到，包含在每个响应时间里"
    "judged time" "所判时间"
        "response time less the event's own timer lateness, up to a cap: the p99 of an idle timer beside the server in the same trial, at most 200 µs" "响应时间减去该事件自身的定时迟到，但不超过上限：同一试验中服务器旁空闲定时器迟到的 p99，最多 200 µs"
    "delivery time" "交付时间"
        "received − fired: a diagnostic; a server that stands still moves fired too, so it hides stalls" "收到 − 触发：仅供诊断；服务器停顿时触发也随之推迟，因此看不见停顿"
    "cell, arm, trial, block" "单元、臂、试验、区组"
        "a point of the comparison; one transport in it; one run of that; neighbouring trials that hold each compared arm once" "对照中的一个点；其中的一种传输；它的一次运行；相邻的、每个被比较的臂各一次的一组试验"
    "null arm, A/A" "空对照臂，A/A"
        "the base of the ratios against a second copy of itself: what is measured where nothing differs" "比值的基准与自身的另一份比较：没有差别时测出的数"
    "bounded, open" "有上界，未定"
        "not settled: with a bound, the largest difference that the 95 % interval leaves either way; without one" "没有定论：有上界，即 95 % 区间在任一方向所容的最大差别；没有上界"
    "no practical difference" "没有实际差别"
        "the adjusted interval of a difference in time lies within the stated limit, whatever the ratio says" "时间差的校正区间落在所述限度之内，不论比值如何"
    "in the median" "就中位数而言"
        "every median says so; what the tails leave open stands beside it" "所有中位数都如此；尾部未定之处列在旁边"
    "by definition" "定义使然"
        "follows from the specifications, whatever is measured; counted apart from what was confirmed or refuted" "由规范得出，与测量无关；不计入“证实”或“推翻”"
    "overhead" "开销"
        "bytes at the client's socket minus payload, for each event" "客户端套接字处的字节减去载荷，按事件计"
    "fan-out" "扇出"
        "one event to many readers" "一个事件发给许多读者"
    "goodput" "有效吞吐"
        "payload delivered once and in order, a second" "每秒恰好一次、按序送达的载荷"
    "stock, equal" "stock、equal"
        "server presets: what the libraries do when nobody asks; read buffers of one size and one flush policy for all, Nagle off" "服务器预设：库的默认行为；所有传输的读缓冲区大小相同、刷写策略相同，并关闭 Nagle"
    "lean, library" "lean、library"
        "clients: this project's own decoders; what an ordinary application uses" "客户端：本项目自己的解码器；普通应用使用的库"
}
