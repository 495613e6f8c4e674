//! What a run says whose cells feed no row of the table: token streams, jobs, counts, a workload of one's own. Cell by cell,
//! and the answer in words. Refuses to lay anything out, and to give what a transport adds to a token stream without the time
//! between two tokens beside it.

mod lines;

use crate::arms::Arms;
use crate::compare::{ArmTrials, CellComparison, Comparison, Contest, Difference, Estimability, turned, untimed};
use crate::document::Line;
use crate::number;
use crate::row::{Finding, RowVerdict, clause, why_none, why_not};
use crate::settle::{Settling, is_wide};
use crate::text::Language;
use crate::verdict::{Direction, FEWEST_BLOCKS, Verdict};
use crate::warnings::trial_warnings;
use trial::{Action, Arm, Figure, Metric, Quantile, Scenario, Weight};

/// A run of cells that feed no row.
pub(crate) struct OwnCells<'a, 'r> {
    /// Its cells in the order of the plan.
    pub(crate) cells: Vec<OwnCell<'a, 'r>>,
    /// The columns of its table.
    pub(crate) arms: Arms,
    comparison: &'a Comparison<'r>,
}

/// One cell.
pub(crate) struct OwnCell<'a, 'r> {
    pub(crate) cell: &'a CellComparison<'r>,
    /// Time between two output tokens of one stream, nanoseconds: TPOT over the base, median of answers and trials.
    /// `None` without a schedule.
    pub(crate) gap_ns: Option<f64>,
}

impl<'a, 'r> OwnCells<'a, 'r> {
    /// `None` where a run feeds rows, or does nothing but search for capacities.
    pub(crate) fn of(comparison: &'a Comparison<'r>) -> Option<Self> {
        let cells: Vec<_> = comparison.beside_searches().map(OwnCell::of).collect();
        let only = !cells.is_empty() && cells.iter().all(|cell| cell.cell.cell.row.is_none());
        only.then(|| Self { cells, arms: Arms::of(comparison), comparison })
    }

    /// Base and other of its ratios.
    pub(crate) fn sides(&self) -> [Arm; 2] {
        self.comparison.sides()
    }

    /// The answer: how far the transports may lie apart, in time and as a share of the time between two tokens, and what
    /// may be said about it. Where no cell has a pace, what each of them says.
    pub(crate) fn answer(&self, lang: Language) -> String {
        let farthest = [Quantile::P50, Quantile::P99].into_iter().filter_map(|quantile| self.farthest(quantile, lang));
        let farthest: Vec<String> = farthest.collect();
        match (self.paces(lang).filter(|_| !farthest.is_empty()), self.cells.as_slice()) {
            (Some(paces), _) => lang.llm_answer(paces, lang.list(farthest.into_iter().chain(self.tallies(lang)))),
            (None, [alone]) => alone.sentence(self, lang),
            (None, several) => self.named(several, lang),
        }
    }

    /// The slowest and the fastest stream.
    fn paces(&self, lang: Language) -> Option<String> {
        let mut paces: Vec<f64> = self.cells.iter().filter_map(OwnCell::tokens_per_second).collect();
        paces.sort_by(f64::total_cmp);
        let (low, high) = (number::significant(*paces.first()?), number::significant(*paces.last()?));
        Some(if low == high { low } else { lang.llm_range(low, high) })
    }

    /// The largest share of the time between two tokens that an interval of the difference reaches. Where there is no
    /// interval, nothing is bounded, and the cell says no word here.
    fn farthest(&self, quantile: Quantile, lang: Language) -> Option<String> {
        let fit = self.cells.iter().filter(|cell| cell.is_fit());
        let reached = fit.filter_map(|cell| {
            let reach_ns = cell.added(quantile)?.reach_ns()?;
            Some((cell, reach_ns, reach_ns / cell.gap_ns?))
        });
        let reached: Vec<_> = reached.collect();
        let &(cell, reach_ns, share) = reached.iter().max_by(|a, b| a.2.total_cmp(&b.2))?;
        let pace = number::significant(cell.tokens_per_second()?);
        let at = lang.llm_at(pace, lang.streams(cell.cell.cell.workload.connections()));
        let cells = lang.llm_cells(reached.len(), self.cells.iter().filter(|cell| cell.gap_ns.is_some()).count());
        Some(lang.llm_farthest(quantile.to_string(), cells, number::duration(reach_ns), number::small_share(share), at))
    }

