//! `response:p99<5ms`: a bound on a figure, read and checked. Refuses to pass what was not measured.
//!
//! ```text
//! [TRANSPORT.]FIGURE[{CELLS}] < VALUE      sse.response:p99{latency/*}<5ms    cpu<=20us    throughput>100k
//! ```

use super::{Checked, Standing, glob, null_deviation};
use crate::compare::{ArmTrials, CellComparison, Comparison, independent};
use crate::number;
use crate::text::Language;
use std::str::FromStr;
use trial::{Dimension, Distribution, Figure, Quantile, UnknownWord};
use wire::Transport;

/// A bound on one figure of some cells and transports.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// As written.
    pub text: String,
    /// Only this transport; every one else.
    pub transport: Option<Transport>,
    /// The figure: the median over trials is checked.
    pub figure: Figure,
    /// Pattern of the names of cells; every one that has the figure else.
    pub cells: Option<String>,
    relation: Relation,
    /// In the figure's own unit: nanoseconds, bytes, events a second.
    pub limit: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// Why a text is no threshold; one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseThresholdError {
    /// No relation.
    #[error("expected FIGURE<VALUE, such as 'response:p99<5ms', 'sse.cpu<20us' or 'throughput{{throughput/*}}>100k'")]
    Shape,
    /// A word that is not known.
    #[error(transparent)]
    Unknown(#[from] UnknownWord),
    /// Not a number.
    #[error("'{0}' is no number above or equal to zero with a unit, such as 5ms, 20us, 64B or 100k")]
    Value(String),
    /// A brace without its other half, or something behind it.
    #[error("'{0}': cells stand in braces behind the figure, such as response:p99{{latency/*}}<5ms")]
    Braces(String),
}

impl FromStr for Threshold {
    type Err = ParseThresholdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let behind_cells = text.find('}').map_or(0, |brace| brace + 1);
        let at = text[behind_cells..].find(['<', '>']).ok_or(ParseThresholdError::Shape)? + behind_cells;
        let (subject, rest) = (text[..at].trim(), &text[at..]);
        let (relation, value) = relation(rest);
        let (name, cells) = split_cells(subject)?;
        let (transport, name) = split_transport(name)?;
        let figure = name.parse()?;
        let limit = limit(value.trim(), figure)?;
        Ok(Self { text: text.to_owned(), transport, figure, cells, relation, limit })
    }
}

fn relation(text: &str) -> (Relation, &str) {
    let relations =
        [("<=", Relation::AtMost), ("<", Relation::Below), (">=", Relation::AtLeast), (">", Relation::Above)];
    let found = relations.into_iter().find_map(|(sign, relation)| Some((relation, text.strip_prefix(sign)?)));
    found.unwrap_or((Relation::Below, text))
}

fn split_cells(subject: &str) -> Result<(&str, Option<String>), ParseThresholdError> {
    let wrong = || ParseThresholdError::Braces(subject.to_owned());
    match subject.split_once('{') {
        None if subject.contains('}') => Err(wrong()),
        None => Ok((subject, None)),
        Some((name, cells)) => {
            let cells = cells.strip_suffix('}').filter(|cells| !cells.is_empty()).ok_or_else(wrong)?;
            Ok((name.trim(), Some(cells.to_owned())))
        }
    }
}

/// A transport stands before the first dot, unless that dot belongs to a quantile.
fn split_transport(name: &str) -> Result<(Option<Transport>, &str), ParseThresholdError> {
    let head = name.split(':').next().unwrap_or(name);
    let Some((word, _)) = head.split_once('.') else {
        return Ok((None, name));
    };
    let transport = UnknownWord::or_found("transport", word, &Transport::ALL, &[], Transport::to_string)?;
    Ok((Some(transport), &name[word.len() + 1..]))
}

fn limit(text: &str, figure: Figure) -> Result<f64, ParseThresholdError> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| ParseThresholdError::Value(text.to_owned()))?;
    let known = units(figure.unit());
    Ok(number * UnknownWord::or_found("unit", unit.trim(), known, &[], |(name, _)| (*name).to_owned())?.1)
}

