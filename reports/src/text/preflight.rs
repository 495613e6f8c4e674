//! What was found before the first trial, and why cells stopped.

use super::{Language, messages};
use trial::StopReason;

impl Language {
    pub(crate) fn stop_reason(self, reason: StopReason) -> &'static str {
        match reason {
            StopReason::Planned => self.pick("stopped as planned", "按计划停止"),
            StopReason::Width => self.pick("stopped because the intervals are narrow enough", "区间已足够窄，停止"),
            StopReason::Cap => {
                self.pick("stopped at the most blocks that the plan allows", "达到计划允许的最多区组，停止")
            }
            StopReason::Budget => self.pick("stopped because the time was used up", "时间用完，停止"),
            StopReason::Interrupted => self.pick("stopped by hand", "手动停止"),
        }
    }
}

messages! {
    quiet_host(cpus: String) "the host is quiet (other programs use {cpus} CPU)" "主机安静（其他程序占用 {cpus} 个 CPU）"
    quiet_unknown() "how quiet the host is: not measured (/proc/stat cannot be read)" "主机是否安静：未测量（无法读取 /proc/stat）"
    busy_host(cpus: String) "the host is not quiet (other programs use {cpus} CPU)" "主机不安静（其他程序占用 {cpus} 个 CPU）"
    pacer_p99(late: String) "pacer late by {late} at p99" "节拍器 p99 迟到 {late}"
    takes(transport: &str, rate: String) "generator takes {rate} events/s of {transport}" "负载发生器每秒可接收 {transport} 事件 {rate} 个"
    before_run() "before the run:" "运行之前："
    will_resolve(length: String)
        "about {length} from here; a pilot of equal arms says what this run can resolve (95 %, power 80 %):"
        "此后约需 {length}；用相同的两臂试跑，本次运行可分辨（95 %，检验力 80 %）："
    no_pilot(length: String) "about {length} from here; no pilot was run, so no resolution is predicted" "此后约需 {length}；未做试跑，故不预测分辨力"
    resolves(cell: &str, figure: String, share: String, margin: String, needed: u32)
        "{cell}, {figure}: {share}; its margin of {margin} takes about {needed} blocks"
        "{cell}，{figure}：{share}；其容限 {margin} 约需 {needed} 个区组"
}
