//! The pre-flight in a few lines, for whoever is about to wait for the run. Refuses to judge: warnings are said elsewhere.

use crate::number;
use crate::text::Language;
use std::time::Duration;
use trial::{Prediction, Preflight};

/// What was found, and what precision is to come, a line each.
pub fn preflight_lines(preflight: &Preflight, lang: Language) -> Vec<String> {
    let late = preflight.pacer_lateness.quantile(0.99).map(|ns| lang.pacer_p99(number::duration(ns as f64)));
    let ceilings = preflight.ceilings.iter();
    let takes =
        ceilings.map(|(&transport, rate)| lang.takes(lang.transport(transport), number::count(rate.get() as u64)));
    let found = lang.list(std::iter::once(quiet(preflight, lang)).chain(late).chain(takes));
    let length = humantime(preflight.expected);
    let ahead = if preflight.predictions.is_empty() { lang.no_pilot(length) } else { lang.will_resolve(length) };
    let predictions = preflight.predictions.iter().map(|prediction| format!("  {}", predicted(prediction, lang)));
    [format!("{} {found}", lang.before_run()), ahead].into_iter().chain(predictions).collect()
}

fn quiet(preflight: &Preflight, lang: Language) -> String {
    let Some(last) = preflight.quiet_samples.last() else { return lang.quiet_unknown() };
    let cpus = format!("{last:.2}");
    if preflight.quiet { lang.quiet_host(cpus) } else { lang.busy_host(cpus) }
}

fn predicted(prediction: &Prediction, lang: Language) -> String {
    lang.resolves(
        &prediction.cell,
        lang.figure(prediction.figure),
        number::percent(prediction.resolves),
        number::percent(prediction.figure.margin()),
        prediction.blocks_needed,
    )
}

/// Minutes and seconds.
fn humantime(length: Duration) -> String {
    let seconds = length.as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::{Figure, Metric, Quantile};

    #[test]
    fn what_is_ahead_is_said_in_both_languages() {
        let prediction = Prediction {
            cell: "latency/single".to_owned(),
            figure: Figure::Duration(Metric::ResponseTime, Quantile::P50),
            deviation: 0.05,
            resolves: 0.054,
            blocks_needed: 11,
        };
        let mut preflight = Preflight {
            quiet: true,
            quiet_samples: vec![0.4, 0.03],
            predictions: vec![prediction],
            expected: Duration::from_secs(312),
            ..Preflight::default()
        };
        let lines = preflight_lines(&preflight, Language::English);
        assert_eq!(lines[0], "before the run: the host is quiet (other programs use 0.03 CPU)");
        assert!(lines[1].starts_with("about 5 min 12 s"), "{lines:?}");
        assert_eq!(lines[2], "  latency/single, response time p50: 5.4 %; its margin of 5 % takes about 11 blocks");
        assert!(preflight_lines(&preflight, Language::Chinese)[0].contains("主机安静"));
        preflight.predictions.clear();
        preflight.quiet_samples.clear();
        let lines = preflight_lines(&preflight, Language::English);
        assert!(lines[0].contains("not measured") && lines[1].contains("no pilot was run"), "{lines:?}");
    }
}
