//! Axes: scales that plotters has not, and the few ticks worth reading. Every loop here is bounded, whatever the data:
//! values beyond [`LARGEST`] or, on logarithmic axes, below [`SMALLEST`] have no place.

use super::ChartError;
use super::unit::{Unit, trimmed};
use plotters::coord::ranged1d::{BoldPoints, KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use std::ops::Range;

/// 10^18 ns is 31 years, 10^18 bytes an exabyte: nothing that is measured is beyond.
const LARGEST: f64 = 1e18;
const SMALLEST: f64 = 1e-9;

/// Places beyond all data, which a linear axis from zero and a logarithmic one draw at their ends.
pub(crate) const ENDS: (f64, f64) = (SMALLEST, LARGEST);

/// No axis of numbers shows more ticks than this.
const MOST_TICKS: usize = 7;

/// How a value becomes a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    Log,
    /// `log10(1 / (1 - q))` of a quantile: each further nine takes the same room, as HdrHistogram plots it.
    Tail,
    /// `ln(q / (1 - q))` of a quantile: both tails in the same detail.
    Logit,
}

impl Scale {
    /// The length of `value`, or `None` where the scale has no place for it.
    pub(super) fn apply(self, value: f64) -> Option<f64> {
        let known = value.is_finite() && value.abs() <= LARGEST;
        match self {
            Self::Linear if known => Some(value),
            Self::Log if known && value >= SMALLEST => Some(value.log10()),
            Self::Tail if (0.0..1.0).contains(&value) => Some(-(1.0 - value).log10()),
            Self::Logit if value > 0.0 && value < 1.0 => Some((value / (1.0 - value)).ln()).filter(|l| l.is_finite()),
            _ => None,
        }
    }
}

/// A scale with its ends and labelled ticks.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    pub(super) ticks: Vec<(f64, String)>,
    /// Whether the ticks are names, which need no line across the plot.
    pub(super) named: bool,
}

impl Axis {
    /// From zero, or the smallest of `values` when it lies below, to a little above the largest.
    ///
    /// # Errors
    /// [`ChartError::Empty`] when no value has a place, as for all axes of numbers.
    pub(crate) fn from_zero(values: &[f64], unit: Unit) -> Result<Self, ChartError> {
        let (low, high) = extent(values, Scale::Linear)?;
        let high = if high > 0.0 { high * 1.06 } else { 1.0 };
        Ok(Self::linear(low.min(0.0), high, unit))
    }

    /// From the smallest to the largest of `values`.
    pub(crate) fn spanning(values: &[f64], unit: Unit) -> Result<Self, ChartError> {
        let (low, high) = extent(values, Scale::Linear)?;
        Ok(Self::linear(low, high.max(low + 1.0_f64.max(low.abs() * 1e-6)), unit))
    }

    fn linear(low: f64, high: f64, unit: Unit) -> Self {
        let (divisor, name) = unit.scale_for(high.max(-low));
        let ticks = RangedCoordf64::from(low / divisor..high / divisor).key_points(BoldPoints(MOST_TICKS));
        let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
        let label = |value: f64| if value == 0.0 { "0".to_owned() } else { trimmed(value, decimals) + name };
        Self::with(Scale::Linear, low, high, ticks.into_iter().map(|value| (value * divisor, label(value))))
    }

    /// Logarithmic, from the round value below the smallest of `values` to the one above the largest.
    pub(crate) fn log(values: &[f64], unit: Unit) -> Result<Self, ChartError> {
        let (low, high) = extent(values, Scale::Log)?;
        // A flat line belongs in the middle, not on the edge.
        let (low, high) = if high - low < 0.05 { (low - 0.1, high + 0.1) } else { (low, high) };
        let steps: &[f64] = if high - low < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let ends = round_values(low.floor() - 1.0, high.ceil() + 1.0, steps);
        let low = ends.iter().map(|v| v.log10()).rfind(|&v| v <= low + 1e-9).unwrap_or(low);
        let high = ends.iter().map(|v| v.log10()).find(|&v| v >= high - 1e-9 && v > low).unwrap_or(high);
        let ticks = log_ticks(low, high).into_iter().map(|value| (value, unit.show(value)));
        Ok(Self::with(Scale::Log, low, high, ticks))
    }

    /// Logarithmic around 1: always shows 1 and at least 4 % on both sides.
    pub(crate) fn ratio(values: &[f64]) -> Result<Self, ChartError> {
        let (low, high) = extent(values, Scale::Log)?;
        let pad = 0.05 * (high.max(0.0) - low.min(0.0));
        let (low, high) = ((low - pad).min(0.96_f64.log10()), (high + pad).max(1.04_f64.log10()));
        let (least, most) = (10_f64.powf(low), 10_f64.powf(high));
        // Even steps look even only near 1.
        let ticks = if most / least < 4.0 {
            RangedCoordf64::from(least..most).key_points(BoldPoints(MOST_TICKS))
        } else {
            log_ticks(low, high)
        };
        let label = |v: f64| if (0.01..1000.0).contains(&v) { trimmed(v, 2) + "×" } else { Unit::Ratio.show(v) };
        Ok(Self::with(Scale::Log, low, high, ticks.into_iter().map(|value| (value, label(value)))))
    }

