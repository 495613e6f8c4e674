//! What of "WebSocket is faster for agents" is what: differences between arms of tool loops, over blocks. Pure; refuses to
//! call anything an effect that the null arm shows as well.
//!
//! ```text
//!  A ── connection reuse ──► B ── incremental input ──► D ── the transport itself ──► F        D ── null ──► D′
//! ```

use crate::Records;
use crate::compare::Difference;
use crate::stats::{SignedRank, median};
use crate::verdict::Interval;
use trial::{AgentArm, AgentLoop, AgentOutcome, AgentPlan, AgentTurn};

/// Risk with which the null arm may differ from its twin before nothing is believed.
const NULL_RISK: f64 = 0.05;

/// Two arms that differ in what is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contrast {
    /// `B − A`: one connection for the loop instead of one for each turn.
    Reuse,
    /// `D − B`: only what is new instead of the whole history.
    Increment,
    /// `F − D`: WebSocket instead of SSE, increments on both.
    Transport,
    /// `F − D` without the first turn of each loop, which pays for the connection.
    TransportLater,
    /// `E − B`: WebSocket instead of SSE, full history on both.
    TransportFull,
    /// `F − A`: all three at once, which is what vendors compare.
    Whole,
    /// `D′ − D`: nothing.
    Null,
}

impl Contrast {
    /// The three that are added up.
    pub const PARTS: [Self; 3] = [Self::Reuse, Self::Increment, Self::Transport];
    /// Every contrast, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Reuse,
        Self::Increment,
        Self::Transport,
        Self::TransportLater,
        Self::TransportFull,
        Self::Whole,
        Self::Null,
    ];

    /// The base and the other arm.
    pub const fn arms(self) -> [AgentArm; 2] {
        match self {
            Self::Reuse => [AgentArm::A, AgentArm::B],
            Self::Increment => [AgentArm::B, AgentArm::D],
            Self::Transport | Self::TransportLater => [AgentArm::D, AgentArm::F],
            Self::TransportFull => [AgentArm::B, AgentArm::E],
            Self::Whole => [AgentArm::A, AgentArm::F],
            Self::Null => [AgentArm::D, AgentArm::DAgain],
        }
    }

    /// The turns of a loop that it looks at.
    fn turns(self, all: &[AgentTurn]) -> &[AgentTurn] {
        if self == Self::TransportLater { all.get(1..).unwrap_or_default() } else { all }
    }
}

/// A contrast at one round trip.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// What is asked.
    pub contrast: Contrast,
    /// Other minus base, for each turn, over blocks that hold both.
    pub difference: Difference,
    /// Exact two-sided p-value of "there is no difference".
    pub p: f64,
    /// The difference as a share of a real turn: the model's schedule without `speed`.
    pub of_real: f64,
    /// The difference as a share of the base's turn as it was measured, without tools.
    pub of_measured: f64,
}

impl Effect {
    /// Whether the interval excludes zero.
    pub fn excludes_zero(&self) -> bool {
        self.difference.interval_ns.is_some_and(|Interval { low, high }| low > 0.0 || high < 0.0)
    }
}

/// One arm at one round trip: medians over its loops of means over their turns.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmFigures {
    /// The arm.
    pub arm: AgentArm,
    /// Loops that came to their end.
    pub loops: usize,
    /// What a turn took beyond the model's schedule, nanoseconds.
    pub overhead_ns: f64,
    /// First content later than due, nanoseconds.
    pub first_content_late_ns: f64,
    /// Bytes up in the first turn and in the last.
    pub up_bytes: [f64; 2],
    /// Bytes down a turn.
    pub down_bytes: f64,
    /// Connections of a loop.
    pub connections: f64,
}

/// Everything at one round trip.
#[derive(Debug, Clone, PartialEq)]
pub struct AtDistance {
    /// The round trip that was added, nanoseconds.
    pub rtt_ns: u64,
    /// Whole blocks.
    pub blocks: usize,
    /// A turn without `speed` and without its tool, by the model's schedule, nanoseconds; the mean over all blocks.
    pub real_turn_ns: f64,
    /// The arms that were measured.
    pub arms: Vec<ArmFigures>,
    /// The contrasts of which both arms were measured.
    pub effects: Vec<Effect>,
}

impl AtDistance {
    /// One contrast.
    pub fn effect(&self, contrast: Contrast) -> Option<&Effect> {
        self.effects.iter().find(|effect| effect.contrast == contrast)
    }

    /// The p-value of the null arm, where it differs from its twin: then nothing here is resolved.
    pub fn unfit(&self) -> Option<f64> {
        self.effect(Contrast::Null).map(|null| null.p).filter(|p| *p < NULL_RISK)
    }

    /// Whether an effect is one: it excludes zero, and the null arm does not differ.
    pub fn is_resolved(&self, effect: &Effect) -> bool {
        effect.excludes_zero() && self.unfit().is_none()
    }
}

