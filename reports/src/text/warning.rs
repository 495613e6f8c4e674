//! Warnings of trials and runs. The English text is the one that `trial` gives them.

use super::Language;
use trial::{AnswerWarning, LateGenerator, StallWarning, Warning};

impl Language {
    pub(crate) fn warning(self, warning: &Warning) -> String {
        if self == Self::English { warning.to_string() } else { chinese(warning) }
    }
}

/// Declares the Chinese of every kind of warning in one exhaustive match: a new one does not compile without.
macro_rules! chinese {
    ({ $($nested:pat => $words:expr,)* } $($kind:pat => $text:literal)*) => {
        #[allow(clippy::useless_format, reason = "most warnings hold numbers")]
        fn chinese(warning: &Warning) -> String {
            match warning {
                $($nested => $words,)*
                $($kind => format!($text),)*
            }
        }
    };
}

chinese! {
    {
        Warning::GeneratorLate(late) => of_lateness(late),
        Warning::Answers(warning) => of_answers(warning),
        Warning::Stall(warning) => of_stall(warning),
    }
    Warning::GeneratorBusy { share } =>
        "负载发生器用掉了其 CPU 的 {share:.0} %：瓶颈可能在它；请降低速率或增加 --threads"
    Warning::GeneratorSaturated { share } =>
        "负载发生器在按计划发送时用掉了其 CPU 的 {share:.0} %：它计的是自己的时；请降低速率或增加 --threads"
    Warning::GeneratorQueueing { median_us, share } =>
        "消息在负载发生器内部等待 {median_us:.0} µs（中位数），占所计时间的 {share:.0} %：请降低速率或减少连接"
    Warning::CeilingNear { transport, offered, ceiling } =>
        "{transport} 每秒 {offered:.0} 个事件，超过负载发生器上限（每秒 {ceiling:.0} 个）的一半：请降低速率或增加 --threads"
    Warning::OfferedShort { sent, planned } =>
        "计划的 {planned} 个事件只发出了 {sent} 个：这不是所要的负载；请降低速率"
    Warning::ClosedLoop => "此负载等待自己的完成（闭环）：只给出容量与服务时间，不给出响应时间"
    Warning::PacerLate { p99_us } =>
        "事件 p99 迟发 {p99_us:.0} µs：除空闲定时器自身的迟到外，全部计入所判时间"
    Warning::EventsLost { lost, expected } =>
        "{expected} 个事件中有 {lost} 个从未到达：延迟不含它们；请降低速率或使用 --slow wait"
    Warning::EventsDropped { dropped } =>
        "服务器为慢读者丢弃了 {dropped} 个事件：有效吞吐不等于所发；请降低速率或使用 --slow wait"
    Warning::StreamsFailed { failed, first } => "{failed} 条流失败；第一条的原因：{first}"
    Warning::UsageLost { why } => "本次试验缺少服务器自身的 CPU 与内存：{why}"
    Warning::TrialFailed { why } => "有一次试验失败：{why}"
    Warning::ForeignLoad { cpus } => "其他程序同时占用了 {cpus:.2} 个 CPU：请结束它们，或换一台更安静的主机"
    Warning::RunQueueWait { program, share, calm } =>
        "{program} 的线程有 {share:.0} % 的时间就绪而未能运行（最平静的一次为 {calm:.0} %）：请换一台更安静的主机"
    Warning::Steal { share } => "虚拟机监控器拿走了 {share:.1} % 的 CPU 时间：请换个时间或换台主机测量"
    Warning::Hiccup { gap_ms } => "主机停顿了 {gap_ms:.0} ms：请换个时间或换台主机测量"
    Warning::CpuSpeed { percent } =>
        "固定的算术循环在试验前后相差 {percent:.0} %：CPU 速度变了；请固定其频率或等它冷却"
    Warning::IdleHost { busy } =>
        "主机只有 {busy:.0} % 忙：这些时间主要是唤醒空闲 CPU 的时间；请也在容量的 25 % 至 75 % 处测量"
    Warning::Swapping { pages } => "其间有 {pages} 页被换入换出：请先释放内存再测量"
    Warning::MajorFaults { faults } =>
        "服务器与负载发生器有 {faults} 次等待从磁盘读入页面：请先释放内存再测量"
    Warning::RealtimeThrottled { busy } =>
        "实时进程占用了 {busy:.0} % 的 CPU：内核每秒会让这类线程停 50 ms；请降低负载或优先级"
    Warning::NotQuiet { cpus, waited_s } =>
        "开始时其他程序占用 {cpus:.2} 个 CPU，等待 {waited_s} s 未见安静：每次试验各自判断；更安静的主机能省下区组"
    Warning::NoisyHost { redone, blocks } =>
        "主机嘈杂：除计入的 {blocks} 个区组外有 {redone} 个须重做；请相信区间，不要相信单个数字"
    Warning::ListenOverflow { dropped } =>
        "监听队列已满，内核丢弃了 {dropped} 条连接：请提高 net.core.somaxconn 或放慢建连"
    Warning::SynRepeated { slowest_ms } =>
        "一次 TCP 建连用了 {slowest_ms:.0} ms，相当于 SYN 重发：建连时有丢包；请放慢建连"
    Warning::NagleOn { program } =>
        "{program} 开着 Nagle 算法：小的写入可能要等 ACK；请设置 TCP_NODELAY，或把这些数字当作默认设置的结果来读"
    Warning::NaglePlateau { mode_ms } =>
        "多数往返约为 {mode_ms:.0} ms，这是 Nagle 等待延迟 ACK 的痕迹：请在服务器上设置 TCP_NODELAY"
    Warning::ServerDefaults { nodelay, backlog } =>
        "服务器自称 equal，却是 nodelay {nodelay}、监听队列 {backlog}：请以 nodelay 开、队列 4096 启动"
    Warning::BbrDefault =>
        "TCP 使用主机默认的 bbr：在有丢包的路径上它比传输方式影响更大；请用 --congestion 固定，并各跑一次 cubic 和 bbr"
    Warning::MetricsKept { .. } =>
        "内核在各次试验间保留 TCP 度量（tcp_no_metrics_save=0）：后一次会继承前一次所学；经网络测量时请设为 1"
    Warning::IdleRestart =>
        "TCP 停顿后会重新慢启动（tcp_slow_start_after_idle=1）：经网络的突发会为此付出代价；请说明，或设为 0"
    Warning::BufferBound { program, share } =>
        "{program} 有 {share:.1} % 的时间在等套接字缓冲：测到的是缓冲而非传输；请加大缓冲"
    Warning::OffloadOn { interface } =>
        "{interface} 会合并报文段（offload）：其接口计数差百分之几；请用这里取自客户端套接字的线上字节"
    Warning::Loopback =>
        "服务器与负载发生器在同一主机上经回环通信：CPU 与延迟都包含彼此的唤醒，报文段也不同于真实网络"
    Warning::DebugBuild { program } => "{program} 是调试版本：其数字没有意义；请用 --release 构建"
    Warning::ClockUncertain { bound_us } =>
        "时钟偏移只知道在 ±{bound_us:.0} µs 以内：单向时间不会更准；请用中继或回显类负载"
    Warning::ClockSource { name } =>
        "内核时钟源是 {name}，读取慢或粒度粗：若 CPU 允许，请以 clocksource=tsc 启动"
    Warning::ClockStepped { back_ns } => "单调时钟倒退了 {back_ns} ns：这台主机上的任何时间都不可信"
    Warning::ClockDrift { ppm } => "单调时钟与原始时钟相差 {ppm:.0} ppm：它正在被校正；请等时间同步稳定后再测"
    Warning::PortsScarce { wanted, to, available } =>
        "到 {to} 的 {wanted} 条连接超过本地 {available} 个端口的 80 %：请放宽 net.ipv4.ip_local_port_range 或减少连接"
    Warning::FilesScarce { wanted, needed, limit } =>
        "{wanted} 条连接需要打开 {needed} 个文件，上限是 {limit}：请用 'ulimit -n {needed}' 提高，或减少连接"
    Warning::StoppedEarly { finished, planned } => "提前停止：{planned} 次试验只运行了 {finished} 次"
    Warning::LongLivedServer => "目标服务器是一个长期运行的进程：它的个体差异没有在各次试验间随机化"
    Warning::AcksDiffer { base, other } =>
        "每个数据段的纯 ACK 数不同：{base:.2} 与 {other:.2}；线上字节包含它们，请比较线上字节"
    Warning::CongestionDiffers { what } => "两臂的拥塞控制不同，已拒绝比较：{what}；请以相同预设运行两者"
    Warning::UnequalArms { what } => "两臂不对等，已拒绝比较：{what}；请以相同的服务器、参数与主机运行两者"
    Warning::Drifting { trials, of } =>
        "{of} 次试验中有 {trials} 次在漂移：其中位数在窗口内持续上升或下降；请加长 --warmup"
    Warning::NotEstimable { quantile, have, need } =>
        "{quantile} 无法由 {have} 个独立事件估计，需要 {need} 个：请加长 --duration"
    Warning::DependentEvents { lag1 } => "相继的事件彼此相关（秩自相关 {lag1:.2}）：计数的是试验，不是事件"
    Warning::NullUnfit { p } =>
        "同一臂的两个副本相差超过界限（p = {p:.3}），而比值并未超出：不作结论；请让主机安静下来再运行"
    Warning::PositionEffect { p } => "区组内的先后位置有影响（p = {p:.4}）：试验之间有东西残留；请查找原因"
}

