//! Axes: from a value to a place between 0 and 1, and the few ticks worth reading. Every loop here is bounded, whatever
//! the data: values beyond [`LARGEST`] or, on logarithmic axes, below [`SMALLEST`] have no place.

use super::unit::{Unit, trimmed};

/// 10^18 ns is 31 years, 10^18 bytes an exabyte: nothing that is measured is beyond.
const LARGEST: f64 = 1e18;
const SMALLEST: f64 = 1e-9;

/// No axis shows more ticks than this.
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

/// A labelled place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Between 0 and 1.
    pub at: f64,
    pub label: String,
}

/// A scale with its ends and ticks.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    pub ticks: Vec<Tick>,
}

impl Axis {
    /// From zero to a little above the largest of `values`.
    pub(super) fn from_zero(values: impl Iterator<Item = f64>, unit: Unit) -> Option<Self> {
        let (_, high) = extent(values, Scale::Linear)?;
        let high = if high > 0.0 { high * 1.06 } else { 1.0 };
        Some(Self::linear(0.0, high, unit))
    }

    /// From the smallest to the largest of `values`.
    pub(super) fn spanning(values: impl Iterator<Item = f64>, unit: Unit) -> Option<Self> {
        let (low, high) = extent(values, Scale::Linear)?;
        Some(Self::linear(low, high.max(low + 1.0_f64.max(low.abs() * 1e-6)), unit))
    }

    fn linear(low: f64, high: f64, unit: Unit) -> Self {
        let (divisor, name) = unit.scale_for(high);
        let step = nice_step((high - low) / divisor) * divisor;
        let decimals = (-(step / divisor).log10().floor()).clamp(0.0, 9.0) as usize;
        let first = (low / step).ceil();
        let label = |value: f64| if value == 0.0 { "0".into() } else { trimmed(value / divisor, decimals) + name };
        let ticks = (0..MOST_TICKS).map(|n| (first + n as f64) * step).map(|value| (value, label(value))).collect();
        Self::with(Scale::Linear, low, high, ticks)
    }

    /// Logarithmic, from the round value below the smallest of `values` to the one above the largest.
    pub(super) fn log(values: impl Iterator<Item = f64>, unit: Unit) -> Option<Self> {
        let (low, high) = extent(values, Scale::Log)?;
        // A flat line belongs in the middle, not on the edge.
        let (low, high) = if high - low < 0.05 { (low - 0.1, high + 0.1) } else { (low, high) };
        let steps: &[f64] = if high - low < 2.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let ends = round_values(low.floor() - 1.0, high.ceil() + 1.0, steps);
        let low = ends.iter().map(|v| v.log10()).rfind(|&v| v <= low + 1e-9).unwrap_or(low);
        let high = ends.iter().map(|v| v.log10()).find(|&v| v >= high - 1e-9 && v > low).unwrap_or(high);
        let ticks = log_ticks(low, high).into_iter().map(|value| (value, unit.show(value))).collect();
        Some(Self::with(Scale::Log, low, high, ticks))
    }

    /// Logarithmic around 1: always shows 1 and at least 4 % on both sides.
    pub(super) fn ratio(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (low, high) = extent(values, Scale::Log)?;
        let pad = 0.05 * (high.max(0.0) - low.min(0.0));
        let (low, high) = ((low - pad).min(0.96_f64.log10()), (high + pad).max(1.04_f64.log10()));
        let ticks = ratio_ticks(low, high).into_iter().map(|value| (value, ratio_label(value))).collect();
        Some(Self::with(Scale::Log, low, high, ticks))
    }

    /// Quantiles from 0 to the largest of `values`, at least to 0.9.
    pub(super) fn tail(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (_, high) = extent(values, Scale::Tail)?;
        let nines = (1..=15).map(|n: i32| 1.0 - 10_f64.powi(-n));
        let ticks = [0.0, 0.5].into_iter().chain(nines).map(|q| (q, percent(q))).collect();
        Some(Self::with(Scale::Tail, 0.0, high.max(1.0), ticks))
    }

