//! The words of a verdict (METHOD, section 5). "Not significant" is never worded as "equal".

use super::{Language, messages};
use crate::compare::{Contest, Estimability};
use crate::number;
use crate::stats::blocks_for_family;
use crate::verdict::{Direction, FEWEST_BLOCKS, Verdict};

impl Language {
    /// What may be said about a contest in which `name` is the other arm, in one clause.
    pub(crate) fn verdict(self, contest: &Contest, name: &str, family: usize) -> String {
        let margin = number::percent(contest.figure.margin());
        let clause = match (contest.estimability, contest.verdict) {
            (_, Verdict::Refused) => return self.refused(),
            (Estimability::Not { have, need }, _) => {
                return self.not_estimable(number::count(have), number::count(need));
            }
            (Estimability::Pooled(_), _) => return self.pooled_only(),
            (Estimability::Difference(difference), _) => {
                return self.difference_only(number::duration(difference.bound_ns));
            }
            (_, Verdict::Unfit) => return self.unfit(),
            (_, Verdict::Different { direction, beyond_margin: true }) => {
                self.different(name, self.direction(direction))
            }
            (_, Verdict::Different { direction, beyond_margin: false }) => {
                self.possibly_small(name, self.direction(direction), margin)
            }
            (_, Verdict::Equivalent) if contest.figure.is_exact() => self.equal_within(margin),
            (_, Verdict::Equivalent) => self.equivalent(margin),
            (_, Verdict::Unresolved { leaning, .. }) => self.unresolved(contest, leaning, family),
            (_, Verdict::TooFewBlocks) => self.unresolved(contest, None, family),
            (_, Verdict::Exploratory) => return self.exploratory(),
        };
        let deviation = contest.null_deviation();
        if contest.is_within_null() {
            clause + &self.within_null()
        } else if deviation > 1.0 && contest.verdict.is_resolved() {
            clause + &self.beside_null(number::times(deviation))
        } else {
            clause
        }
    }

    /// A verdict in a word or two; what an unresolved one lacks is said by [`Self::shortage`].
    pub(crate) fn brief(self, verdict: Verdict) -> String {
        match verdict {
            Verdict::Different { direction, beyond_margin: true } => self.direction(direction).to_owned(),
            Verdict::Different { direction, beyond_margin: false } => self.slightly(self.direction(direction)),
            Verdict::Equivalent => self.equivalent_brief(),
            Verdict::Unresolved { leaning: Some(direction), .. } => self.leans(self.direction(direction)),
            Verdict::Unresolved { leaning: None, .. } | Verdict::TooFewBlocks => self.unsettled(),
            Verdict::Unfit => self.unfit_brief(),
            Verdict::Refused => self.refused(),
            Verdict::Exploratory => self.exploratory(),
        }
    }

    /// How many blocks a verdict lacks; `None` where it is not blocks that it lacks.
    pub(crate) fn shortage(self, contest: &Contest, family: usize) -> Option<String> {
        let (have, for_family) = (contest.ratio.blocks, blocks_for_family(family));
        match contest.verdict {
            Verdict::TooFewBlocks => Some(self.too_few_blocks(self.blocks(have), FEWEST_BLOCKS)),
            Verdict::Unresolved { .. } if have < for_family => Some(self.family_takes(family, for_family, have)),
            Verdict::Unresolved { more_blocks: None, .. } => Some(self.beside_twins()),
            Verdict::Unresolved { more_blocks: Some(more_blocks), .. } => {
                Some(self.blocks_needed(self.more_blocks(more_blocks)))
            }
            Verdict::Different { .. }
            | Verdict::Equivalent
            | Verdict::Unfit
            | Verdict::Refused
            | Verdict::Exploratory => None,
        }
    }

    fn unresolved(self, contest: &Contest, leaning: Option<Direction>, family: usize) -> String {
        let leaning = leaning.map(|direction| self.leans(self.direction(direction)));
        self.unsettled_for(self.list(leaning.into_iter().chain(self.shortage(contest, family))))
    }

    pub(crate) fn direction(self, direction: Direction) -> &'static str {
        match direction {
            Direction::Higher => self.pick("higher", "更高"),
            Direction::Lower => self.pick("lower", "更低"),
        }
    }
}

messages! {
    not_estimable(have: String, need: String)
        "not estimable: {have} of {need} independent observations"
        "无法估计：独立观测 {have} 个，需要 {need} 个"
    pooled_only()
        "too few observations in one trial: all trials pooled, no verdict"
        "单次试验观测不足：合并所有试验，不作结论"
    difference_only(bound: String)
        "no ratio: the clocks of the two hosts are known to ±{bound} only; shown is the difference, in which a constant offset cancels"
        "没有比值：两台主机的时钟关系只知道在 ±{bound} 以内；所示为差值，恒定的偏移在差值中相互抵消"
    no_one_way()
        "the two hosts' clocks are not known well enough for a ratio: use relay or echo cells"
        "两台主机的时钟关系不足以给出比值：请用中继或回显单元"
    refused()
        "refused: the arms differ in more than the transport"
        "拒绝比较：两臂的差别不止传输方式"
    unfit()
        "no verdict: two copies of one arm differ by more than the margin, and this ratio is not beyond that"
        "不作结论：同一臂的两个副本相差超过界限，而该比值并未超出这一差异"
    unfit_brief()
        "without a verdict, two copies of one arm differ as much"
        "不作结论（同一臂的两个副本相差同样大）"
    different(name: &str, direction: &str) "{name} is {direction}" "{name} {direction}"
    possibly_small(name: &str, direction: &str, margin: String)
        "{name} is {direction}, possibly by less than {margin}"
        "{name} {direction}，但差别可能不足 {margin}"
    slightly(direction: &str) "perhaps slightly {direction}" "或略{direction}"
    equivalent_brief() "equivalent" "等效"
    equivalent(margin: String) "equivalent within {margin}" "在 {margin} 以内等效"
    equal_within(margin: String) "within {margin}" "相差不到 {margin}"
    leans(direction: &str) "leans {direction}" "倾向{direction}"
    beside_twins()
        "two copies of one arm lie as far apart: more blocks do not help"
        "同一臂的两个副本相差同样大：再多区组也无用"
    blocks_needed(more: String) "about {more} needed" "约还需 {more}"
    family_takes(family: usize, needed: usize, have: usize)
        "{family} headline figures take {needed} blocks, here are {have}"
        "{family} 个主要指标需要 {needed} 个区组，现有 {have} 个"
    too_few_blocks(blocks: String, needed: usize)
        "{blocks}, a 95 % interval needs {needed}"
        "只有 {blocks}，95 % 区间需要 {needed} 个"
    exploratory() "exploratory: no verdict" "探索性指标：不作结论"
    within_null()
        ", no larger than this run's A/A difference"
        "，且不大于本次运行的 A/A 差异"

    beside_null(deviation: String)
        "; two copies of one arm lie up to {deviation} apart, which is allowed for"
        "；同一臂的两个副本相差至多 {deviation}，已计入"

    confirmed() "confirmed" "证实"
    refuted() "refuted" "推翻"
    depends() "depends" "视情况"
    unsettled_for(why: String) "not resolved ({why})" "未能分辨（{why}）"
    unsettled() "not resolved" "未能分辨"
    unmeasured() "not measured" "未测量"
    finding() "measured" "实测"
    depends_on(what: &str) "depends on {what}" "取决于：{what}"
    on(what: &str) "on {what}" "取决于：{what}"
}
