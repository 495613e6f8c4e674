//! Numbers as people read them: `1.25 ms`, `12 KiB`, `3.4 M`, `1.07×`. Rounds for display only.

use crate::number::{NONE, grouped, significant};

/// What a value is measured in, hence how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Nanoseconds, written as ns, µs, ms or s.
    Time,
    /// Bytes, written in powers of 1024.
    Bytes,
    /// A count or a rate, written in full up to 9,999 and from there with k, M, G.
    Count,
    /// A ratio, written with ×.
    Ratio,
}

impl Unit {
    /// `value` with three significant digits and its unit; `–` when it is not a finite number.
    pub(crate) fn show(self, value: f64) -> String {
        let (divisor, name) = self.scale_for(value);
        match self {
            _ if !value.is_finite() => NONE.to_owned(),
            // Near 1 the second decimal is what matters; it stays, so that ratios in a column line up.
            Self::Ratio if (0.0995..9.995).contains(&value) => format!("{value:.2}{name}"),
            _ => plain(significant(value / divisor)) + name,
        }
    }

    /// The divisor and the suffix that suit a value of this size.
    pub(super) fn scale_for(self, value: f64) -> (f64, &'static str) {
        let (step, names): (f64, &[&str]) = match self {
            Self::Count if value.abs() < 9999.5 => (1.0, &[""]),
            Self::Time => (1000.0, &[" ns", " µs", " ms", " s"]),
            Self::Bytes => (1024.0, &[" B", " KiB", " MiB", " GiB", " TiB"]),
            Self::Count => (1000.0, &["", " k", " M", " G"]),
            Self::Ratio => (1.0, &["×"]),
        };
        // 999.6 would be written 1000: it belongs to the next unit already.
        let sizes = names.iter().enumerate().map(|(power, name)| (step.powi(power as i32), *name));
        let fitting = |(divisor, _): &(f64, &str)| *divisor == 1.0 || value.abs() >= divisor * 0.9995;
        sizes.take_while(fitting).last().unwrap_or((1.0, ""))
    }
}

/// `value` with at most `decimals` decimals and its thousands apart.
pub(super) fn trimmed(value: f64, decimals: usize) -> String {
    plain(grouped(&format!("{value:.decimals$}")))
}

fn plain(number: String) -> String {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number }
}
