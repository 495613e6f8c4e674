//! Everything that table and page show, computed from the records of one run. Pure: no clock, no file.
//!
//! The unit of evidence is the block: two arms of one block make one log ratio. Messages are never tested.

mod arm;
mod breakdown;
mod contest;
mod dilution;
mod figures;
mod one_way;
mod pooled;
mod unequal;

pub use arm::{ArmTrials, independent};
pub use breakdown::{Breakdown, Part};
pub use contest::{Bound, Contest, Estimability, Versus};
pub use dilution::{Dilution, Own};
pub use figures::{headline_tests, headlines, headlines_by, principal, subject_and_judged, untimed};
pub use one_way::Difference;
pub(crate) use pooled::middle_95;
pub use pooled::{Bracketed, Pooled, SHARES, Shift};
pub use unequal::{CONGESTION, Inequality, unequal};

use crate::Records;
use crate::verdict::Ratio;
use trial::{Arm, Cell, Figure, Metric, Row, Trial};
use wire::Transport;

/// One run, compared.
#[derive(Debug, Clone)]
pub struct Comparison<'r> {
    /// The run.
    pub records: &'r Records,
    /// Cells in the order of the plan.
    pub cells: Vec<CellComparison<'r>>,
    /// Headline figures that were tested: they share the risk of a false claim.
    pub family: usize,
    /// Null arms that were tested.
    pub null_family: usize,
}

/// One cell with its arms.
#[derive(Debug, Clone)]
pub struct CellComparison<'r> {
    /// The cell.
    pub cell: &'r Cell,
    /// Arms in the order of the plan, with the trials that were run.
    pub arms: Vec<ArmTrials<'r>>,
    /// The arm that every other is held against.
    pub base: Arm,
    /// Whether its ratio of SSE and WebSocket is the other way round than in the first cell of the run: it then says so.
    pub turned: bool,
    /// Every other arm against the base.
    pub versus: Vec<Versus>,
}

impl<'r> Comparison<'r> {
    /// Compares the arms of every cell and gives each headline figure its verdict.
    pub fn of(records: &'r Records) -> Self {
        let planned = || records.run.plan.cells.iter();
        let mut cells: Vec<&Cell> = planned().filter(|cell| cell.search().is_none()).collect();
        // A trial belongs to a cell only when nothing differs; what fits none is shown as a cell of its own. Steps of a
        // search differ in their load, not in their arms: `capacity` reads them.
        let is_step = |cell: &Cell| planned().filter_map(Cell::search).any(|asked| asked.point(&cell.name).is_some());
        let compared = records.trials.iter().filter(|trial| !is_step(&trial.cell));
        for trial in compared {
            if !cells.contains(&&trial.cell) {
                cells.push(&trial.cell);
            }
        }
        let seed = records.run.seed;
        let cells = cells.into_iter().map(|cell| CellComparison::of(cell, &records.trials, seed)).collect();
        let mut comparison = Self { records, cells, family: 0, null_family: 0 };
        let sides = comparison.sides();
        for cell in &mut comparison.cells {
            let turned = |versus: &Versus| turned([cell.base, versus.arm], sides) == Some(true);
            cell.turned = cell.pair().is_some_and(turned);
        }
        comparison.judge();
        comparison
    }

    /// Base and other of the first cell that holds SSE and WebSocket against each other: what the ratios of the run are of.
    /// Where no cell does and none feeds a row, those of the first that compares anything.
    pub fn sides(&self) -> [Arm; 2] {
        let own = self.cells.iter().all(|cell| cell.cell.row.is_none());
        let article = |cell: &CellComparison| Some([cell.base, cell.article()?.arm]);
        let any = |cell: &CellComparison| Some([cell.base, cell.pair()?.arm]);
        let found = self.cells.iter().find_map(article).or_else(|| self.cells.iter().filter(|_| own).find_map(any));
        found.unwrap_or([Transport::Sse, Transport::WebSocket].map(Arm::of))
    }