    /// Quantiles from the smallest to the largest of `values`, at least from 0.1 to 0.9.
    pub(super) fn logit(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (low, high) = extent(values, Scale::Logit)?;
        let nines = 9_f64.ln();
        let quantiles = [0.0001, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999];
        let ticks = quantiles.into_iter().map(|q| (q, percent(q))).collect();
        Some(Self::with(Scale::Logit, low.min(-nines), high.max(nines), ticks))
    }

    /// Keeps the ticks that lie between the ends.
    fn with(scale: Scale, low: f64, high: f64, ticks: Vec<(f64, String)>) -> Self {
        let mut axis = Self { scale, low, high, ticks: Vec::new() };
        axis.ticks = ticks
            .into_iter()
            .filter_map(|(value, label)| Some(Tick { at: axis.at(value)?, label }))
            .filter(|tick| (-1e-6..=1.0 + 1e-6).contains(&tick.at))
            .collect();
        axis
    }

    /// The place of `value`: 0 at the low end, 1 at the high end, beyond when it lies outside.
    pub(super) fn at(&self, value: f64) -> Option<f64> {
        Some((self.scale.apply(value)? - self.low) / (self.high - self.low))
    }
}

/// Smallest and largest length of the values that have one.
fn extent(values: impl Iterator<Item = f64>, scale: Scale) -> Option<(f64, f64)> {
    values.filter_map(|value| scale.apply(value)).fold(None, |ends, length| match ends {
        None => Some((length, length)),
        Some((low, high)) => Some((length.min(low), length.max(high))),
    })
}

/// 1, 2 or 5 times a power of ten, so that `span` holds at most six of them.
fn nice_step(span: f64) -> f64 {
    let rough = span / 6.0;
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|m| m * power).find(|&step| step >= rough).unwrap_or(10.0 * power)
}

/// `steps` times every power of ten from `10^low` to `10^high`.
fn round_values(low: f64, high: f64, steps: &[f64]) -> Vec<f64> {
    let decades = low.floor() as i32..=high.ceil() as i32;
    decades.flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade))).collect()
}

/// The finest series of round values of which at most [`MOST_TICKS`] lie between two powers of ten.
fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    const SERIES: [&[f64]; 4] =
        [&[1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
    let within = |values: Vec<f64>| -> Vec<f64> {
        values.into_iter().filter(|v| (low - 1e-9..=high + 1e-9).contains(&v.log10())).collect()
    };
    let series = SERIES.iter().map(|steps| within(round_values(low, high, steps)));
    let every_nth =
        |values: Vec<f64>| values.iter().copied().step_by(values.len().div_ceil(MOST_TICKS).max(1)).collect();
    series
        .clone()
        .find(|ticks| ticks.len() <= MOST_TICKS)
        .unwrap_or_else(|| every_nth(within(round_values(low, high, &[1.0]))))
}

/// Round ratios between two powers of ten: even steps near 1, 1-2-5 far from it.
fn ratio_ticks(low: f64, high: f64) -> Vec<f64> {
    let (least, most) = (10_f64.powf(low), 10_f64.powf(high));
    let even = [0.01, 0.02, 0.05, 0.1, 0.2].into_iter().map(|step: f64| {
        let (first, last) = ((least / step).ceil() as i64, (most / step).floor().min(1e6) as i64);
        if last - first < MOST_TICKS as i64 { (first..=last).map(|n| n as f64 * step).collect() } else { Vec::new() }
    });
    let halves = || [0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0].into_iter().filter(|r| (least..=most).contains(r));
    even.clone()
        .find(|ticks: &Vec<f64>| !ticks.is_empty())
        .or_else(|| Some(halves().collect()).filter(|_| least >= 0.25 && most <= 4.0))
        .unwrap_or_else(|| log_ticks(low, high))
}

fn ratio_label(value: f64) -> String {
    if !(0.01..1000.0).contains(&value) { Unit::Ratio.show(value) } else { trimmed(value, 2) + "×" }
}

/// `0.999` as `99.9%`.
fn percent(quantile: f64) -> String {
    let decimals = (-(quantile.min(1.0 - quantile)).max(1e-15).log10().ceil() - 1.0).clamp(0.0, 13.0);
    trimmed(quantile * 100.0, decimals as usize) + "%"
}