    /// Quantiles from 0 to the largest of `values`, at least to 0.9.
    pub(crate) fn tail(values: &[f64]) -> Result<Self, ChartError> {
        let (_, high) = extent(values, Scale::Tail)?;
        let nines = (1..=15).map(|n: i32| 1.0 - 10_f64.powi(-n));
        let ticks = [0.0, 0.5].into_iter().chain(nines).map(|q| (q, percent(q)));
        Ok(Self::with(Scale::Tail, 0.0, high.max(1.0), ticks))
    }

    /// Quantiles from the smallest to the largest of `values`, at least from 0.1 to 0.9.
    pub(crate) fn logit(values: &[f64]) -> Result<Self, ChartError> {
        let (low, high) = extent(values, Scale::Logit)?;
        let nines = 9_f64.ln();
        let quantiles = [0.0001, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999];
        let ticks = quantiles.into_iter().map(|q| (q, percent(q)));
        Ok(Self::with(Scale::Logit, low.min(-nines), high.max(nines), ticks))
    }

    /// One unit of room for each name: the first lies from 0 to 1, its label at 0.5.
    pub(crate) fn names(names: impl Iterator<Item = String>) -> Self {
        let ticks: Vec<(f64, String)> = names.enumerate().map(|(n, name)| (n as f64 + 0.5, name)).collect();
        Self { scale: Scale::Linear, low: 0.0, high: ticks.len().max(1) as f64, ticks, named: true }
    }

    /// The same axis from its high end to its low one: rows that are read from the top.
    pub(crate) fn turned(self) -> Self {
        Self { low: self.high, high: self.low, ..self }
    }

    /// Keeps the ticks that lie between the ends.
    fn with(scale: Scale, low: f64, high: f64, ticks: impl Iterator<Item = (f64, String)>) -> Self {
        let mut axis = Self { scale, low, high, ticks: Vec::new(), named: false };
        let within = |value: f64| axis.at(value).is_some_and(|at| (-1e-6..=1.0 + 1e-6).contains(&at));
        axis.ticks = ticks.filter(|(value, _)| within(*value)).collect();
        axis
    }

    /// The place of `value`: 0 at the low end, 1 at the high end; `None` where the scale has none.
    pub(super) fn at(&self, value: f64) -> Option<f64> {
        Some((self.scale.apply(value)? - self.low) / (self.high - self.low))
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let at = self.at(*value).unwrap_or_default().clamp(0.0, 1.0);
        start + (at * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(value, _)| *value).collect()
    }

    /// The first and the last tick: plotters asks for no more of a coordinate that maps and ticks by itself.
    fn range(&self) -> Range<f64> {
        let end = |tick: Option<&(f64, String)>| tick.map_or(0.0, |(value, _)| *value);
        end(self.ticks.first())..end(self.ticks.last())
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks.iter().find(|(tick, _)| tick == value).map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

/// Smallest and largest length of the values that have one.
fn extent(values: &[f64], scale: Scale) -> Result<(f64, f64), ChartError> {
    let lengths = || values.iter().filter_map(|value| scale.apply(*value));
    lengths().reduce(f64::min).zip(lengths().reduce(f64::max)).ok_or(ChartError::Empty)
}

/// `steps` times every power of ten from `10^low` to `10^high`.
fn round_values(low: f64, high: f64, steps: &[f64]) -> Vec<f64> {
    let decades = low.floor() as i32..=high.ceil() as i32;
    decades.flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade))).collect()
}

/// The finest series of round values of which at most [`MOST_TICKS`] lie between two powers of ten; plotters' own
/// logarithmic axis has only whole powers of ten.
fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    const SERIES: [&[f64]; 4] =
        [&[1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
    let within = |steps: &[f64]| -> Vec<f64> {
        let values = round_values(low, high, steps).into_iter();
        values.filter(|v| (low - 1e-9..=high + 1e-9).contains(&v.log10())).collect()
    };
    let fitting = SERIES.iter().map(|steps| within(steps)).find(|ticks| ticks.len() <= MOST_TICKS);
    fitting.unwrap_or_else(|| {
        let powers = within(&[1.0]);
        powers.iter().copied().step_by(powers.len().div_ceil(MOST_TICKS)).collect()
    })
}

/// `0.999` as `99.9%`.
fn percent(quantile: f64) -> String {
    let decimals = (-(quantile.min(1.0 - quantile)).max(1e-15).log10().ceil() - 1.0).clamp(0.0, 13.0);
    trimmed(quantile * 100.0, decimals as usize) + "%"
}
