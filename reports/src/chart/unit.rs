//! Numbers as people read them: `1.25 ms`, `12 KiB`, `3.4 M`, `1.07×`. Rounds for display only.

/// What a value is measured in, hence how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
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
    pub fn show(self, value: f64) -> String {
        if !value.is_finite() {
            return "–".to_owned();
        }
        match self {
            Self::Ratio => format!("{}×", ratio_digits(value)),
            Self::Time | Self::Bytes | Self::Count => {
                let (divisor, name) = self.scale_for(value);
                format!("{}{name}", digits(value / divisor))
            }
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
        let mut power = 0;
        let mut divisor = 1.0;
        // 999.6 would be written 1000: it belongs to the next unit already.
        while power + 1 < names.len() && value.abs() / divisor >= step * 0.9995 {
            power += 1;
            divisor *= step;
        }
        (divisor, names[power])
    }
}

/// Three significant digits, no trailing zeros; powers of ten for what is far from any unit.
fn digits(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(0.001..1e6).contains(&size) {
        return format!("{value:.1e}");
    }
    let decimals = match size {
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.9995 => 2,
        _ => 3,
    };
    trimmed(value, decimals)
}

/// Near 1 the second decimal is what matters; it stays, so that ratios in a column line up.
fn ratio_digits(value: f64) -> String {
    match value.abs() {
        s if s >= 99.95 => digits(value),
        s if s >= 9.995 => format!("{value:.1}"),
        s if s >= 0.0995 || s == 0.0 => format!("{value:.2}"),
        _ => digits(value),
    }
}

/// `value` with at most `decimals` decimals and its thousands apart.
pub(super) fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0.0 && text.contains(|c: char| c.is_ascii_digit() && c != '0') { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", thousands(whole))
}

fn thousands(digits: &str) -> String {
    let comma = |at: usize| at > 0 && (digits.len() - at).is_multiple_of(3);
    digits.chars().enumerate().flat_map(|(at, digit)| comma(at).then_some(',').into_iter().chain([digit])).collect()
}