/// The generator's own.
fn of_lateness(late: &LateGenerator) -> String {
    let LateGenerator { p99_us, waited } = late;
    let Some(waited) = waited else {
        return format!("负载发生器自身 p99 迟到 {p99_us:.0} µs：请减少连接或增加 --threads");
    };
    let percent = 100.0 * waited;
    format!(
        "负载发生器自身 p99 迟到 {p99_us:.0} µs：其线程有 {percent:.0} % 的时间在等待 CPU，因为本机已满；\
         请降低负载或使用更多 CPU，而不是增加 --threads"
    )
}

/// Who stood still.
fn of_stall(warning: &StallWarning) -> String {
    match warning {
        StallWarning::Server { late, longest_ms, witnessed } => {
            let seen = if *witnessed { "而其主机上的空闲定时器准时" } else { "其主机上无人作证" };
            format!(
                "服务器有 {late} 个事件迟发超过 5 ms，最长 {longest_ms:.1} ms，{seen}：这是它自己的停顿，计入它的时间"
            )
        }
        StallWarning::Host { share, longest_ms } => format!(
            "服务器所在主机停顿：{share:.1} % 的事件迟发超过 5 ms（最长 {longest_ms:.1} ms），同时空闲定时器也迟到；请换一台更安静的主机"
        ),
        StallWarning::Generator { longest_ms } => {
            format!("负载发生器暂停：它停顿了 {longest_ms:.0} ms，与服务器的响应时间无关；该试验不计")
        }
    }
}

/// Answers of a language model.
fn of_answers(warning: &AnswerWarning) -> String {
    match warning {
        AnswerWarning::Buffered { held, events, proven } => {
            let sign = if *proven {
                "，尽管其应发时刻相差 5 ms 以上"
            } else {
                "，成批到达，批与批之间有停顿"
            };
            format!(
                "被缓冲：{events} 个内容事件中有 {held} 个与更晚的事件在同一次读取中到达{sign}：途中有环节（代理、压缩）在攒事件，\
                 因此 TTFT 比模型更长、间隔比模型更短；请关闭其缓冲"
            )
        }
        AnswerWarning::RequestsFailed { failed, sent, first } => {
            format!("{sent} 个请求中有 {failed} 个失败；最常见的原因：{first}")
        }
    }
}
