//! What of "WebSocket is faster for agents" is what: differences between arms of tool loops, over blocks. Pure; refuses to
//! call anything an effect where the null arm was found to differ, or arms differ in more than their names say.
//!
//! ```text
//!  sse!reconnecting ── connection reuse ──► sse ── incremental input ──► sse!incremental ── the transport ──► websocket!incremental
//! ```

use crate::compare::{ArmTrials, CellComparison, Comparison, Contest, Difference};
use crate::verdict::Interval;
use std::time::Duration;
use trial::{Arm, ClientKind, Figure, Scenario, ToolLoop, Words, Workload};
use wire::Transport;

const SSE: Arm = Arm::of(Transport::Sse);
const WEBSOCKET: Arm = Arm::of(Transport::WebSocket);
const RECONNECTING: Arm = SSE.read_by(ClientKind::Reconnecting);
const INCREMENTAL: [Arm; 2] = [SSE.read_by(ClientKind::Incremental), WEBSOCKET.read_by(ClientKind::Incremental)];

/// Two arms that differ in what is asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contrast {
    /// What is asked.
    pub words: Words,
    /// The base and the other arm.
    pub arms: [Arm; 2],
    figure: Figure,
}

impl Contrast {
    /// One connection for the loop instead of one for each turn.
    pub const REUSE: Self = Self::of(["connection reuse", "连接复用"], [RECONNECTING, SSE]);
    /// Only what is new instead of the whole history.
    pub const INCREMENT: Self = Self::of(["incremental input", "增量输入"], [SSE, INCREMENTAL[0]]);
    /// WebSocket instead of SSE, increments on both.
    pub const TRANSPORT: Self = Self::of(["the transport itself", "传输方式本身"], INCREMENTAL);
    /// The same without the first turn of each loop, which pays for the connection.
    pub const TRANSPORT_LATER: Self = Self {
        figure: Figure::LaterTurnOverhead,
        ..Self::of(["the transport, first turns left out", "传输方式（不计首轮）"], INCREMENTAL)
    };
    /// WebSocket instead of SSE, full history on both.
    pub const TRANSPORT_FULL: Self =
        Self::of(["the transport, full history", "传输方式（完整历史）"], [SSE, WEBSOCKET]);
    /// All three at once, which is what vendors compare.
    pub const WHOLE: Self = Self::of(["all three at once", "三者合计"], [RECONNECTING, INCREMENTAL[1]]);
    /// Nothing.
    pub const NULL: Self =
        Self::of(["null: one arm twice", "空对照：同一臂两次"], [INCREMENTAL[0], INCREMENTAL[0].twin()]);
    /// The three that are added up.
    pub const PARTS: [Self; 3] = [Self::REUSE, Self::INCREMENT, Self::TRANSPORT];
    /// Those of the table, in its order, behind the parts.
    const OTHERS: [Self; 4] = [Self::TRANSPORT_LATER, Self::TRANSPORT_FULL, Self::WHOLE, Self::NULL];

    const fn of(words: Words, arms: [Arm; 2]) -> Self {
        Self { words, arms, figure: Figure::TurnOverhead }
    }
}

/// A contrast in one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// What is asked.
    pub contrast: Contrast,
    /// Other minus base, for each turn, over blocks that hold both.
    pub difference: Difference,
    /// The difference as a share of a real turn: the model's schedule without `speed`.
    pub of_real: f64,
    /// The difference as a share of the base's turn as it was measured, without tools.
    pub of_measured: f64,
}

impl Effect {
    fn excludes_zero(&self) -> bool {
        self.difference.interval_ns.is_some_and(|Interval { low, high }| low > 0.0 || high < 0.0)
    }
}

/// Everything that a cell says about tool loops.
#[derive(Debug, Clone)]
pub struct Effects<'a, 'r> {
    /// The cell.
    pub cell: &'a CellComparison<'r>,
    /// What was asked in it.
    pub asked: &'a ToolLoop,
    /// A turn without `speed` and without its tool, by the model's schedule, nanoseconds; the mean over all trials.
    pub real_turn_ns: f64,
    /// The contrasts of which both arms were measured.
    pub all: Vec<Effect>,
}

impl<'a, 'r> Effects<'a, 'r> {
    /// Of each cell of tool loops of a run.
    pub fn of_run(comparison: &'a Comparison<'r>) -> Vec<Self> {
        comparison.cells.iter().filter_map(Self::of).collect()
    }

    /// `None` where the cell is of something else.
    pub fn of(cell: &'a CellComparison<'r>) -> Option<Self> {
        let Workload::ToolLoop(asked) = &cell.cell.workload else { return None };
        let scheduled = cell.arms.iter().flat_map(|arm| arm.values(Figure::ScheduledTurn).into_values());
        let real_turn_ns = mean(scheduled) * asked.speed;
        let are_equal = cell.versus.iter().all(|versus| versus.unequal.is_empty());
        let all = Contrast::PARTS.into_iter().chain(Contrast::OTHERS).filter(|_| are_equal);
        let all = all.filter_map(|contrast| effect(contrast, cell, real_turn_ns)).collect();
        Some(Self { cell, asked, real_turn_ns, all })
    }

    /// The round trip that was added.
    pub const fn rtt(&self) -> Duration {
        self.asked.rtt
    }

    /// Blocks whose base was measured.
    pub fn blocks(&self) -> usize {
        self.cell.arm(self.cell.base).map_or(0, |base| base.blocks().len())
    }

    /// One contrast.
    pub fn effect(&self, contrast: Contrast) -> Option<&Effect> {
        self.all.iter().find(|effect| effect.contrast == contrast)
    }

    /// What the verdict is given of.
    pub fn contest(&self, arm: Arm) -> Option<&'a Contest> {
        self.cell.versus.iter().find(|versus| versus.arm == arm)?.contest(Figure::TurnOverhead)
    }

    /// The p-value of the null arm, where it was found to differ from its twin: then nothing here is resolved.
    pub fn unfit(&self) -> Option<f64> {
        let (contest, _) = self.cell.nulls().into_iter().find(|(contest, _)| contest.figure == Figure::TurnOverhead)?;
        contest.null_adjusted_p.filter(|_| contest.null_deviation() > 1.0)
    }

    /// Whether an effect is one: it excludes zero, and the null arm does not differ.
    pub fn is_resolved(&self, effect: &Effect) -> bool {
        effect.excludes_zero() && self.unfit().is_none()
    }
}

/// Whether a run is of tool loops alone.
pub fn are_all(comparison: &Comparison) -> bool {
    let mut cells = comparison.cells.iter();
    !comparison.cells.is_empty() && cells.all(|cell| cell.cell.workload.scenario() == Scenario::ToolLoop)
}

fn effect(contrast: Contrast, cell: &CellComparison, real_turn_ns: f64) -> Option<Effect> {
    let [base, other] = contrast.arms.map(|arm| cell.arm(arm));
    let difference = Difference::of(base?, other?, contrast.figure, 0.0)?;
    let turn_ns = mean(shared(base?, other?));
    let (of_real, of_measured) = (difference.value_ns / real_turn_ns, difference.value_ns / turn_ns);
    Some(Effect { contrast, difference, of_real, of_measured })
}

/// A turn of the base in each block that holds both arms, nanoseconds.
fn shared<'a>(base: &ArmTrials<'a>, other: &ArmTrials<'a>) -> impl Iterator<Item = f64> {
    let blocks = other.blocks();
    base.values(Figure::TurnTime).into_iter().filter(move |(block, _)| blocks.contains(block)).map(|(_, ns)| ns)
}

/// Not a number without any: a difference of those is none.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    sum / n
}
