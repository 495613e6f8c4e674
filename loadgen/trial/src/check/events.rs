//! What became of the load: events that never came, streams and requests that broke, runs that ended early.

use super::row::BearsOn::Times;
use super::row::Warning;
use crate::{Measurement, Trial, Workload};
use wire::Schedule;

crate::checks! {
    /// Events that never came. A saturated stream is cut off in the middle by design.
    EVENTS_LOST events_lost(lost: u64, expected: u64) = "events-lost", Void {
        when: "any event lost, with a schedule";
        en: "{lost} of {expected} events never came: latency excludes them; lower the rate or use --slow wait";
        zh: "{expected} 个事件中有 {lost} 个从未到达：延迟不含它们；请降低速率或使用 --slow wait";
        @look: lost;
        probe: Some("V3 faults");
    }
    /// Events that the server threw away.
    EVENTS_DROPPED events_dropped(dropped: u64) = "events-dropped", Void {
        when: "any event dropped";
        en: "the server dropped {dropped} events for slow readers: goodput is not what was sent; lower the rate or use --slow wait";
        zh: "服务器为慢读者丢弃了 {dropped} 个事件：有效吞吐不等于所发；请降低速率或使用 --slow wait";
        @look: |_, m| m.server.map(|usage| usage.dropped).filter(|&dropped| dropped > 0).map(events_dropped);
    }
    /// A load without a schedule hides how long it kept others waiting (coordinated omission).
    CLOSED_LOOP closed_loop() = "closed-loop", Inform {
        when: "a load without a schedule";
        en: "this load waits for its own completions (closed loop): capacity and service time, never response time";
        zh: "此负载等待自己的完成（闭环）：只给出容量与服务时间，不给出响应时间";
        @look: |trial, _| is_closed(trial).then(closed_loop);
        bears_on: Times;
        probe: Some("V2' freeze, closed loop");
    }
    /// Something on the way collects the events of answers: inter-chunk latencies are not the model's any more.
    ANSWERS_BUFFERED answers_buffered(held: u64, events: u64, proven: bool) = "answers-buffered", Warn {
        when: "content events due 5 ms apart come together, or in bursts";
        en: "buffered: {held} of {events} content events came in one read with a later one{}: something on the way (a proxy, a compressor) collects events, so TTFT is longer and gaps are shorter than the model's; switch its buffering off",
            if proven { ", though they were due 5 ms or more apart" } else { ", in bursts with pauses between them" };
        zh: "被缓冲：{events} 个内容事件中有 {held} 个与更晚的事件在同一次读取中到达{}：途中有环节（代理、压缩）在攒事件，因此 TTFT 比模型更长、间隔比模型更短；请关闭其缓冲",
            if proven { "，尽管其应发时刻相差 5 ms 以上" } else { "，成批到达，批与批之间有停顿" };
        @look: |trial, m| buffered(m).filter(|_| matches!(trial.cell.workload, Workload::Llm { .. }));
    }
    /// Requests to a language model that were not answered in full.
    REQUESTS_FAILED requests_failed(failed: u64, sent: u64, first: String) = "requests-failed", Warn {
        when: "any request not answered in full";
        en: "{failed} of {sent} requests failed; the most common: {first}";
        zh: "{sent} 个请求中有 {failed} 个失败；最常见的原因：{first}";
    }
    /// Some streams of a foreign endpoint could not be opened or ended before their time.
    STREAMS_FAILED streams_failed(failed: u64, first: String) = "streams-failed", Warn {
        when: "any foreign stream broke";
        en: "{failed} streams failed; the first: {first}";
        zh: "{failed} 条流失败；第一条的原因：{first}";
    }
    /// Streams of a foreign endpoint that end by themselves: not all are open at a time.
    CONNECTING_OUTLASTED connecting_outlasted(ended: u64, streams: u64) = "connecting-outlasted", Warn {
        when: "foreign streams ended before all were open";
        en: "{ended} of {streams} streams had ended before all were open, and are not in the window: open fewer, or raise --connect-rate";
        zh: "{streams} 条流中有 {ended} 条在全部打开之前已经结束，未计入测量窗口：请减少连接，或提高 --connect-rate";
        bears_on: Times;
    }
    /// What came of a foreign endpoint came before all streams were open.
    WINDOW_MISSED window_missed() = "window-missed", Warn {
        when: "foreign streams silent once all were open";
        en: "no event came once all streams were open: rates are of the whole run, connecting included; open fewer, or raise --connect-rate";
        zh: "全部流打开之后没有收到任何事件：速率按整个运行（含建立连接）计算；请减少连接，或提高 --connect-rate";
        bears_on: Times;
    }
    /// Some of the processes that shared a trial left no record. What the others measured is kept.
    PROCESSES_FAILED processes_failed(failed: u64, of: u64, first: String) = "processes-failed", Void {
        when: "a generator of several left no record";
        en: "{failed} of {of} generator processes left no record, so this is not the load that was asked for; the first: {first}";
        zh: "{of} 个负载发生器进程中有 {failed} 个没有留下记录，因此这不是所要的负载；第一个的原因：{first}";
    }
    /// The server did not say what it used: what was received is kept.
    USAGE_LOST usage_lost(why: String) = "usage-lost", Warn {
        when: "its usage not answered";
        en: "the server's own CPU and memory are missing from this trial: {why}";
        zh: "本次试验缺少服务器自身的 CPU 与内存：{why}";
    }
    /// A trial without a measurement; only ever the cause for which a block is run again.
    TRIAL_FAILED trial_failed(why: String) = "trial-failed", Void {
        when: "no measurement";
        en: "a trial failed: {why}";
        zh: "有一次试验失败：{why}";
    }
    /// The run was ended by hand before its plan was: somebody may have stopped because of what it showed.
    STOPPED_EARLY stopped_early(finished: u64, planned: u64) = "stopped-early", Warn {
        when: "ended by hand";
        en: "stopped early: {finished} of {planned} trials were run";
        zh: "提前停止：{planned} 次试验只运行了 {finished} 次";
    }
    /// The server is not started afresh for each trial.
    LONG_LIVED_SERVER long_lived_server() = "long-lived-server", Warn {
        when: "a server not started afresh";
        en: "the target server is one long-lived process: its identity is not randomised between trials";
        zh: "目标服务器是一个长期运行的进程：它的个体差异没有在各次试验间随机化";
    }
}