    /// Gives the verdicts at a risk that all headline tests share. The null arm of a cell is one test of a figure, however many
    /// other arms there are.
    fn judge(&mut self) {
        let contests = self.cells.iter().flat_map(|cell| &cell.versus).flat_map(|versus| &versus.contests);
        self.family = contests.filter(|contest| contest.is_tested()).count();
        let tested = |cell: &CellComparison| {
            let nulls = cell.nulls().into_iter().filter(|(contest, _)| contest.is_tested());
            nulls.map(|(contest, null)| (contest.figure, null.p)).collect::<Vec<_>>()
        };
        self.null_family = self.cells.iter().map(|cell| tested(cell).len()).sum();
        for cell in &mut self.cells {
            let nulls = tested(cell);
            for contest in cell.versus.iter_mut().flat_map(|versus| &mut versus.contests).filter(|it| it.is_judged()) {
                let null = nulls.iter().find(|(figure, _)| contest.is_tested() && *figure == contest.figure);
                let null_p = null.map(|(_, p)| (p * self.null_family as f64).min(1.0));
                contest.judge(self.family, null_p, self.records.run.plan.practical);
            }
        }
    }

    /// Cells that belong to no search for a capacity.
    pub fn beside_searches(&self) -> impl Iterator<Item = &CellComparison<'r>> {
        let searches = || self.records.run.plan.cells.iter().filter_map(Cell::search);
        self.cells.iter().filter(move |cell| !searches().any(|asked| asked.has_latency(&cell.cell.name)))
    }

    /// Whether the run does nothing but search for capacities.
    pub fn only_searches(&self) -> bool {
        let searches = self.records.run.plan.cells.iter().any(|cell| cell.search().is_some());
        searches && self.beside_searches().next().is_none()
    }

    /// Cells that feed a row.
    pub fn row<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a CellComparison<'r>> {
        self.cells.iter().filter(|cell| cell.cell.row.as_ref().is_some_and(|fed| fed.id == row.id))
    }

    /// Cells whose row asks how much they deliver without a schedule.
    pub fn saturated(&self) -> impl Iterator<Item = &CellComparison<'r>> {
        let asks = |row: &Row| row.headlines().any(|figure| figure == Figure::EventsPerSecond);
        self.cells.iter().filter(move |cell| cell.cell.row.as_deref().is_some_and(asks))
    }
}

impl<'r> CellComparison<'r> {
    fn of(cell: &'r Cell, trials: &'r [Trial], seed: u64) -> Self {
        let arms: Vec<ArmTrials> = cell.block_arms().into_iter().map(|arm| arm_of(cell, arm, trials)).collect();
        let base = cell.base().unwrap_or(Arm::of(Transport::Sse));
        let find = |arm| arms.iter().find(|trials| trials.arm == arm);
        let twin = find(base.twin());
        let others = arms.iter().filter(|trials| !trials.arm.twin && trials.arm != base);
        let versus = find(base)
            .map_or_else(Vec::new, |base| others.map(|other| Versus::of(cell, base, other, twin, seed)).collect());
        Self { cell, arms, base, turned: false, versus }
    }

