//! The words of tool loops. "40 % faster" is what vendors say; how much of it is which effect is said in points of it.

use super::{Language, messages};
use crate::agent::{Agent, AtDistance, Contrast, Effect};
use crate::number;
use trial::{AgentArm, AgentPlan};

/// What vendors claim for whole tool loops, in points of a turn.
const CLAIM_POINTS: f64 = 40.0;

impl Language {
    /// One sentence for each round trip.
    pub(crate) fn agent(self, found: &Agent) -> Vec<String> {
        found.places.iter().map(|place| self.agent_answer(place)).collect()
    }

    fn agent_answer(self, place: &AtDistance) -> String {
        let at = self.agent_at(place.rtt_ns);
        let parts: Vec<&Effect> = Contrast::PARTS.into_iter().filter_map(|part| place.effect(part)).collect();
        let (Some(whole), true) = (place.effect(Contrast::Whole), parts.len() == Contrast::PARTS.len()) else {
            return self.agent_unanswered(&at);
        };
        let named: Vec<String> = parts.iter().map(|part| self.agent_part(place, part)).collect();
        let points = points(whole);
        let rest = number::significant(CLAIM_POINTS - points);
        let saved_ns = -whole.difference.value_ns;
        let length = number::duration(saved_ns.abs());
        let saved = if saved_ns < 0.0 { self.agent_costs(length) } else { self.agent_saves(length) };
        let answer = self.agent_of_claim(
            &at,
            saved,
            number::duration(place.real_turn_ns),
            number::significant(points) + &self.agent_doubt(place, whole),
            self.list(named),
            rest,
        );
        match place.unfit() {
            Some(p) => format!("{answer} {}", self.agent_unfit(number::probability(p))),
            None => answer,
        }
    }

    fn agent_part(self, place: &AtDistance, part: &Effect) -> String {
        let doubt = self.agent_doubt(place, part);
        format!("{} {}{doubt}", self.agent_contrast(part.contrast), number::significant(points(part)))
    }

    fn agent_doubt(self, place: &AtDistance, effect: &Effect) -> String {
        if place.is_resolved(effect) { String::new() } else { self.agent_in_doubt(self.effect_open(effect)) }
    }

    /// What is known of an effect that is open: how large it may be.
    pub(crate) fn effect_open(self, effect: &Effect) -> String {
        let reach_ns = effect.difference.reach_ns();
        reach_ns.map_or_else(|| self.without_bound(), |reach_ns| self.at_most(number::duration(reach_ns)))
    }

    /// A round trip in words.
    pub(crate) fn agent_at(self, rtt_ns: u64) -> String {
        match rtt_ns {
            0 => self.agent_near(),
            rtt_ns => self.agent_far(number::duration(rtt_ns as f64)),
        }
    }

    /// A contrast with its arms.
    pub(crate) fn agent_contrast(self, contrast: Contrast) -> String {
        let name = match contrast {
            Contrast::Reuse => self.pick("connection reuse", "连接复用"),
            Contrast::Increment => self.pick("incremental input", "增量输入"),
            Contrast::Transport => self.pick("the transport itself", "传输方式本身"),
            Contrast::TransportLater => self.pick("the transport, first turns left out", "传输方式（不计首轮）"),
            Contrast::TransportFull => self.pick("the transport, full history", "传输方式（完整历史）"),
            Contrast::Whole => self.pick("all three at once", "三者合计"),
            Contrast::Null => self.pick("null: one arm twice", "空对照：同一臂两次"),
        };
        let [base, other] = contrast.arms().map(AgentArm::letter);
        match self {
            Self::English => format!("{name} ({other} − {base})"),
            Self::Chinese => format!("{name}（{other} − {base}）"),
        }
    }

    /// An arm: its letter and what it does.
    pub(crate) fn agent_arm(self, arm: AgentArm) -> String {
        let does = match arm {
            AgentArm::A => self.pick("SSE, new connection each turn, full history", "SSE，每轮新连接，完整历史"),
            AgentArm::B => self.pick("SSE, keep-alive, full history", "SSE，保持连接，完整历史"),
            AgentArm::C => self.pick("SSE over HTTP/2, full history", "SSE（HTTP/2），完整历史"),
            AgentArm::D => self.pick("SSE, keep-alive, increment only", "SSE，保持连接，仅增量"),
            AgentArm::E => self.pick("WebSocket, full history", "WebSocket，完整历史"),
            AgentArm::F => self.pick("WebSocket, increment only", "WebSocket，仅增量"),
            AgentArm::DAgain => self.pick("null arm: D again", "空对照：再次 D"),
        };
        format!("{} {does}", arm.letter())
    }

    /// Arms that are not there, and why.
    pub(crate) fn agent_missing(self, found: &Agent) -> Vec<String> {
        found.missing.iter().map(|(arm, why)| self.agent_without(self.agent_arm(*arm), why)).collect()
    }

    /// What a reader must know before believing a difference.
    pub(crate) fn agent_notes(self, plan: &AgentPlan) -> [String; 4] {
        let setting = self.agent_setting(
            plan.turns,
            number::payload(plan.history_bytes),
            number::payload(plan.growth_bytes),
            number::quotient(plan.speed),
            plan.cost_per_byte_ns,
        );
        [setting, self.agent_rule(), self.agent_handshake(plan.turns), self.agent_relay()]
    }
}

