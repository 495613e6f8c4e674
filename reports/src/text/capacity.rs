//! The words of a search for capacity. "Not found" always says why.

use super::{Language, messages};
use crate::capacity::{Answer, Capacity, CapacityRatio, Cause, Costs, Floor, NoRatio, RatioOrNot, Shortfall};
use crate::number;
use crate::verdict::FEWEST_BLOCKS;
use trial::{Arm, Variable};

impl Language {
    /// What was found, a sentence for each arm and one for each ratio.
    pub(crate) fn capacity(self, found: &Capacity) -> Vec<String> {
        let of = found.asked.search.of;
        let answers = found.answers.iter().map(|(arm, answer)| self.answer(&self.arm(*arm), answer, of));
        let ratios = found.ratios.iter().filter_map(|ratio| self.ratio_of(found, ratio));
        let mut said: Vec<_> = answers.chain(ratios).collect();
        said.dedup();
        said
    }

    /// What the load that all arms hold costs beside the floor, a sentence for each arm, and what the floor is.
    pub(crate) fn floors(self, found: &Capacity) -> Vec<String> {
        let arms = found.floors.iter().map(|floor| self.floor_line(floor, found.asked.search.of));
        let note = found.floors.iter().map(|floor| floor.runs).max().map(|runs| self.floor_note(runs));
        arms.chain(note).collect()
    }

    fn floor_line(self, floor: &Floor, of: Variable) -> String {
        let ours = floor.ours.map_or_else(String::new, |(load, ours)| {
            let [server, client, p99] = self.costs(ours);
            let at = if load == floor.load { String::new() } else { self.floor_at(self.amount(load, of)) };
            self.floor_ours(server, client, p99, at)
        });
        let [writer, reader, p99] = self.costs(floor.plain);
        self.floor_plain(&self.arm(floor.arm), self.amount(floor.load, of), writer, reader, p99, ours)
    }

    fn costs(self, costs: Costs) -> [String; 3] {
        [costs.server_cpu_ns, costs.client_cpu_ns, costs.p99_ns].map(number::duration)
    }

    fn answer(self, name: &str, answer: &Answer, of: Variable) -> String {
        let amount = |load: u64| self.amount(load, of);
        match answer {
            Answer::Found { holds, fails, cause } => {
                self.holds(name, amount(*holds), amount(*fails), self.cause(cause))
            }
            Answer::NotFound { holds, why } => {
                let why = self.shortfall(why, of);
                match holds {
                    Some(holds) => self.holds_at_least(name, amount(*holds), why),
                    None => self.not_found(name, why),
                }
            }
        }
    }

    fn shortfall(self, why: &Shortfall, of: Variable) -> String {
        match why {
            Shortfall::Instrument { at, cause } => self.instrument_limit(self.amount(*at, of), self.cause(cause)),
            Shortfall::LowestFails { at, cause } => self.lowest_fails(self.amount(*at, of), self.cause(cause)),
            Shortfall::LimitHolds { at } => self.limit_holds(self.amount(*at, of)),
            Shortfall::Unfinished => self.search_unfinished(),
        }
    }

    /// Why a trial did not pass.
    pub(crate) fn cause(self, cause: &Cause) -> String {
        match cause {
            Cause::Undelivered { share } => self.undelivered(precise(*share)),
            Cause::Backlog { growth } => self.backlog(precise(*growth)),
            Cause::TooSlow { objective, share } => self.too_slow(precise(*share), objective.to_string()),
            Cause::GeneratorBusy { share } => self.generator_busy(number::percent(*share)),
            Cause::GeneratorLate { p99_ns } => self.generator_late(number::duration(*p99_ns)),
            Cause::HostFull { waited } => self.host_full(number::percent(*waited)),
            Cause::HostBusy { share } => self.cpus_taken(number::percent(*share)),
            Cause::ServerStarved { broken, waited } => {
                self.server_starved(self.cause(broken), number::percent(*waited))
            }
            Cause::ClockUncertain { bound_ns } => self.clock_uncertain(number::duration(*bound_ns as f64)),
            Cause::NotMeasured(why) => self.trial_failed(why),
        }
    }