    /// The part of its name behind its row: `single` of `latency/single`.
    pub fn short_name(&self) -> &'r str {
        let name = self.cell.name.as_str();
        let row = self.cell.row.as_ref();
        row.and_then(|row| name.strip_prefix(&row.id)?.strip_prefix('/')).unwrap_or(name)
    }

    /// The trials of an arm.
    pub fn arm(&self, arm: Arm) -> Option<&ArmTrials<'r>> {
        self.arms.iter().find(|trials| trials.arm == arm)
    }

    /// The trials of the arm that differs from the base in its protocol alone.
    pub fn protocol(&self, protocol: Transport) -> Option<&ArmTrials<'r>> {
        self.arm(self.base.with(protocol))
    }

    /// Whether SSE and WebSocket have numbers and differ in nothing else.
    pub fn is_comparable(&self) -> bool {
        self.has_both() && self.unequal().is_empty()
    }

    /// Whether SSE and WebSocket have numbers.
    pub fn has_both(&self) -> bool {
        [Transport::Sse, Transport::WebSocket]
            .into_iter()
            .all(|protocol| self.protocol(protocol).is_some_and(ArmTrials::is_measured))
    }

    /// Every null arm of a headline figure, once: with a contest that was tested, where any was.
    pub(crate) fn nulls(&self) -> Vec<(&Contest, &Ratio)> {
        let contests = self.versus.iter().flat_map(|versus| &versus.contests).filter(|contest| contest.headline);
        let mut nulls: Vec<(&Contest, &Ratio)> = Vec::new();
        for (contest, null) in contests.filter_map(|contest| Some((contest, contest.null.as_ref()?))) {
            match nulls.iter_mut().find(|(known, _)| known.figure == contest.figure) {
                Some(known) if !known.0.is_tested() => *known = (contest, null),
                Some(_) => {}
                None => nulls.push((contest, null)),
            }
        }
        nulls
    }

    /// The two that the headline is about: SSE and WebSocket. A cell that feeds no row has its first two arms with numbers
    /// here where it lacks those.
    pub fn pair(&self) -> Option<&Versus> {
        let article = self.article();
        if self.cell.row.is_some() {
            return article;
        }
        let has_numbers = |versus: &&Versus| !versus.contests.is_empty();
        let first = article.into_iter().chain(&self.versus).find(has_numbers);
        first.or(article).or_else(|| self.versus.first())
    }

    /// SSE and WebSocket against each other, whichever of them is the base, with all else the same.
    fn article(&self) -> Option<&Versus> {
        let other = match self.base.protocol {
            Transport::Sse => Some(Transport::WebSocket),
            Transport::WebSocket => Some(Transport::Sse),
            Transport::LongPoll | Transport::HttpStream | Transport::RawTcp => None,
        };
        other.and_then(|other| self.versus.iter().find(|versus| versus.arm == self.base.with(other)))
    }

    /// SSE and WebSocket by one figure.
    pub fn contest(&self, figure: Figure) -> Option<&Contest> {
        self.pair()?.contest(figure)
    }

    /// What makes WebSocket and SSE incomparable in this cell; empty where nothing does.
    pub fn unequal(&self) -> &[Inequality] {
        self.pair().map_or(&[], |versus| &versus.unequal)
    }

    /// The duration by which SSE and WebSocket are judged: the judged time where every trial has it.
    pub fn judged(&self) -> Option<Metric> {
        self.pair().map_or_else(|| principal(self.cell), |versus| versus.judged)
    }

    /// Most of an event's own lateness that is not charged, nanoseconds: the largest cap of all trials; 0 without witnesses.
    pub fn cap_ns(&self) -> f64 {
        self.arms.iter().map(ArmTrials::cap_ns).max().unwrap_or(0) as f64
    }

    /// Median over the trials of an arm.
    pub fn median(&self, arm: Arm, figure: Figure) -> Option<f64> {
        self.arm(arm)?.median(figure)
    }

    /// Median over the trials of the arm that differs from the base in its protocol alone.
    pub fn median_of(&self, protocol: Transport, figure: Figure) -> Option<f64> {
        self.protocol(protocol)?.median(figure)
    }
}

/// Whether two arms, base first, are the other way round than two others; `None` where something else differs between them.
pub(crate) fn turned(arms: [Arm; 2], sides: [Arm; 2]) -> Option<bool> {
    let protocols =
        |[base, other]: [Arm; 2]| (other == base.with(other.protocol)).then_some([base.protocol, other.protocol]);
    let alike = |arms| arms == sides || (protocols(arms).is_some() && protocols(arms) == protocols(sides));
    let [base, other] = arms;
    [(arms, false), ([other, base], true)].into_iter().find_map(|(arms, turned)| alike(arms).then_some(turned))
}

/// `ln(twin / base)` of each block, for every headline figure of a cell with a null arm.
pub(crate) fn null_log_ratios(cell: &Cell, trials: &[Trial]) -> Vec<(Figure, Vec<f64>)> {
    let Some(base) = cell.base().filter(|_| cell.null) else {
        return Vec::new();
    };
    let [base, twin] = [base, base.twin()].map(|arm| arm_of(cell, arm, trials));
    let headlines = figures::all_headlines(cell).into_iter();
    headlines.map(|figure| (figure, contest::log_ratios(&base, &twin, figure))).collect()
}

fn arm_of<'r>(cell: &Cell, arm: Arm, trials: &'r [Trial]) -> ArmTrials<'r> {
    let mut trials: Vec<&Trial> = trials.iter().filter(|trial| trial.arm == arm && trial.cell == *cell).collect();
    trials.sort_by_key(|trial| trial.block);
    ArmTrials { arm, trials }
}
