//! The words of a verdict (METHOD, section 5). One that leaves a figure open says what was learnt: how large a difference may be
//! at most. "Not significant" is never worded as "equal".

use super::{Language, messages};
use crate::compare::{Contest, Estimability};
use crate::number;
use crate::settle::{Settling, is_wide};
use crate::verdict::{Direction, FEWEST_BLOCKS, Verdict};

impl Language {
    /// What may be said about a contest in which `name` is the other arm, in one clause.
    pub(crate) fn verdict(self, contest: &Contest, name: &str) -> String {
        let margin = number::percent(contest.figure.margin());
        let clause = match (contest.estimability, contest.verdict) {
            (_, Verdict::Refused) => return self.refused(),
            (Estimability::Not { have, need }, _) => {
                return self.not_estimable(number::count(have), number::count(need));
            }
            (Estimability::Pooled(shift), _) => {
                let bound = self.most(contest).map_or_else(|| self.pooled_only(), |most| self.pooled_bound(most));
                let apart = shift.ratio.interval.filter(|interval| interval.low > 1.0 || interval.high < 1.0);
                let leans = apart.map(|_| self.leans_of(name, self.direction(Direction::of(shift.ratio.value))));
                return self.series(&leans.into_iter().chain([bound]).collect::<Vec<_>>());
            }
            (Estimability::Difference(difference), _) => {
                let bound = self.most(contest).map(|most| self.no_larger(most));
                let words = self.difference_only(number::duration(difference.bound_ns));
                return self.list(bound.into_iter().chain([words]));
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
            (_, Verdict::Unresolved { leaning, .. }) => {
                let bound = self.most(contest).map(|most| self.no_larger(most));
                let leaning = leaning.map(|direction| self.leans_of(name, self.direction(direction)));
                self.list(bound.into_iter().chain(leaning).chain(self.shortage(contest)))
            }
            (_, Verdict::TooFewBlocks) => self.list(self.shortage(contest)),
            (_, Verdict::Exploratory) => return self.exploratory(),
        };
        let clause = self.list(std::iter::once(clause).chain(self.practical(contest)));
        let deviation = contest.null_deviation();
        let is_beside = deviation > 1.0 && contest.verdict.is_resolved();
        if is_beside { clause + &self.beside_null(number::times(deviation)) } else { clause }
    }

    /// A verdict in a few words, said of a contest or of its reverse; a bound in these: [`Self::no_larger`], [`Self::at_most`].
    pub(crate) fn brief(self, contest: &Contest, verdict: Verdict, bound: fn(Self, String) -> String) -> String {
        let words = match verdict {
            Verdict::Different { direction, beyond_margin: true } => self.direction(direction).to_owned(),
            Verdict::Different { direction, beyond_margin: false } => self.slightly(self.direction(direction)),
            Verdict::Equivalent => self.equivalent_brief(),
            Verdict::Unresolved { leaning, .. } => {
                let leans = leaning.map(|direction| self.leans(self.direction(direction)));
                self.series(&leans.into_iter().chain([self.how_open(contest, bound)]).collect::<Vec<_>>())
            }
            Verdict::TooFewBlocks | Verdict::Exploratory => self.how_open(contest, bound),
            Verdict::Unfit => self.unfit_brief(),
            Verdict::Refused => self.refused(),
        };
        self.series(&std::iter::once(words).chain(self.practical(contest)).collect::<Vec<_>>())
    }

    /// That a difference is too short to matter, beside whatever is said of the ratio; `None` where it may not be.
    pub(crate) fn practical(self, contest: &Contest) -> Option<String> {
        let limit_ns = contest.practical?;
        Some(self.no_practical_difference(number::at_most(contest.figure, limit_ns)))
    }

    /// How large a difference may be of which no more is known.
    pub(crate) fn how_open(self, contest: &Contest, bound: fn(Self, String) -> String) -> String {
        match contest.estimability {
            Estimability::Not { have, need } => self.not_estimable(number::count(have), number::count(need)),
            _ => self.most(contest).map_or_else(|| self.without_bound(), |most| bound(self, most)),
        }
    }

    /// What more blocks would do for an open figure; `None` where its bound is narrow enough to speak for itself, or it is not
    /// blocks that it lacks.
    pub(crate) fn shortage(self, contest: &Contest) -> Option<String> {
        match contest.verdict {
            Verdict::TooFewBlocks => Some(self.too_few_blocks(self.blocks(contest.ratio.blocks), FEWEST_BLOCKS)),
            Verdict::Unresolved { .. } if is_wide(contest) => {
                let settle = |more| self.blocks_settle(self.more_blocks(more));
                Some(contest.more_blocks().map_or_else(|| self.no_blocks_help(), settle))
            }
            Verdict::Unresolved { .. }
            | Verdict::Different { .. }
            | Verdict::Equivalent
            | Verdict::Unfit
            | Verdict::Refused
            | Verdict::Exploratory => None,
        }
    }

    /// How far a factor of at least 1 is from 1, in the words for it.
    pub(crate) fn share_or_factor(self, factor: f64) -> String {
        if factor < 2.0 { number::percent_at_most(factor - 1.0) } else { self.a_factor(number::significant(factor)) }
    }

    /// How large a difference may be, as a share or a factor and in the figure's own unit; `None` without an interval.
    pub(crate) fn most(self, contest: &Contest) -> Option<String> {
        if let Estimability::Difference(difference) = contest.estimability {
            return difference.reach_ns().map(|reach_ns| number::at_most(contest.figure, reach_ns));
        }
        let bound = contest.bound()?;
        Some(self.bracketed(self.share_or_factor(1.0 + bound.share), number::at_most(contest.figure, bound.value)))
    }

    /// What settles an open figure: blocks, command, time.
    pub(crate) fn settled_by(self, contest: &Contest, settling: &Settling) -> String {
        let blocks = self.blocks(settling.blocks);
        let takes = match contest.verdict {
            Verdict::TooFewBlocks => self.bound_takes(blocks),
            _ => self.verdict_takes(blocks),
        };
        match &settling.command {
            Some(command) => self.by_command(takes, command, self.about_minutes(settling.length.as_secs_f64())),
            None => takes,
        }
    }

    fn about_minutes(self, seconds: f64) -> String {
        let minutes = (seconds / 60.0).ceil();
        match minutes {
            minutes if minutes <= 1.0 => self.one_minute(),
            minutes if minutes <= 120.0 => self.minutes(number::quotient(minutes)),
            minutes => self.hours(number::quotient((minutes / 60.0).ceil())),
        }
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
    pooled_bound(bound: String)
        "no difference larger than {bound} either way, all trials pooled"
        "合并所有试验，无论哪个方向，差别不超过 {bound}"
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
    slightly(direction: &str) "{direction}, perhaps by little" "{direction}，幅度可能很小"
    equivalent_brief() "equivalent" "等效"
    equivalent(margin: String) "equivalent within {margin}" "在 {margin} 以内等效"
    equal_within(margin: String) "within {margin}" "相差不到 {margin}"
    no_larger(bound: String)
        "no difference larger than {bound} either way"
        "无论哪个方向，差别不超过 {bound}"
    no_change_larger(bound: String)
        "no change larger than {bound} either way"
        "无论哪个方向，变化不超过 {bound}"
    at_most(bound: String) "at most {bound} either way" "两个方向均不超过 {bound}"
    a_factor(factor: String) "a factor of {factor}" "{factor} 倍"
    bracketed(share: String, amount: String) "{share} ({amount})" "{share}（{amount}）"
    no_practical_difference(limit: String)
        "no practical difference (less than {limit})"
        "没有实际差别（不足 {limit}）"
    leans(direction: &str) "leans {direction}" "倾向{direction}"
    leans_of(name: &str, direction: &str) "{name} leans {direction}" "{name} 倾向{direction}"
    no_blocks_help()
        "more blocks would not settle it: two copies of one arm lie as far apart"
        "再多区组也不能定论：同一臂的两个副本相差同样大"
    blocks_settle(more: String) "about {more} would settle it" "约再加 {more} 可定论"
    too_few_blocks(blocks: String, needed: usize)
        "no bound: {blocks}, a 95 % interval takes {needed}"
        "没有上界：只有 {blocks}，95 % 区间需要 {needed} 个"
    without_bound() "no bound yet" "尚无上界"
    verdict_takes(blocks: String) "a verdict takes about {blocks}" "要得出结论，约需 {blocks}"
    bound_takes(blocks: String) "a bound takes {blocks}" "给出上界需要 {blocks}"
    by_command(takes: String, command: &str, length: String) "{takes} ({command}, {length})" "{takes}（{command}，{length}）"
    one_minute() "a minute" "1 分钟"
    minutes(minutes: String) "{minutes} minutes" "{minutes} 分钟"
    hours(hours: String) "{hours} hours" "{hours} 小时"
    exploratory() "exploratory: no verdict" "探索性指标：不作结论"
    beside_null(deviation: String)
        "; two copies of one arm lie up to {deviation} apart, which is allowed for"
        "；同一臂的两个副本相差至多 {deviation}，已计入"

    confirmed() "confirmed" "证实"
    refuted() "refuted" "推翻"
    in_the_median(word: String) "{word} in the median" "{word}（就中位数而言）"
    open_within(what: &str, bound: String) "{what} open: {bound}" "{what} 未定：{bound}"
    by_definition() "by definition" "定义使然"
    beside_definition(definition: &str, measured: String) "{definition}; measured: {measured}" "{definition}；实测：{measured}"
    depends() "depends" "视情况"
    bounded() "bounded" "有上界"
    open() "open" "未定"
    unmeasured() "not measured" "未测量"
    finding() "measured" "实测"
    depends_on(what: &str) "depends on {what}" "取决于：{what}"
    on(what: &str) "on {what}" "取决于：{what}"
}
