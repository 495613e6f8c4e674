//! Exact counts of a run beside those that a file keeps: what an event costs must not creep. Refuses to fail where nothing was
//! counted: an instrument may be missing, which is said.

use super::{Checked, Judgement, Standing};
use crate::compare::Comparison;
use crate::number;
use crate::row::why_not;
use crate::text::Language;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use trial::{Arm, Dimension, Figure, Scenario};

/// Calls for an event, more than before, that are no finding: some of those that a process makes for itself fall into one run
/// and not into the other (over five runs of one build: up to 0.09 apart). One more for every event is 1.
const HOUSEKEEPING: f64 = 0.2;
/// Runs of one build lie up to a margin apart; more than this many margins is a finding.
const MARGINS: f64 = 2.0;

/// Figures of the exact pass, by cell and arm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<String, BTreeMap<Arm, BTreeMap<Figure, f64>>>);

impl Counts {
    /// Those of a run, to two digits behind the point.
    pub fn of(comparison: &Comparison) -> Self {
        let mut counts = Self::default();
        for (cell, arm) in comparison.cells.iter().flat_map(|cell| cell.arms.iter().map(move |arm| (cell, arm))) {
            let value = |figure| Some((figure, (arm.median(figure)? * 100.0).round() / 100.0));
            let values: BTreeMap<_, _> = Figure::compared_in(Scenario::Exact).filter_map(value).collect();
            if !values.is_empty() {
                counts.0.entry(cell.cell.name.clone()).or_default().insert(arm.arm, values);
            }
        }
        counts
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, cell: &str, arm: Arm, figure: Figure) -> Option<f64> {
        self.0.get(cell)?.get(&arm)?.get(&figure).copied()
    }

    fn rows(&self) -> impl Iterator<Item = (&str, Arm, Figure, f64)> {
        let of_arm = |cell, (&arm, figures)| {
            let figures: &BTreeMap<Figure, f64> = figures;
            figures.iter().map(move |(&figure, &value)| (cell, arm, figure, value))
        };
        self.0.iter().flat_map(move |(cell, arms)| arms.iter().flat_map(move |arm| of_arm(cell.as_str(), arm)))
    }
}

impl Judgement {
    /// Adds a check for each count that a run and the kept ones have, and a note for each that only one of them has.
    #[must_use]
    pub fn beside(mut self, kept: &Counts, comparison: &Comparison, lang: Language) -> Self {
        let found = Counts::of(comparison);
        let about = |(cell, arm, figure): (&str, Arm, Figure), found, standing| Checked {
            cell: cell.to_owned(),
            what: format!("{} · {}", lang.figure(figure), lang.arm(arm)),
            found,
            standing,
        };
        for (cell, arm, figure, now) in found.rows() {
            let counted = written(figure, now);
            match kept.get(cell, arm, figure) {
                Some(then) => {
                    let crossed = now > then * (1.0 + MARGINS * figure.margin()) + HOUSEKEEPING;
                    let standing = if crossed { Standing::Crossed } else { Standing::Passed };
                    let change = format!("{:+.2}", now - then);
                    let found = lang.beside_kept(counted, written(figure, then), change);
                    self.checks.push(about((cell, arm, figure), found, standing));
                }
                None => {
                    let found = lang.not_kept(counted);
                    self.notes.push(about((cell, arm, figure), found, Standing::Unmeasured).line());
                }
            }
        }
        for (cell, arm, figure, _) in kept.rows().filter(|row| found.get(row.0, row.1, row.2).is_none()) {
            let trials = comparison.cells.iter().find(|found| found.cell.name == cell).and_then(|cell| cell.arm(arm));
            let why = trials.and_then(|trials| why_not(trials, lang)).unwrap_or_else(|| lang.not_in_this_run());
            self.notes.push(about((cell, arm, figure), lang.not_counted(why), Standing::Unmeasured).line());
        }
        self
    }
}

fn written(figure: Figure, value: f64) -> String {
    if figure.unit() == Dimension::Rounded { number::count(value.round() as u64) } else { format!("{value:.2}") }
}