    /// How many of the cells that have a pace say what about the median.
    fn tallies(&self, lang: Language) -> Option<String> {
        let paced: Vec<&OwnCell> =
            self.cells.iter().filter(|cell| cell.gap_ns.is_some() && self.said(cell).is_some()).collect();
        let said = self.by_verdict(&paced, lang).into_iter().map(|(word, cells)| lang.llm_tally(word, cells.len()));
        let said: Vec<String> = said.collect();
        let [base, other] = lang.sides(self.comparison.sides());
        (!said.is_empty()).then(|| lang.llm_tallies(&other, &base, paced.len(), lang.series(&said)))
    }

    /// Which cells say what, and in which figure; those that compare nothing say why, and those that compare other arms than
    /// the run's say what.
    fn named(&self, cells: &[OwnCell], lang: Language) -> String {
        let (compared, others): (Vec<&OwnCell>, Vec<&OwnCell>) =
            cells.iter().partition(|cell| self.said(cell).is_some());
        let name = |cell: &&OwnCell| {
            let contest = cell.headline()?;
            let open =
                (!contest.verdict.is_resolved()).then(|| lang.brief(contest, contest.verdict, Language::at_most));
            let figure = [Some(lang.figure(contest.figure)), open].into_iter().flatten().collect::<Vec<_>>();
            Some(lang.cells_name(cell.cell.cell.name.clone(), lang.series(&figure)))
        };
        let names = |cells: Vec<&OwnCell>| lang.series(&cells.iter().filter_map(name).collect::<Vec<_>>());
        let said = self.by_verdict(&compared, lang).into_iter().map(|(word, of)| lang.cells_say(word, names(of)));
        let said: Vec<String> = said.collect();
        let [base, other] = lang.sides(self.comparison.sides());
        let said = (!said.is_empty()).then(|| lang.cells_answer(&other, &base, compared.len(), lang.list(said)));
        let own = others.iter().map(|cell| match cell.headline() {
            Some(_) => format!("{}: {}", cell.cell.cell.name, cell.sentence(self, lang)),
            None => lang.sentence(format!("{}: {}", cell.cell.cell.name, cell.absent(lang))),
        });
        said.into_iter().chain(own).collect::<Vec<_>>().join(" ")
    }

    /// What a cell says of the run's other arm against its base; `None` where it compares nothing, or others.
    fn said(&self, cell: &OwnCell) -> Option<Verdict> {
        let contest = cell.headline()?;
        let turned = turned(contest.arms, self.comparison.sides())?;
        Some(if turned { contest.verdict.reversed() } else { contest.verdict })
    }

    /// The cells that say the same of the run's other arm, in the order in which it is told.
    fn by_verdict<'c>(&self, cells: &[&'c OwnCell<'a, 'r>], lang: Language) -> Vec<(String, Vec<&'c OwnCell<'a, 'r>>)> {
        // Of a verdict, and of whether the figure is bounded.
        type Says = fn(&Verdict, bool) -> bool;
        let words: [(String, Says); 7] = [
            (lang.direction(Direction::Lower).to_owned(), |v, _| {
                matches!(v, Verdict::Different { direction: Direction::Lower, .. })
            }),
            (lang.direction(Direction::Higher).to_owned(), |v, _| {
                matches!(v, Verdict::Different { direction: Direction::Higher, .. })
            }),
            (lang.equivalent_brief(), |v, _| *v == Verdict::Equivalent),
            (lang.bounded(), |v, bounded| !v.is_resolved() && bounded),
            (lang.open(), |v, bounded| !bounded && !v.is_resolved() && !matches!(v, Verdict::Unfit | Verdict::Refused)),
            (lang.unfit_brief(), |v, _| *v == Verdict::Unfit),
            (lang.refused(), |v, _| *v == Verdict::Refused),
        ];
        let bounded = |cell: &OwnCell| cell.headline().is_some_and(|contest| is_bounded(contest, lang));
        let saying = |says: Says, cell: &OwnCell| self.said(cell).is_some_and(|verdict| says(&verdict, bounded(cell)));
        let of = |says: Says| cells.iter().copied().filter(|cell| saying(says, cell)).collect::<Vec<_>>();
        words.into_iter().map(|(word, says)| (word, of(says))).filter(|(_, cells)| !cells.is_empty()).collect()
    }

    /// What every cell says.
    pub(crate) fn findings(&self, lang: Language) -> Vec<(&'a str, Finding)> {
        let found = |cell: &OwnCell<'a, 'r>| (cell.cell.cell.name.as_str(), cell.finding(self, lang));
        self.cells.iter().map(found).collect()
    }
}

