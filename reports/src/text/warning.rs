//! Warnings of trials and runs. The English text is the one that `trial` gives them.

use super::Language;
use trial::Warning;

impl Language {
    pub(crate) fn warning(self, warning: &Warning) -> String {
        if self == Self::English {
            return warning.to_string();
        }
        match warning {
            Warning::DebugBuild { program } => format!("{program} 是调试版本：其数字没有意义；请用 --release 构建"),
            Warning::EventsLost { lost, expected } => {
                format!("{expected} 个事件中有 {lost} 个从未到达：延迟不含它们；请降低速率或使用 --slow wait")
            }
            Warning::PacerLate { p99_us } => {
                format!("节拍器 p99 迟到 {p99_us:.0} µs：每个响应时间里都有尺子自身的一部分；请换一台更安静的主机")
            }
            Warning::GeneratorLate { p99_us } => {
                format!("负载发生器自身 p99 迟到 {p99_us:.0} µs：请减少连接或增加 --threads")
            }
            Warning::GeneratorBusy { share } => {
                format!("负载发生器用掉了其 CPU 的 {share:.0} %：瓶颈可能在它；请降低速率或增加 --threads")
            }
            Warning::ClockUncertain { bound_us } => {
                format!("时钟偏移只知道在 ±{bound_us:.0} µs 以内：单向时间不会更准；请用中继或回显类负载")
            }
            Warning::StreamsFailed { failed, first } => format!("{failed} 条流失败；第一条的原因：{first}"),
            Warning::StoppedEarly { finished, planned } => format!("提前停止：{planned} 次试验只运行了 {finished} 次"),
            Warning::Loopback => "服务器与负载发生器在同一主机上经回环通信：CPU 与延迟都包含彼此的唤醒".to_owned(),
            Warning::LongLivedServer => "目标服务器是一个长期运行的进程：它的个体差异没有在各次试验间随机化".to_owned(),
            Warning::Buffered { held, events, proven } => {
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
            Warning::RequestsFailed { failed, sent, first } => {
                format!("{sent} 个请求中有 {failed} 个失败；最常见的原因：{first}")
            }
        }
    }
}