    /// The ratio of an arm to the base, or why there is none; `None` where nobody asked.
    pub(crate) fn ratio_of(self, found: &Capacity, (other, ratio): &(Arm, RatioOrNot)) -> Option<String> {
        match ratio {
            Ok(ratio) => {
                let [base, other] = [found.answers.first()?.0, *other].map(|arm| self.arm(arm));
                Some(self.capacity_ratio(&base, &other, ratio, found.asked.search.of))
            }
            Err(NoRatio::NotAsked) => None,
            Err(NoRatio::NotFound(arm)) => Some(self.ratio_without(&self.arm(*arm))),
            Err(NoRatio::Unfinished) => Some(self.ratio_unfinished()),
            Err(NoRatio::NoEdge(arm)) => Some(self.ratio_without_edge(&self.arm(*arm))),
        }
    }

    fn capacity_ratio(self, base: &str, other: &str, ratio: &CapacityRatio, of: Variable) -> String {
        let shown = number::bracketed(number::times(ratio.ratio.value), ratio.ratio.interval);
        let [base_load, other_load] = [ratio.base, ratio.other].map(|load| self.amount(load.round() as u64, of));
        let verdict = self.capacity_verdict(ratio, other);
        self.capacity_is(other, shown, base, self.both(other_load, base_load), self.blocks(ratio.blocks), verdict)
    }

    /// What may be said of the other arm's capacity.
    pub(crate) fn capacity_verdict(self, ratio: &CapacityRatio, other: &str) -> String {
        match ratio.ratio.interval {
            None if ratio.blocks < FEWEST_BLOCKS => self.capacity_few_blocks(),
            None => self.no_interval(),
            Some(interval) if interval.low > 1.0 => self.capacity_higher(other),
            Some(interval) if interval.high < 1.0 => self.capacity_lower(other),
            Some(interval) => self.no_larger(self.share_or_factor(interval.reach())),
        }
    }

    fn amount(self, load: u64, of: Variable) -> String {
        match of {
            Variable::Rate => self.events_per_second(number::count(load)),
            Variable::Connections => self.connections(u32::try_from(load).unwrap_or(u32::MAX)),
        }
    }

    /// What the loads of a search are.
    pub(crate) fn load_head(self, of: Variable) -> String {
        match of {
            Variable::Rate => self.pick("Events/s in all", "总事件数/秒").to_owned(),
            Variable::Connections => self.pick("Connections", "连接数").to_owned(),
        }
    }
}