/// The units of a quantity with their factors, the plain one first.
const fn units(dimension: Dimension) -> &'static [(&'static str, f64)] {
    match dimension {
        Dimension::Time => &[("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)],
        Dimension::Bytes => &[("B", 1.0), ("KiB", 1024.0), ("MiB", 1_048_576.0), ("", 1.0)],
        Dimension::ByteRate => &[("B/s", 1.0), ("KiB/s", 1024.0), ("MiB/s", 1_048_576.0)],
        Dimension::Rate => &[("", 1.0), ("k", 1e3), ("M", 1e6), ("/s", 1.0), ("k/s", 1e3), ("M/s", 1e6)],
        Dimension::Count | Dimension::Rounded | Dimension::Share => &[("", 1.0)],
    }
}

impl Relation {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
        }
    }
}

impl Threshold {
    /// Every cell and transport that it applies to; one check that could not be made where there is none.
    pub(super) fn check(&self, comparison: &Comparison, lang: Language) -> Vec<Checked> {
        let applies = |cell: &&CellComparison| self.cells.as_ref().is_none_or(|p| glob::matches(p, &cell.cell.name));
        let arms =
            comparison.cells.iter().filter(applies).flat_map(|cell| cell.arms.iter().map(move |arm| (cell, arm)));
        let wanted = |arm: &ArmTrials| !arm.arm.twin && self.transport.is_none_or(|wanted| wanted == arm.arm.protocol);
        let checks: Vec<Checked> =
            arms.filter(|(_, arm)| wanted(arm)).filter_map(|(cell, arm)| self.check_arm(cell, arm, lang)).collect();
        if checks.is_empty() { vec![self.checked("", lang.nothing_matches(), Standing::Unmeasured)] } else { checks }
    }

    /// `None` where the cell does not have the figure. An arm that lacks what another has does not pass.
    fn check_arm(&self, cell: &CellComparison, arm: &ArmTrials, lang: Language) -> Option<Checked> {
        let name = &cell.cell.name;
        let others = || cell.arms.iter().any(|other| other.median(self.figure).is_some());
        let Some(median) = arm.median(self.figure) else {
            let found = lang.arm_is(&lang.arm(arm.arm), lang.unmeasured());
            return (arm.lacks_numbers() && others()).then(|| self.checked(name, found, Standing::Unmeasured));
        };
        let Some(value) = estimated(self.figure, median, cell, arm) else {
            return Some(self.checked(name, lang.too_few_events(lang.arm(arm.arm)), Standing::Unmeasured));
        };
        let found = format!("{} {}", lang.arm(arm.arm), number::of_figure(self.figure, value));
        Some(self.checked(name, found, self.standing(value, null_deviation(cell, self.figure))))
    }

    /// Where two copies of one arm lie farther apart than the margin, the value must be that far from the limit.
    fn standing(&self, value: f64, deviation: f64) -> Standing {
        let apart = if deviation > 1.0 + self.figure.margin() { deviation } else { 1.0 };
        match [value / apart, value * apart].map(|value| self.relation.holds(value, self.limit)) {
            [true, true] => Standing::Passed,
            [false, false] => Standing::Crossed,
            [true, false] | [false, true] => Standing::Invalid,
        }
    }

    fn checked(&self, cell: &str, found: String, standing: Standing) -> Checked {
        Checked { cell: cell.to_owned(), what: self.text.clone(), found, standing }
    }
}

/// The median trial where every trial can estimate the figure, all trials pooled where only together they can.
fn estimated(figure: Figure, median: f64, cell: &CellComparison, arm: &ArmTrials) -> Option<f64> {
    let Figure::Duration(metric, quantile) = figure else {
        return Some(median);
    };
    let counts = arm.measured().filter_map(|(_, m)| m.distributions.get(&metric)).map(Distribution::len);
    let least = independent(cell.cell, counts.min().unwrap_or(0));
    let enough = |observations: u64| observations >= Quantile::observations_needed(quantile);
    if enough(least) {
        return Some(median);
    }
    let pooled = || arm.pooled(metric, &arm.blocks()).quantile(quantile.share());
    enough(arm.observations(cell.cell, metric)).then(pooled).flatten()
}
