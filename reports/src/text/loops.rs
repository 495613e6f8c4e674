//! The words of tool loops. "40 % faster" is what vendors say; how much of it is which effect is said in points of it.

use super::{Language, messages};
use crate::compare::Comparison;
use crate::effects::{Contrast, Effect, Effects};
use crate::number;
use crate::row::why_not;
use std::collections::BTreeSet;
use std::time::Duration;
use trial::{Row, Scenario, ToolLoop};

/// What vendors claim for whole tool loops, in points of a turn.
const CLAIM_POINTS: f64 = 40.0;

impl Language {
    /// One sentence for each round trip, and one for each arm that has no numbers.
    pub(crate) fn loops(self, comparison: &Comparison) -> Vec<String> {
        let found = Effects::of_run(comparison);
        let arms = found.iter().flat_map(|found| &found.cell.arms);
        let missing: BTreeSet<_> = arms.filter_map(|arm| Some((arm.arm, why_not(arm, self)?))).collect();
        let missing = missing.into_iter().map(|(arm, why)| self.loops_without(self.arm(arm), why));
        found.iter().map(|found| self.loops_answer(found)).chain(missing).collect()
    }

    fn loops_answer(self, found: &Effects) -> String {
        let at = self.loops_at(found.rtt());
        let parts: Vec<&Effect> = Contrast::PARTS.into_iter().filter_map(|part| found.effect(part)).collect();
        let (Some(whole), true) = (found.effect(Contrast::WHOLE), parts.len() == Contrast::PARTS.len()) else {
            return self.loops_unanswered(&at);
        };
        let named: Vec<String> = parts.iter().map(|part| self.loops_part(found, part)).collect();
        let points = points(whole);
        let rest = number::significant(CLAIM_POINTS - points);
        let saved_ns = -whole.difference.value_ns;
        let length = number::duration(saved_ns.abs());
        let saved = if saved_ns < 0.0 { self.loop_costs(length) } else { self.loop_saves(length) };
        let [base, other] = Contrast::WHOLE.arms.map(|arm| self.arm(arm));
        let answer = self.loops_of_claim(
            &at,
            self.loops_lead(&base, &other, saved),
            number::duration(found.real_turn_ns),
            number::significant(points) + &self.loops_doubt(found, whole),
            self.list(named),
            rest,
        );
        match found.unfit() {
            Some(p) => format!("{answer} {}", self.loops_unfit(number::probability(p))),
            None => answer,
        }
    }

    fn loops_part(self, found: &Effects, part: &Effect) -> String {
        let doubt = self.loops_doubt(found, part);
        format!("{} {}{doubt}", self.contrast(part.contrast), number::significant(points(part)))
    }

    fn loops_doubt(self, found: &Effects, effect: &Effect) -> String {
        if found.is_resolved(effect) { String::new() } else { self.loops_in_doubt(self.effect_open(effect)) }
    }

    /// What is known of an effect that is open: how large it may be.
    pub(crate) fn effect_open(self, effect: &Effect) -> String {
        let reach_ns = effect.difference.reach_ns();
        reach_ns.map_or_else(|| self.without_bound(), |reach_ns| self.at_most(number::duration(reach_ns)))
    }

    /// A round trip in words.
    pub(crate) fn loops_at(self, rtt: Duration) -> String {
        if rtt.is_zero() { self.loops_near() } else { self.loops_far(number::duration(rtt.as_nanos() as f64)) }
    }

    /// A contrast with its arms.
    pub(crate) fn contrast(self, contrast: Contrast) -> String {
        let name = self.pick(contrast.words[0], contrast.words[1]);
        let [base, other] = contrast.arms.map(|arm| self.arm(arm));
        if contrast == Contrast::NULL {
            return name.to_owned();
        }
        match self {
            Self::English => format!("{name} ({other} − {base})"),
            Self::Chinese => format!("{name}（{other} − {base}）"),
        }
    }

    /// What was asked of every arm of a cell.
    pub(crate) fn asked_loops(self, asked: &ToolLoop) -> String {
        self.loops_setting(
            asked.turns,
            number::payload(asked.history_bytes),
            number::payload(asked.growth_bytes),
            number::quotient(asked.speed),
            asked.cost_per_byte_ns,
        )
    }

    /// What limits a difference.
    pub(crate) fn loop_notes(self, found: &Effects) -> [String; 5] {
        let method = self.of(&Row::own(Scenario::ToolLoop).method).to_owned();
        let asked = found.asked;
        [self.loops_arms(), self.asked_loops(asked), method, self.loops_handshake(asked.turns), self.loops_relay()]
    }
}

/// What an effect saves of a real turn, in percent of it.
fn points(effect: &Effect) -> f64 {
    -100.0 * effect.of_real
}

