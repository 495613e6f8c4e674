//! The `why` of the built-in plans in Chinese. A plan of one's own is shown in the words of its author.

use super::{Language, pairs};

impl Language {
    /// Why a cell or plan exists.
    pub(crate) fn why(self, why: &str) -> String {
        let known = CHINESE.iter().find(|(english, _)| self == Self::Chinese && *english == why);
        known.map_or(why, |(_, chinese)| chinese).to_owned()
    }
}

pairs! { CHINESE
    "counts that no noise can touch, apart from every pass that times something; one minute"
    "不受噪声影响的计数，与一切计时分开进行；一分钟"
    "instructions, allocations and system calls of either end for one event: what framing costs, whatever else runs"
    "两端每个事件的指令、内存分配与系统调用：不论本机还在忙什么，分帧的代价是多少"
    "user instructions and system calls of the server for one event: what framing costs, whatever else runs"
    "服务端每个事件的用户态指令与系统调用：不论本机还在忙什么，分帧的代价是多少"
    "bytes of one event at three layers: in the codec, below TLS, on the wire"
    "一个事件在三个层次上的字节：编解码处、TLS 之下、线路上"
    "how much of a service time is the client's own wake-up"
    "服务时间里有多少是客户端自己被唤醒所花的"
    "every row of the table, ten blocks for each timed cell: nine headline figures under Holm need nine"
    "表格的每一行，每个计时单元十个区组：经 Holm 校正的九个主要指标至少需要九个"
    "who can send on the open connection, and what the wire says"
    "谁能在打开的连接上发送，线上实际传了什么"
    "long polling asks again for every answer; does SSE?"
    "长轮询每收到一个应答都要再问一次；SSE 呢？"
    "what the browsers on this machine do, beside what the compatibility data says"
    "本机浏览器的实际表现，与兼容性数据对照"
    "one reader, 2,000 events a second: the cost of the transport with nothing in the way"
    "一个读者，每秒 2,000 个事件：没有其他干扰时传输本身的代价"
    "one event to 100 readers: what a dashboard or a chat room does"
    "一个事件发给 100 个读者：仪表盘或聊天室的典型情形"
    "20 readers, 1,000 events a second each: a host so busy that waking an idle CPU does not decide"
    "20 个读者，每个每秒 1,000 个事件：主机足够繁忙，唤醒空闲 CPU 的时间不起决定作用"
    "a message up and its answer down: WebSocket frame against POST with the answer on the event stream"
    "一条消息上行、应答下行：WebSocket 帧对比 POST 加事件流应答"
    "bytes above the payload, exact to the byte"
    "载荷之外的字节，精确到字节"
    "what the id: line costs that makes EventSource resume by itself"
    "让 EventSource 能自动续传的 id: 行要花多少字节"
    "what a decoder costs apart from the kernel"
    "除内核之外，解码器本身的开销"
    "what an ordinary client library pays for the same events"
    "同样的事件，普通客户端库要付出多少"
    "events a second when every event is written alone, beside the raw TCP floor"
    "逐个写出事件时每秒能送多少，与裸 TCP 下限对照"
    "the same with up to 16 ready events in one write: batching matters more than framing"
    "同上，但一次写出最多 16 个就绪事件：合并写比分帧更重要"
    "what an event costs the server beside its schedule, at 50,000 a second: a tick of 200 µs, since without one a busy server and its idle schedule sleep unequally often"
    "每秒 50,000 个事件时，除调度之外一个事件花费服务端多少：节拍为 200 µs，因为没有节拍时忙碌的服务端与空闲的调度休眠次数不同"
    "the slope of memory over open, quiet connections; stock shows what the defaults of the libraries do to it"
    "内存对空闲连接数的斜率；stock 显示库的默认设置对它的影响"
    "TCP connect, handshake and first event, one connection after the other"
    "TCP 建连、握手与首个事件，逐个连接依次进行"
    "every row in under a minute: exact rows are exact, timed rows have bounds and no verdicts"
    "一分钟内测完每一行：精确的行仍然精确，计时的行只给出界限，不下结论"
    "the grid of rates, payloads and fan-out, fourteen blocks: more headline figures need more of them"
    "速率、载荷与扇出的网格，十四个区组：主要指标越多，所需的区组越多"
    "every row of the table; many short trials, since trials differ more from one another than parts of one do"
    "表中的每一行；许多短试验，因为试验之间的差别大于一次试验内部的差别"
    "every row of the table, forty short blocks, and up to a hundred where intervals are still wide"
    "表中的每一行，四十个短区组；区间仍宽时至多一百个"
    "one reader: three rates and two payload sizes"
    "一个读者：三种速率、两种载荷大小"
    "one event to 100 readers: three rates and two payload sizes"
    "一个事件发给 100 个读者：三种速率、两种载荷大小"
    "token streams from 20 to 2,000 tokens a second: what a transport adds to the model's own pace"
    "每秒 20 到 2,000 个词元的词元流：传输在模型自身的节奏之外增加了什么"
    "the shapes of large-model platforms: arrivals as people and editors make them, batches, silence, speed"
    "大模型平台的各种形态：人和编辑器产生的请求到达、成批输出、长时间沉默、高速输出"
    "people who ask when they like (Poisson, 10 a second), each answer four times as fast as in life"
    "人们随意提问（泊松到达，每秒 10 个），每个应答为实际速度的四倍"
    "four or five tokens an event on ten streams, four times as fast as in life"
    "十条流，每个事件四到五个词元，为实际速度的四倍"
    "a sentence an event on ten streams, ten times as fast as in life"
    "十条流，每个事件一句话，为实际速度的十倍"
    "an editor asks in bursts (gamma arrivals, CV 8, 100 a second on average), at the speed of life"
    "编辑器成批请求（伽马到达，变异系数 8，平均每秒 100 个），按实际速度"
    "recorded requests of a coding service (Azure 2023), their prompts and lengths, ten times as fast as in life"
    "一个编程服务的真实请求记录（Azure 2023），沿用其提示与长度，为实际速度的十倍"
    "a long silence, then a long answer on four streams; twenty times as fast as in life"
    "四条流，先长时间沉默，再给出长应答；为实际速度的二十倍"
    "4,000 tokens/s on one stream: where a transport could begin to matter"
    "一条流每秒 4,000 个词元：传输可能开始起作用之处"
    "20 tokens/s on one stream: a slow, large model, and a host that sleeps between tokens; up to 20 events/s offered"
    "一条流每秒 20 个词元：缓慢的大模型，主机在词元之间休眠；至多每秒提供 20 个事件"
    "the same for 100 readers at once: up to 2,000 events/s offered"
    "同上，但同时有 100 个读者：至多每秒提供 2,000 个事件"
    "67 tokens/s on one stream, the pace of hosted chat models; up to 67 events/s offered"
    "一条流每秒 67 个词元，即托管聊天模型的速度；至多每秒提供 67 个事件"
    "100 chats at once: up to 6,700 events/s offered"
    "同时 100 个聊天：至多每秒提供 6,700 个事件"
    "125 tokens/s on one stream: completion in an editor; up to 125 events/s offered"
    "一条流每秒 125 个词元：编辑器中的补全；至多每秒提供 125 个事件"
    "100 completions at once: up to 12,500 events/s offered"
    "同时 100 个补全：至多每秒提供 12,500 个事件"
    "1,000 tokens/s on one stream: hardware made for inference; up to 1,000 events/s offered"
    "一条流每秒 1,000 个词元：专为推理而造的硬件；至多每秒提供 1,000 个事件"
    "ten such streams: up to 10,000 events/s offered (a hundred would be more than two CPUs carry)"
    "十条这样的流：至多每秒提供 10,000 个事件（一百条会超出两个 CPU 的能力）"
    "2,000 tokens/s on one stream, faster than any hosted model today; up to 2,000 events/s offered"
    "一条流每秒 2,000 个词元，快于今天任何托管模型；至多每秒提供 2,000 个事件"
    "no pacing at all: what a stream could carry if a model could fill it; capacity, never latency"
    "完全不限速：若模型填得满，一条流能承载多少；这是容量，不是延迟"
    "receiving prediction results, watching training progress, and streams that stand open and say nothing"
    "接收预测结果、观察训练进度，以及打开却静默的流"
    "a hundred clients wait for a prediction each, ten times as fast as in life: progress, then 1 to 64 kB of output"
    "一百个客户端各等一个预测，速度为现实的十倍：先是进度，最后是 1 至 64 kB 的输出"
    "fifty people watch one training run of five steps a second, twenty times as fast as in life, its bursts of log lines included"
    "五十人同看一次每秒五步的训练，速度为现实的二十倍，含成批的日志行"
    "one person watches the same training run: the cost of the transport with nobody else in the way"
    "一人观看同一次训练：没有他人干扰时传输本身的代价"
    "streams that stand open and say nothing: what a quiet watcher costs"
    "打开却静默的流：一个安静的观看者要花多少"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;
    use trial::Plan;

    #[test]
    fn every_built_in_plan_speaks_chinese() {
        let plans = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../loadgen/plans")).unwrap();
        for path in
            plans.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "toml"))
        {
            let plan = Plan::from_toml(&fs::read_to_string(&path).unwrap()).unwrap();
            for why in plan.cells.iter().map(|cell| &cell.why).chain([&plan.why]) {
                assert_ne!(&Language::Chinese.why(why), why, "{}: add its Chinese here", path.display());
            }
        }
    }

    #[test]
    fn an_own_plan_keeps_its_words() {
        assert_eq!(Language::Chinese.why("because <b>"), "because <b>");
    }
}
