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
            Warning::AcksDiffer { base, other } => {
                format!("每个数据段的纯 ACK 数不同：{base:.2} 与 {other:.2}；线上字节包含它们，请比较线上字节")
            }
            Warning::CongestionDiffers { what } => {
                format!("两臂的拥塞控制不同，已拒绝比较：{what}；请以相同预设运行两者")
            }
            Warning::UnequalArms { what } => {
                format!("两臂不对等，已拒绝比较：{what}；请以相同的服务器、参数与主机运行两者")
            }
            Warning::Drifting { trials, of } => {
                format!("{of} 次试验中有 {trials} 次在漂移：其中位数在窗口内持续上升或下降；请加长 --warmup")
            }
            Warning::NotEstimable { quantile, have, need } => {
                format!("{quantile} 无法由 {have} 个独立事件估计，需要 {need} 个：请加长 --duration")
            }
            Warning::DependentEvents { lag1 } => {
                format!("相继的事件彼此相关（秩自相关 {lag1:.2}）：计数的是试验，不是事件")
            }
            Warning::RulerUnfit { p } => {
                format!("空对照臂与其孪生臂不同（p = {p:.3}）：不作结论；请让主机安静下来再运行")
            }
            Warning::PositionEffect { p } => {
                format!("区组内的先后位置有影响（p = {p:.4}）：试验之间有东西残留；请查找原因")
            }
            Warning::LongLivedServer => "目标服务器是一个长期运行的进程：它的个体差异没有在各次试验间随机化".to_owned(),
        }
    }
}