messages! {
    loops_near() "No round trip added" "未加往返时延"
    loops_far(rtt: String) "A round trip of {rtt} added" "加入 {rtt} 的往返时延"
    loops_of_claim(at: &str, lead: String, real: String, points: String, parts: String, rest: String)
        "{at}: {lead}: of the 40 points in '40 % faster', where a turn takes {real}, that is {points}. By effect: {parts}. The other {rest} points are none of the three."
        "{at}：{lead}；若一轮耗时 {real}，这相当于“快 40 %”中的 {points} 个百分点。按效应分：{parts}。其余 {rest} 个百分点不属于这三者。"
    loops_lead(base: &str, other: &str, saved: String)
        "{other} {saved} a turn than {base}"
        "与 {base} 相比，{other} 每轮{saved}"
    loop_saves(length: String) "takes {length} less" "少用 {length}"
    loop_costs(length: String) "takes {length} more" "多用 {length}"
    loops_in_doubt(open: String) " ({open})" "（{open}）"
    loops_unfit(p: String)
        "But the null arm differs from its twin (p {p}): nothing here is claimed."
        "但空对照与其孪生臂不同（p {p}）：此处不作任何结论。"
    loops_unanswered(at: &str)
        "{at}: no answer, for no block holds both arms of each effect."
        "{at}：没有答案，因为没有一个区组同时包含每项效应的两臂。"
    loops_without(arm: String, why: String) "{arm}: not measured, {why}." "{arm}：未测量，{why}。"
    loop_effects_caption(blocks: String)
        "Effects a turn: other minus base, negative is faster; 95 % interval over {blocks}"
        "每轮效应：后者减前者，负值表示更快；95 % 区间，基于{blocks}"
    loop_effect_head() "Effect" "效应"
    loop_turn_head() "A turn" "每轮"
    loop_real_head(turn: String) "Of a real turn ({turn})" "占真实一轮（{turn}）"
    loop_measured_head() "Of the measured turn" "占实测一轮"
    loops_head() "Loops" "循环数"
    loop_arms_caption(base: String)
        "Arms: medians over loops of means over turns; ratio and verdict are of the overhead, over that of {base}"
        "各臂：对循环取中位数，对轮次取平均；比值与结论针对开销，以 {base} 为基准"
    loop_over_head() "Over the base" "与基准之比"
    loops_arms()
        "'!reconnecting' opens a connection for each turn, every other arm one for the loop. '!incremental' sends what is new (previous_response_id), every other arm the whole history."
        "“!reconnecting”每轮新建连接，其余各臂整个循环只用一个连接。“!incremental”仅发送新增内容（previous_response_id），其余各臂发送完整历史。"
    loops_setting(turns: u32, history: String, growth: String, speed: String, cost: u64)
        "{turns} turns a loop; {history} of history before the first, {growth} more for each; 60 to 200 output tokens. A real turn is the model's schedule (TTFT 200 ms, 10 ms a token), without the tool; model and tools ran {speed} times as fast, so that every effect is a larger share of the measured turn than of a real one. Reading the input costs the server {cost} ns a byte."
        "每个循环 {turns} 轮；首轮之前有 {history} 的历史，此后每轮增加 {growth}；输出 60 至 200 个 token。“真实一轮”指模型的时间表（TTFT 200 ms，每 token 10 ms），不含工具；模型与工具以 {speed} 倍速运行，因此占实测一轮的比例会夸大每个效应。服务器读取输入的代价为每字节 {cost} 纳秒。"
    loops_handshake(turns: u32)
        "Every loop begins without a connection: the WebSocket's handshake costs one round trip more than TCP's, here spread over {turns} turns. Its bytes are in no count."
        "每个循环开始时都没有连接：WebSocket 握手比 TCP 多一个往返，这里分摊到 {turns} 轮。其字节不计入。"
    loops_relay()
        "Round trips come from a relay: half in each direction, and one whole before a new connection's first byte (TCP's handshake). It has no loss, no bandwidth and no slow start. On a real network a new connection begins with ten segments and doubles, which for 32 KiB is one round trip more and for 70 KiB two: a new connection each turn would be dearer than shown, and connection reuse worth more; full histories may pay again after a pause."
        "往返时延由中继产生：每个方向各一半，新连接的首字节之前再加一整个往返（TCP 握手）。它没有丢包、带宽限制和慢启动。在真实网络上，新连接以十个报文段起步再逐次加倍，发送 32 KiB 要多一个往返、70 KiB 多两个，因此每轮新建连接会比所示更慢，连接复用的价值更大；发送完整历史的各臂在停顿之后也可能再次付出代价。"
}