/// What an effect saves of a real turn, in percent of it.
fn points(effect: &Effect) -> f64 {
    -100.0 * effect.of_real
}

messages! {
    agent_heading() "Tool loops of an agent" "智能体的工具循环"
    agent_near() "No round trip added" "未加往返时延"
    agent_far(rtt: String) "A round trip of {rtt} added" "加入 {rtt} 的往返时延"
    agent_of_claim(at: &str, saved: String, real: String, points: String, parts: String, rest: String)
        "{at}: WebSocket with increments (F) {saved} a turn than SSE with a new connection each turn (A): of the 40 points in '40 % faster', where a turn takes {real}, that is {points}. By effect: {parts}. The other {rest} points are none of the three."
        "{at}：与每轮新建连接的 SSE（A）相比，仅发增量的 WebSocket（F）每轮{saved}；若一轮耗时 {real}，这相当于“快 40 %”中的 {points} 个百分点。按效应分：{parts}。其余 {rest} 个百分点不属于这三者。"
    agent_saves(length: String) "takes {length} less" "少用 {length}"
    agent_costs(length: String) "takes {length} more" "多用 {length}"
    agent_in_doubt(open: String) " ({open})" "（{open}）"
    agent_unfit(p: String)
        "But the null arm differs from its twin (p {p}): nothing here is claimed."
        "但空对照与其孪生臂不同（p {p}）：此处不作任何结论。"
    agent_unanswered(at: &str)
        "{at}: no answer, for no whole block holds all of A, B, D and F."
        "{at}：没有答案，因为没有一个完整区组同时包含 A、B、D 和 F。"
    agent_without(arm: String, why: &str) "{arm}: not measured, {why}." "{arm}：未测量，{why}。"
    agent_effects_caption(blocks: String)
        "Effects a turn: other minus base, negative is faster; 95 % interval over {blocks}"
        "每轮效应：后者减前者，负值表示更快；95 % 区间，基于{blocks}"
    agent_effect_head() "Effect" "效应"
    agent_turn_head() "A turn" "每轮"
    agent_real_head(turn: String) "Of a real turn ({turn})" "占真实一轮（{turn}）"
    agent_measured_head() "Of the measured turn" "占实测一轮"
    agent_arm_head() "Arm" "臂"
    agent_overhead_head() "Overhead a turn" "每轮开销"
    agent_late_head() "First content late by" "首个内容迟到"
    agent_first_up_head() "Up, first turn" "首轮上行"
    agent_last_up_head() "Up, last turn" "末轮上行"
    agent_down_head() "Down a turn" "每轮下行"
    agent_connections_head() "Connections a loop" "每循环连接数"
    agent_loops_head() "Loops" "循环数"
    agent_arms_caption() "Arms: medians over loops of means over turns" "各臂：对循环取中位数，对轮次取平均"
    agent_setting(turns: u32, history: String, growth: String, speed: String, cost: u64)
        "{turns} turns a loop; {history} of history before the first, {growth} more for each; 60 to 200 output tokens. A real turn is the model's schedule (TTFT 200 ms, 10 ms a token), without the tool; model and tools ran {speed} times as fast, so that every effect is a larger share of the measured turn than of a real one. Reading the input costs the server {cost} ns a byte."
        "每个循环 {turns} 轮；首轮之前有 {history} 的历史，此后每轮增加 {growth}；输出 60 至 200 个 token。“真实一轮”指模型的时间表（TTFT 200 ms，每 token 10 ms），不含工具；模型与工具以 {speed} 倍速运行，因此占实测一轮的比例会夸大每个效应。服务器读取输入的代价为每字节 {cost} 纳秒。"
    agent_rule()
        "Overhead: from the request, or the dial before it, until the answer is over, minus the model's schedule. What a provider's own servers save by keeping state is not in it, nor is TLS."
        "开销：自请求（或其前的拨号）起至回答结束，减去模型的时间表。提供商自身服务器因保存状态而节省的时间不在其中，TLS 也不在其中。"
    agent_handshake(turns: u32)
        "Every loop begins without a connection: the WebSocket's handshake costs one round trip more than TCP's, here spread over {turns} turns. Its bytes are in no count."
        "每个循环开始时都没有连接：WebSocket 握手比 TCP 多一个往返，这里分摊到 {turns} 轮。其字节不计入。"
    agent_relay()
        "Round trips come from a relay: half in each direction, and one whole before a new connection's first byte (TCP's handshake). It has no loss, no bandwidth and no slow start. On a real network a new connection begins with ten segments and doubles, which for 32 KiB is one round trip more and for 70 KiB two: A would be dearer than shown, and connection reuse worth more; full histories (B, E) may pay again after a pause."
        "往返时延由中继产生：每个方向各一半，新连接的首字节之前再加一整个往返（TCP 握手）。它没有丢包、带宽限制和慢启动。在真实网络上，新连接以十个报文段起步再逐次加倍，发送 32 KiB 要多一个往返、70 KiB 多两个，因此 A 会比所示更慢，连接复用的价值更大；发送完整历史的 B 与 E 在停顿之后也可能再次付出代价。"
}