/// Whether anything may be said of how large a difference is at most.
fn is_bounded(contest: &Contest, lang: Language) -> bool {
    !matches!(contest.verdict, Verdict::Unfit | Verdict::Refused) && lang.most(contest).is_some()
}

impl<'a, 'r> OwnCell<'a, 'r> {
    fn of(cell: &'a CellComparison<'r>) -> Self {
        let paced = cell.cell.workload.is_paced();
        let tpot = cell.median(cell.base, Figure::Duration(Metric::PerOutputToken, Quantile::P50));
        Self { cell, gap_ns: tpot.filter(|ns| paced && *ns > 0.0) }
    }

    /// Line pace of one stream between first and last content.
    pub(crate) fn tokens_per_second(&self) -> Option<f64> {
        self.gap_ns.map(|ns| 1e9 / ns)
    }

    /// Whether it asked a language model whose schedule is known: its judged figure is added latency.
    pub(crate) fn is_scheduled(&self) -> bool {
        let added = matches!(self.cell.judged(), Some(Metric::ResponseTime | Metric::JudgedTime));
        self.is_asked() && added
    }

    /// Whether it asked a language model.
    fn is_asked(&self) -> bool {
        self.cell.cell.workload.scenario() == Scenario::Llm
    }

    /// The figure that is judged: of durations the one that the scenario is about, of answers added latency or, of foreign
    /// endpoints, TTFT; else what a cell without due times is about.
    pub(crate) fn judged(&self, quantile: Quantile) -> Figure {
        let metric = self.cell.judged();
        metric.map_or_else(|| untimed(self.cell.cell.workload.scenario()), |metric| Figure::Duration(metric, quantile))
    }