fn lost(trial: &Trial, measurement: &Measurement) -> Option<Warning> {
    let counters = &measurement.counters;
    let expected = counters.expected.unwrap_or(counters.received + counters.lost);
    (counters.lost > 0 && has_dues(&trial.cell.workload)).then(|| events_lost(counters.lost, expected))
}

/// Whether it was known how many events were to come.
fn has_dues(workload: &Workload) -> bool {
    let is_unpaced = workload.pace().is_some_and(|pace| pace.schedule == Schedule::Unpaced);
    workload.is_paced() && !is_unpaced && !matches!(workload, Workload::Saturate { .. })
}

fn is_closed(trial: &Trial) -> bool {
    !trial.is_paced() || matches!(trial.cell.workload, Workload::Saturate { .. } | Workload::Connect { .. })
}

/// Whether something on the way collects the events of answers.
pub fn buffered(measurement: &Measurement) -> Option<Warning> {
    let bursts = measurement.llm.as_ref()?.bursts;
    let (held, proven) = bursts.collected()?;
    Some(answers_buffered(held, bursts.events, proven))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples;
    use crate::{Counters, Scenario, Usage};

    #[test]
    fn every_event_that_vanished_counts() {
        let counters = |lost| Counters { expected: Some(100), lost, ..Counters::default() };
        let measured = |lost, dropped| Measurement {
            counters: counters(lost),
            server: Some(Usage { dropped, ..Usage::default() }),
            ..Measurement::default()
        };
        let mut trial = samples::trial(Scenario::Push);
        let found = |trial: &Trial, m: &Measurement| LOOKS.iter().find_map(|look| look(trial, m));
        assert_eq!(found(&trial, &measured(0, 0)), None);
        assert_eq!(found(&trial, &measured(1, 0)), Some(events_lost(1, 100)));
        assert_eq!(found(&trial, &measured(0, 1)), Some(events_dropped(1)));
        trial.cell.workload = samples::trial(Scenario::Saturate).cell.workload;
        assert_eq!(lost(&trial, &measured(1, 0)), None);
    }

    #[test]
    fn closed_loops_are_flagged_and_open_ones_are_not() {
        for (scenario, flagged) in [
            (Scenario::Push, false),
            (Scenario::Echo, false),
            (Scenario::Saturate, true),
            (Scenario::Connect, true),
            (Scenario::Memory, false),
        ] {
            assert_eq!(is_closed(&samples::trial(scenario)), flagged, "{scenario:?}");
        }
    }
}