/// A share near 0 or 1, where the hundredths of a percent decide.
fn precise(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

messages! {
    capacity_heading() "Capacity" "容量"
    capacity_rule(slo: &str)
        "A load holds when, in the majority of its trials, 99.9 % of the events come, the backlog does not grow, and {slo} of the response time from the due time holds; events that never came count as too slow. A failure that the load generator can have caused (above 80 % of its CPU, or late itself) proves nothing."
        "某个负载成立，是指其多数试验中：99.9 % 的事件送达、积压不增长，并且自应发时刻起的响应时间满足 {slo}；从未到达的事件算作过慢。若失败可能由负载发生器造成（占用超过其 CPU 的 80 %，或自身迟到），则该试验不能证明任何事。"
    capacity_note()
        "Capacity is measured where server and load generator ran; on one host they share its CPUs."
        "容量取决于服务器与负载发生器所在的主机；同一主机上两者共享 CPU。"
    floor_plain(name: &str, load: String, writer: String, reader: String, p99: String, ours: String)
        "{name} at {load}: a plain writer and reader on system calls alone (the floor) take {writer} and {reader} of CPU an event, response time p99 {p99}{ours}."
        "{name}，{load}：只用系统调用的朴素写端与读端（下限）每个事件占用 CPU {writer} 与 {reader}，响应时间 p99 {p99}{ours}。"
    floor_ours(server: String, client: String, p99: String, at: String)
        "; our server and load generator {server} and {client}, p99 {p99}{at}"
        "；我们的服务器与负载发生器为 {server} 与 {client}，p99 {p99}{at}"
    floor_at(load: String) ", at {load}" "（在 {load} 时）"
    floor_note(runs: usize)
        "The floor ({runs} runs, median) has no tick: its writer sleeps until each event is due, so a server that releases events once a tick can take less."
        "下限（{runs} 次运行的中位数）没有节拍：写端逐个事件睡眠到其应发时刻，因此按节拍成批发出的服务器可能占用更少。"
    holds(name: &str, holds: String, fails: String, cause: String)
        "{name} holds {holds}; at {fails} it fails ({cause})."
        "{name} 可承受 {holds}；到 {fails} 时不再满足（{cause}）。"
    holds_at_least(name: &str, holds: String, why: String)
        "{name} holds at least {holds}; its capacity was not found: {why}."
        "{name} 至少可承受 {holds}；未找到其容量：{why}。"
    not_found(name: &str, why: String)
        "{name}: capacity not found: {why}."
        "{name}：未找到容量：{why}。"
    instrument_limit(at: String, cause: String)
        "at {at} the measurement itself was at its limit ({cause})"
        "到 {at} 时测量工具自身已到极限（{cause}）"
    lowest_fails(at: String, cause: String)
        "the lowest load that was tried, {at}, fails already ({cause}); use --start to begin lower, or a wider --slo"
        "所试的最低负载 {at} 已不满足（{cause}）；请用 --start 从更低处开始，或放宽 --slo"
    limit_holds(at: String)
        "the highest load that may be tried, {at}, still holds"
        "允许尝试的最高负载 {at} 仍然满足"
    search_unfinished() "the search ended early" "搜索提前结束"
    undelivered(share: String) "only {share} of the events came" "仅 {share} 的事件送达"
    backlog(growth: String)
        "the backlog grew by {growth} of what was offered"
        "积压按所供负载的 {growth} 增长"
    too_slow(share: String, objective: String)
        "only {share} of the events were in time for {objective}"
        "仅 {share} 的事件满足 {objective}"
    generator_busy(share: String)
        "the load generator used {share} of its CPU; add --threads"
        "负载发生器用掉了其 CPU 的 {share}；请增加 --threads"
    generator_late(p99: String)
        "the load generator itself was {p99} late at p99; fewer connections or more --threads"
        "负载发生器自身 p99 迟到 {p99}；请减少连接或增加 --threads"
    host_full(waited: String)
        "threads of the load generator waited {waited} of the time for a CPU: the host is full, so use more CPUs or another host for the server, no more --threads"
        "负载发生器的线程有 {waited} 的时间在等待 CPU：本机已满，请使用更多 CPU 或把服务器放到另一台主机，而不是增加 --threads"
    cpus_taken(share: String)
        "the CPUs of this host were {share} busy: it is full, so use more CPUs or another host for the server, no more --threads"
        "本机的 CPU 已有 {share} 处于忙碌：本机已满，请使用更多 CPU 或把服务器放到另一台主机，而不是增加 --threads"
    server_starved(broken: String, waited: String)
        "{broken}, while threads of the server waited {waited} of the time for a CPU: the host is full"
        "{broken}，其间服务器的线程有 {waited} 的时间在等待 CPU：本机已满"
    clock_uncertain(bound: String)
        "the clock offset is known only to ±{bound}"
        "时钟偏移只知道在 ±{bound} 以内"
    trial_failed(why: &str) "no measurement: {why}" "没有测量结果：{why}"
    capacity_is(other: &str, ratio: String, base: &str, loads: String, blocks: String, verdict: String)
        "Capacity of {other} is {ratio} of {base}: half of the trials pass at {loads} ({blocks}); {verdict}."
        "{other} 的容量是 {base} 的 {ratio}：半数试验通过的负载分别为 {loads}（{blocks}）；{verdict}。"
    both(one: String, other: String) "{one} and {other}" "{one} 与 {other}"
    capacity_higher(name: &str) "{name} is higher" "{name} 更高"
    capacity_lower(name: &str) "{name} is lower" "{name} 更低"
    capacity_few_blocks() "below six blocks there is no interval, hence no verdict" "少于六个区组时没有区间，故不作结论"
    no_interval()
        "no interval, hence no verdict: resampled, the blocks show an edge of both within these loads too seldom"
        "没有区间，故不作结论：重抽样的区组中，两者的边界都落在这些负载之内的次数太少"
    ratio_without(name: &str)
        "No ratio: the capacity of {name} was not found."
        "没有比值：未找到 {name} 的容量。"
    ratio_unfinished() "No ratio: the search ended before its blocks were run." "没有比值：区组尚未运行，搜索便已结束。"
    ratio_without_edge(name: &str)
        "No ratio: {name} passed, or failed, at nearly every load around the capacities."
        "没有比值：{name} 在容量附近的负载上几乎全部通过或全部失败。"
    events_per_second(n: String) "{n} events/s" "{n} 个事件/秒"
    steps_caption() "Every load that was tried" "所有尝试过的负载"
    steps_summary(n: usize) "Steps of the search ({n})" "搜索的各步（{n}）"
    stage_head() "Stage" "阶段"
    passed_head() "Passed" "通过"
    stage_saturated() "saturated" "全速"
    stage_search() "search" "搜索"
    stage_knee() "around the capacity" "容量附近"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Bracketed;
    use crate::verdict::Interval;
    use trial::{Cell, Plan};

    fn cell() -> Cell {
        let head = "name='p'\nwhy='w'\nblocks=8\n[[cell]]\nname='capacity'\nwhy='w'\nscenario='capacity'\n";
        Plan::from_toml(head).unwrap().cells.remove(0)
    }

    fn found(cell: &Cell, answers: [Answer; 2], ratio: Result<CapacityRatio, NoRatio>) -> Capacity<'_> {
        let answers = cell.arms.iter().copied().zip(answers).collect();
        let ratios = vec![(cell.arms[1], ratio)];
        Capacity { asked: cell.search().unwrap(), answers, ratios, steps: Vec::new(), floors: Vec::new() }
    }

    fn capacity(holds: u64) -> Answer {
        let objective = "p99=10ms".parse::<trial::Slo>().unwrap().objectives()[0];
        Answer::Found { holds, fails: holds + 2_000, cause: Cause::TooSlow { objective, share: 0.957 } }
    }

    #[test]
    fn what_was_found_is_said_with_both_bounds_the_reason_and_the_ratio() {
        let interval = Some(Interval { low: 1.02, high: 1.09 });
        let ratio =
            CapacityRatio { base: 41_000.0, other: 43_000.0, ratio: Bracketed { value: 1.05, interval }, blocks: 8 };
        let cell = cell();
        let found = found(&cell, [capacity(40_000), capacity(42_000)], Ok(ratio));
        let [sse, _, compared] = Language::English.capacity(&found).try_into().unwrap();
        assert_eq!(
            sse,
            "SSE holds 40,000 events/s; at 42,000 events/s it fails (only 95.70 % of the events were in time for p99=10ms)."
        );
        assert_eq!(
            compared,
            "Capacity of WebSocket is 1.05× [1.02, 1.09] of SSE: half of the trials pass at 43,000 events/s and 41,000 \
             events/s (8 blocks); WebSocket is higher."
        );
        let chinese = Language::Chinese.capacity(&found).join("");
        assert!(chinese.contains("WebSocket 更高") && chinese.contains("40,000 个事件/秒"), "{chinese}");
    }

    #[test]
    fn a_full_host_is_named_and_threads_are_not_advised() {
        let server = Cause::ServerStarved { broken: Box::new(Cause::Undelivered { share: 0.5 }), waited: 0.4 };
        for cause in [Cause::HostFull { waited: 0.4 }, server] {
            let said = Language::English.cause(&cause);
            assert!(said.contains("waited 40 % of the time for a CPU: the host is full"), "{said}");
            assert!(!said.contains("add --threads") && !said.contains("or more --threads"), "{said}");
            assert!(Language::Chinese.cause(&cause).contains("有 40 % 的时间在等待 CPU：本机已满"));
        }
    }

    #[test]
    fn not_found_always_says_why() {
        let (cell, busy) = (cell(), || Cause::GeneratorBusy { share: 0.93 });
        let unfound = [
            (Shortfall::Instrument { at: 9_000, cause: busy() }, ["93 %", "9,000"]),
            (Shortfall::LowestFails { at: 312, cause: busy() }, ["--start", "312"]),
            (Shortfall::LimitHolds { at: 70_000 }, ["70,000", "70,000"]),
        ];
        for (why, words) in unfound {
            let answer = || Answer::NotFound { holds: None, why: why.clone() };
            for lang in Language::ALL {
                let found = found(&cell, [answer(), answer()], Err(NoRatio::NotFound(cell.arms[0])));
                let said = lang.capacity(&found);
                assert_eq!(said.len(), 3, "{said:?}");
                assert!(words.iter().all(|word| said[0].contains(word)), "{said:?}");
            }
        }
        let cut = Answer::NotFound { holds: Some(500), why: Shortfall::Unfinished };
        let said = Language::English.capacity(&found(&cell, [cut.clone(), cut], Err(NoRatio::NotAsked)));
        assert_eq!(
            said[1],
            "WebSocket holds at least 500 events/s; its capacity was not found: the search ended early."
        );
        assert_eq!(said.len(), 2, "nobody asked for a ratio");
    }
}