    /// The contest that the verdict is about. Too few blocks for an interval leave counts alone, which need none.
    pub(crate) fn headline(&self) -> Option<&'a Contest> {
        let counted = !self.is_asked() && self.cell.cell.blocks < FEWEST_BLOCKS as u32;
        let counts = counted.then(|| self.cell.contest(Figure::BytesPerEvent)).flatten();
        counts.or_else(|| self.cell.contest(self.judged(Quantile::P50)))
    }

    /// Whether a difference of this cell may be claimed.
    fn is_fit(&self) -> bool {
        let refused = |contest: &Contest| matches!(contest.verdict, Verdict::Unfit | Verdict::Refused);
        self.headline().is_some_and(|contest| !refused(contest))
    }

    /// By how much more the other transport adds to the model's schedule than the base; `None` where the schedule is not known.
    pub(crate) fn added(&self, quantile: Quantile) -> Option<Difference> {
        let known = matches!(self.cell.judged(), Some(Metric::ResponseTime | Metric::JudgedTime));
        let figure = self.judged(quantile);
        let contest = self.cell.contest(figure).filter(|contest| known && contest.verdict != Verdict::Refused)?;
        let arms = || self.cell.arm(contest.arms[0]).zip(self.cell.arm(contest.arms[1]));
        match contest.estimability {
            Estimability::PerTrial => {
                let (base, other) = arms()?;
                Difference::of(base, other, figure, 0.0)
            }
            Estimability::Pooled(shift) => {
                let value_ns = shift.other.value - shift.base.value;
                Some(Difference { value_ns, interval_ns: None, blocks: contest.ratio.blocks, bound_ns: 0.0 })
            }
            Estimability::Difference(difference) => Some(difference),
            Estimability::Not { .. } => None,
        }
    }

    /// The difference over the time between two tokens.
    pub(crate) fn share(&self, quantile: Quantile) -> Option<f64> {
        Some(self.added(quantile)?.value_ns / self.gap_ns?)
    }

    fn finding(&self, own: &OwnCells, lang: Language) -> Finding {
        let trials: Vec<_> = self.cell.arms.iter().flat_map(|arm| &arm.trials).copied().collect();
        let verdict = match self.headline() {
            None if self.alone(&own.arms, lang).is_some() => RowVerdict::Found(lang.llm_one_transport()),
            None => RowVerdict::NotMeasured(self.absent(lang)),
            Some(contest) if contest.verdict.is_resolved() => RowVerdict::Found(self.brief(contest, lang)),
            Some(contest) => {
                let settling =
                    is_wide(contest).then(|| Settling::of(own.comparison.records, self.cell, contest)).flatten();
                let settled = settling.map(|settling| lang.settled_by(contest, &settling));
                let text = lang.list(std::iter::once(self.brief(contest, lang)).chain(settled));
                if is_bounded(contest, lang) { RowVerdict::Bounded(text) } else { RowVerdict::Open(text) }
            }
        };
        Finding {
            lines: self.lines(&own.arms, lang),
            verdict,
            sentence: self.sentence(own, lang),
            caveats: trial_warnings(false, &trials, Action::Warn, lang),
        }
    }

    /// The contests of the headline's figure: the headline itself, then those of further arms.
    fn contests(&self, headline: &'a Contest) -> impl Iterator<Item = &'a Contest> {
        let others = self.cell.versus.iter().filter_map(|versus| versus.contest(headline.figure));
        std::iter::once(headline).chain(others.filter(|contest| contest.arms != headline.arms))
    }

    /// What else its section tells of the pair.
    fn told(&self) -> impl Iterator<Item = &'a Contest> {
        let lines = self.cell.cell.section().lines.iter().filter(|line| line.weight == Weight::Told);
        lines.filter_map(|line| self.cell.contest(line.figure))
    }

    /// The verdict in a word or two; of several arms, each with its name.
    fn brief(&self, headline: &'a Contest, lang: Language) -> String {
        let named = |contest: &Contest| {
            lang.arm_is(&lang.arm(contest.arms[1]), lang.brief(contest, contest.verdict, Language::at_most))
        };
        match self.cell.versus.as_slice() {
            [] | [_] => lang.brief(headline, headline.verdict, Language::no_larger),
            _ => {
                let silent = self.silent(headline).map(|arm| lang.arm_is(&lang.arm(arm.arm), lang.unmeasured()));
                lang.list(self.contests(headline).map(named).chain(silent))
            }
        }
    }

    /// The arms that lack what others were compared by.
    fn silent(&self, headline: &'a Contest) -> impl Iterator<Item = &'a ArmTrials<'r>> {
        let silent = self.cell.versus.iter().filter(|versus| versus.contest(headline.figure).is_none());
        silent.filter_map(|versus| self.cell.arm(versus.arm))
    }

    /// In words: the difference, the time between two tokens, the verdict.
    fn sentence(&self, own: &OwnCells, lang: Language) -> String {
        let Some(contest) = self.headline() else {
            let told = self.alone(&own.arms, lang).into_iter().chain([self.absent(lang)]).collect::<Vec<_>>();
            return lang.sentence(lang.list(told));
        };
        let why = |arm: &ArmTrials| why_not(arm, lang).unwrap_or_else(|| lang.unmeasured());
        let silent = self.silent(contest).map(|arm| lang.arm_is(&lang.arm(arm.arm), why(arm)));
        let what = lang.figure(contest.figure);
        let apart = self.added(Quantile::P50).zip(self.share(Quantile::P50)).zip(self.gap_ns);
        let Some(((added, share), gap_ns)) = apart else {
            let several = self.cell.versus.len() > 1;
            let of = |contest: &Contest| {
                if several { lang.series(&[what.clone(), lang.over(contest.arms)]) } else { what.clone() }
            };
            let clauses = self.contests(contest).map(|contest| clause(contest, &of(contest), lang));
            let beside = self.told().map(|told| clause(told, &lang.figure(told.figure), lang));
            return lang.sentence(lang.list(clauses.chain(beside).chain(silent)));
        };
        let at = lang.llm_at(number::significant(1e9 / gap_ns), lang.streams(self.cell.cell.workload.connections()));
        let verdict = lang.verdict(contest, &lang.arm(contest.arms[1]));
        let [base, other] = lang.sides(contest.arms);
        let difference = lang.llm_difference_in(lang.llm_difference(&other, &base), what);
        lang.llm_cell(
            at,
            difference,
            number::difference(&added),
            number::small_share(share.abs()),
            number::duration(gap_ns),
            verdict,
        )
    }

    /// What the only transport of a cell was measured at.
    fn alone(&self, arms: &Arms, lang: Language) -> Option<String> {
        let [arm] = self.cell.cell.arms[..] else { return None };
        let Line { what, mut values, .. } = self.lines(arms, lang).into_iter().next()?;
        Some(lang.cells_alone(what, &lang.arm(arm), values.swap_remove(arms.column(arm)?)))
    }

    /// Why there is nothing to compare.
    pub(crate) fn absent(&self, lang: Language) -> String {
        let arms = || self.cell.arms.iter().filter(|arm| !arm.arm.twin);
        why_none(arms(), lang).unwrap_or_else(|| match self.cell.cell.arms.len() {
            1 => lang.llm_one_transport(),
            _ if arms().any(|arm| arm.trials.is_empty()) => lang.cells_cut_off(),
            _ => lang.cells_nothing_common(),
        })
    }
}
