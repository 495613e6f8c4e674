//! Numbers as texts with three significant digits and a unit; the same in every language. Refuses to round a count.

use crate::compare::Difference;
use crate::verdict::{Interval, Ratio};
use trial::{Dimension, Figure};

/// What stands where there is no number.
pub(crate) const NONE: &str = "–";

/// Three significant digits, thousands grouped: `0.0412`, `1.22`, `42.1`, `281,000`.
pub(crate) fn significant(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return if x == 0.0 { "0".to_owned() } else { NONE.to_owned() };
    }
    let magnitude = x.abs().log10().floor() as i32;
    // Rounding may carry into the next magnitude (9.996 -> 10.0): round first, then ask again.
    let step = 10f64.powi(magnitude - 2);
    let rounded = (x / step).round() * step;
    let decimals = (2 - rounded.abs().log10().floor() as i32).clamp(0, 9) as usize;
    grouped(&format!("{rounded:.decimals$}"))
}

/// A whole number with its thousands grouped.
pub(crate) fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// A count that may be a quotient: whole where it is whole.
pub(crate) fn quotient(x: f64) -> String {
    if (x - x.round()).abs() < 5e-4 { grouped(&format!("{x:.0}")) } else { significant(x) }
}

/// Digits with their thousands grouped.
pub(crate) fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// Nanoseconds as `812 ns`, `42.1 µs`, `1.23 ms` or `1.20 s`.
pub(crate) fn duration(ns: f64) -> String {
    let (scale, unit) = match ns.abs() {
        ns if ns < 999.5 => (1.0, "ns"),
        ns if ns < 999.5e3 => (1e3, "µs"),
        ns if ns < 999.5e6 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    format!("{} {unit}", significant(ns / scale))
}

/// Bytes as `14 B`, `17.9 KiB` or `2.04 MiB`.
pub(crate) fn bytes(bytes: f64) -> String {
    match bytes.abs() {
        b if b < 1024.0 => format!("{} B", quotient(bytes)),
        b if b < 1024.0 * 1024.0 => format!("{} KiB", significant(bytes / 1024.0)),
        _ => format!("{} MiB", significant(bytes / (1024.0 * 1024.0))),
    }
}

/// A ratio as `0.912×`.
pub(crate) fn times(ratio: f64) -> String {
    format!("{}×", significant(ratio))
}

/// An interval as `[0.88, 0.95]`.
pub(crate) fn interval(interval: Interval) -> String {
    format!("[{}, {}]", significant(interval.low), significant(interval.high))
}

/// A ratio with its 95 % interval where there is one.
pub(crate) fn ratio(ratio: &Ratio) -> String {
    bracketed(times(ratio.value), ratio.interval)
}

/// A difference of durations with its sign and its 95 % interval: `+12.3 µs [+8.1 µs, +16.0 µs]`.
pub(crate) fn difference(difference: &Difference) -> String {
    let signed = |ns: f64| format!("{}{}", if ns > 0.0 { "+" } else { "" }, duration(ns));
    let bounds = difference.interval_ns.map(|bounds| format!(" [{}, {}]", signed(bounds.low), signed(bounds.high)));
    signed(difference.value_ns) + &bounds.unwrap_or_default()
}

/// A text with an interval behind it where there is one.
pub(crate) fn bracketed(text: String, bounds: Option<Interval>) -> String {
    bounds.map_or(text.clone(), |bounds| format!("{text} {}", interval(bounds)))
}

/// A share as percent: `12 %`, `0.5 %`.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = usize::from(percent < 10.0 && (percent - percent.round()).abs() > 0.05);
    format!("{percent:.decimals$} %")
}

/// A share as percent that it does not exceed: `5.3 %`, `12 %`.
pub(crate) fn percent_at_most(share: f64) -> String {
    let step = if share < 0.1 { 1e-3 } else { 1e-2 };
    percent((share / step - 1e-9).ceil().max(0.0) * step)
}

/// A value of a figure that it does not exceed, to two digits: `3.1 µs`.
pub(crate) fn at_most(figure: Figure, value: f64) -> String {
    let step = if value > 0.0 { 10f64.powi(value.log10().floor() as i32 - 1) } else { 1.0 };
    let text = of_figure(figure, (value / step - 1e-9).ceil().max(0.0) * step);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    format!("{number}{unit}")
}

/// A share in percent with three digits, however small it is: `0.0812 %`.
pub(crate) fn small_share(share: f64) -> String {
    format!("{} %", significant(100.0 * share))
}

/// A p-value: `0.031`, `< 0.001`.
pub(crate) fn probability(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// The value of a figure with its unit.
pub(crate) fn of_figure(figure: Figure, value: f64) -> String {
    match figure.unit() {
        Dimension::Time => duration(value),
        Dimension::Bytes => bytes(value),
        Dimension::ByteRate => format!("{}/s", bytes(value)),
        Dimension::Rate => format!("{}/s", significant(value)),
        Dimension::Count => quotient(value),
        Dimension::Rounded => significant(value),
        Dimension::Share => percent(value),
    }
}

/// A payload size: exact, since it was asked for.
pub(crate) fn payload(bytes: usize) -> String {
    match bytes {
        b if b >= 1 << 20 && b % (1 << 20) == 0 => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 && b % (1 << 10) == 0 => format!("{} KiB", b >> 10),
        b => format!("{} B", count(b as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_significant_digits() {
        for (x, text) in [
            (0.0, "0"),
            (0.041_23, "0.0412"),
            (1.0, "1.00"),
            (9.996, "10.0"),
            (42.06, "42.1"),
            (999.6, "1,000"),
            (281_234.0, "281,000"),
            (-1_234_567.0, "-1,230,000"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(significant(x), text);
        }
    }

    #[test]
    fn units_follow_the_size() {
        assert_eq!([812.0, 42_060.0, 999_900.0, 1.2e9].map(duration), ["812 ns", "42.1 µs", "1.00 ms", "1.20 s"]);
        assert_eq!([14.0, 14.25, 18_330.0].map(bytes), ["14 B", "14.3 B", "17.9 KiB"]);
        assert_eq!([64, 1024, 1500, 1 << 20].map(payload), ["64 B", "1 KiB", "1,500 B", "1 MiB"]);
        assert_eq!([0.005, 0.05, 0.123].map(percent), ["0.5 %", "5 %", "12 %"]);
    }

    #[test]
    fn bounds_are_rounded_up() {
        assert_eq!([0.0, 0.052_1, 0.05, 0.0996, 0.1201].map(percent_at_most), ["0 %", "5.3 %", "5 %", "10 %", "13 %"]);
        let time = Figure::Duration(trial::Metric::JudgedTime, trial::Quantile::P50);
        assert_eq!(
            [0.0, 2_960.0, 3_000.0, 8_210.0, 104_000.0].map(|value| at_most(time, value)),
            ["0 ns", "3 µs", "3 µs", "8.3 µs", "110 µs"]
        );
        assert_eq!(at_most(Figure::EventsPerSecond, 8_721.0), "8,800/s");
    }
}