/// Everything that a run says about tool loops.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// What was asked.
    pub plan: AgentPlan,
    /// What was found at each round trip.
    pub places: Vec<AtDistance>,
    /// Arms that cannot be or that broke, each once, with the reason.
    pub missing: Vec<(AgentArm, String)>,
}

impl Agent {
    /// From the records of a run; `None` when it ran no tool loops.
    pub fn of(records: &Records) -> Option<Self> {
        let plan = records.run.agent.clone()?;
        let places = plan.rtts_ns.iter().map(|&rtt_ns| place(rtt_ns, &plan, &records.loops)).collect();
        let mut missing: Vec<(AgentArm, String)> = Vec::new();
        for one in &records.loops {
            let (AgentOutcome::Unsupported(why) | AgentOutcome::Failed(why)) = &one.outcome else { continue };
            if !missing.iter().any(|(arm, known)| *arm == one.arm && known == why) {
                missing.push((one.arm, why.clone()));
            }
        }
        missing.sort();
        Some(Self { plan, places, missing })
    }
}

/// One measured loop.
struct Measured<'a> {
    block: u32,
    arm: AgentArm,
    turns: &'a [AgentTurn],
}

impl Measured<'_> {
    fn mean(&self, of: impl Fn(&AgentTurn) -> f64) -> f64 {
        mean(self.turns.iter().map(of))
    }
}

fn place(rtt_ns: u64, plan: &AgentPlan, loops: &[AgentLoop]) -> AtDistance {
    let here: Vec<&AgentLoop> = loops.iter().filter(|one| one.rtt_ns == rtt_ns).collect();
    // An interrupt leaves a block that lacks arms: it does not count.
    let is_whole = |block: u32| here.iter().filter(|one| one.block == block).count() == AgentArm::ALL.len();
    let whole: Vec<u32> = (0..plan.blocks).filter(|&block| is_whole(block)).collect();
    let measured: Vec<Measured<'_>> = here
        .iter()
        .filter(|one| whole.contains(&one.block))
        .filter_map(|one| match &one.outcome {
            AgentOutcome::Measured(turns) => Some(Measured { block: one.block, arm: one.arm, turns }),
            AgentOutcome::Unsupported(_) | AgentOutcome::Failed(_) => None,
        })
        .collect();
    let real_turn_ns = mean(measured.iter().map(|one| one.mean(|turn| turn.model_ns as f64 * plan.speed)));
    let arms = AgentArm::ALL.into_iter().filter_map(|arm| figures(arm, &measured)).collect();
    let effects = Contrast::ALL.into_iter().filter_map(|contrast| effect(contrast, &measured, real_turn_ns)).collect();
    AtDistance { rtt_ns, blocks: whole.len(), real_turn_ns, arms, effects }
}

fn figures(arm: AgentArm, measured: &[Measured<'_>]) -> Option<ArmFigures> {
    let own: Vec<_> = measured.iter().filter(|one| one.arm == arm).collect();
    let typical = |of: &dyn Fn(&Measured<'_>) -> f64| median(&own.iter().map(|one| of(one)).collect::<Vec<_>>());
    let late = |turn: &AgentTurn| turn.first_content_ns as f64 - turn.first_content_due_ns as f64;
    let up = |turn: Option<&AgentTurn>| turn.map_or(0.0, |turn| turn.up_bytes as f64);
    Some(ArmFigures {
        arm,
        loops: own.len(),
        overhead_ns: typical(&|one| one.mean(AgentTurn::overhead_ns))?,
        first_content_late_ns: typical(&|one| one.mean(late))?,
        up_bytes: [typical(&|one| up(one.turns.first()))?, typical(&|one| up(one.turns.last()))?],
        down_bytes: typical(&|one| one.mean(|turn| turn.down_bytes as f64))?,
        connections: typical(&|one| one.turns.iter().map(|turn| f64::from(turn.connections)).sum())?,
    })
}

fn effect(contrast: Contrast, measured: &[Measured<'_>], real_turn_ns: f64) -> Option<Effect> {
    let [base, other] = contrast.arms().map(|arm| measured.iter().filter(move |one| one.arm == arm));
    let pairs: Vec<_> =
        base.filter_map(|base| Some((base, other.clone().find(|other| other.block == base.block)?))).collect();
    let overhead = |one: &Measured<'_>| mean(contrast.turns(one.turns).iter().map(AgentTurn::overhead_ns));
    let differences: Vec<f64> = pairs.iter().map(|(base, other)| overhead(other) - overhead(base)).collect();
    let ranks = SignedRank::of(&differences)?;
    let turn_ns = mean(pairs.iter().map(|(base, _)| base.mean(|turn| turn.answer_ns as f64)));
    let interval_ns = ranks.interval(0.05).map(|(low, high)| Interval { low, high });
    let value_ns = ranks.estimate;
    Some(Effect {
        contrast,
        difference: Difference { value_ns, interval_ns, blocks: ranks.blocks, bound_ns: 0.0 },
        p: ranks.p,
        of_real: value_ns / real_turn_ns,
        of_measured: value_ns / turn_ns,
    })
}

/// Not a number without any: a difference of those is none.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    sum / n
}
