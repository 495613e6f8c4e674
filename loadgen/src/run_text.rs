//! The summary that `run` prints: what was counted, then what was timed, then what must be doubted.

use reports::one_line;
use std::fmt::Write as _;
use trial::{Figure, Measurement, Metric, Processes, Quantile, Trial};

/// Durations that are shown behind those of answers.
const TIMES: [Metric; 8] = [
    Metric::InterEvent,
    Metric::FirstEvent,
    Metric::ConnectTcp,
    Metric::ConnectTls,
    Metric::ConnectHandshake,
    Metric::PacerLateness,
    Metric::Queueing,
    Metric::GeneratorLag,
];

/// The summary of one endpoint, at most two dozen lines.
pub fn summary(url: &str, trial: &Trial, measurement: &Measurement) -> String {
    let from = match &trial.client.sources[..] {
        [] => String::new(),
        [only] => format!(", from {only}"),
        sources => format!(", from {} addresses", sources.len()),
    };
    let mut text = format!("{} over {}, {} client{from}\n", url, trial.arm.protocol.title(), trial.arm.client);
    if let Some(Processes { generators, servers }) = trial.client.processes {
        let _ = writeln!(text, "  processes    {generators} load generators, {servers} servers");
    }
    counts(&mut text, measurement);
    times(&mut text, measurement);
    if trial.server.is_none() {
        text.push_str("one-way times: not available, since foreign events carry no stamp of when they were due\n");
    } else if let Some(clock) = trial.clock.filter(|clock| !clock.same_clock) {
        let (offset, bound) = (clock.offset_ns as f64 / 1e3, clock.bound_ns as f64 / 1e3);
        let _ = writeln!(text, "server clock: offset {offset:.1} µs ± {bound:.1} µs is inside every one-way time");
    }
    for warning in &trial.warnings {
        let _ = writeln!(text, "warning: {}", one_line(&warning.to_string()));
    }
    text
}

// Writing to a String cannot fail, so the results of `writeln!` are dropped here.
fn counts(text: &mut String, m: &Measurement) {
    let (counters, bytes) = (&m.counters, &m.bytes);
    let rate = |figure: Figure| figure.of(m).unwrap_or(0.0);
    let seconds = m.window_ns as f64 / 1e9;
    let _ = writeln!(text, "  window       {seconds:.2} s, {} events", counters.in_window);
    let _ = writeln!(text, "  events       {:.1}/s", rate(Figure::EventsPerSecond));
    let _ = writeln!(text, "  goodput      {}/s of payload", size(rate(Figure::Goodput)));
    let _ = writeln!(
        text,
        "  connections  {} opened, {} failed, {} cut, {} requests",
        counters.connections, counters.connection_failures, counters.disconnects, counters.requests
    );
    let _ = writeln!(
        text,
        "  bytes        {} in ({} of payload), {} out, {} reads",
        size((bytes.connect_in + bytes.stream_in) as f64),
        size(bytes.payload_in as f64),
        size((bytes.connect_out + bytes.stream_out) as f64),
        counters.reads
    );
    if let Some(overhead) = Figure::OverheadPerEvent.of(m) {
        let _ = writeln!(text, "  overhead     {overhead:.2} B above the payload per event");
    }
    let faults = [
        ("lost", counters.lost),
        ("duplicate", counters.duplicates),
        ("reordered", counters.reordered),
        ("corrupt", counters.corrupt),
    ];
    if faults.iter().any(|(_, count)| *count > 0) {
        let words: Vec<_> = faults.iter().map(|(what, count)| format!("{count} {what}")).collect();
        let _ = writeln!(text, "  faults       {}", words.join(", "));
    }
}

/// The table of durations that were measured.
pub(crate) fn times(text: &mut String, m: &Measurement) {
    let _ = writeln!(text, "  {:<31}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "p50", "p90", "p99", "p99.9", "max");
    for metric in Metric::OF_ANSWERS.into_iter().chain(TIMES) {
        let Some(distribution) = m.distributions.get(&metric) else { continue };
        let quantiles = Quantile::ALL.map(|q| distribution.quantile(q.share()).map_or(String::new(), time));
        let max = distribution.max().map_or(String::new(), time);
        let _ = writeln!(
            text,
            "  {:<31}{:>10}{:>10}{:>10}{:>10}{max:>10}",
            metric.words()[0],
            quantiles[0],
            quantiles[1],
            quantiles[2],
            quantiles[3]
        );
    }
}

/// Nanoseconds with three digits and a unit.
fn time(nanos: u64) -> String {
    let nanos = nanos as f64;
    let (value, unit) = match nanos {
        0.0..1e3 => (nanos, "ns"),
        1e3..1e6 => (nanos / 1e3, "µs"),
        1e6..1e9 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

/// Bytes with a binary unit.
fn size(bytes: f64) -> String {
    match bytes {
        0.0..1024.0 => format!("{bytes:.0} B"),
        1024.0..1_048_576.0 => format!("{:.1} KiB", bytes / 1024.0),
        1_048_576.0..1_073_741_824.0 => format!("{:.1} MiB", bytes / 1_048_576.0),
        _ => format!("{:.2} GiB", bytes / 1_073_741_824.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_three_digits_and_their_unit() {
        assert_eq!(
            [1, 9_990, 99_900, 1_500_000, 2_000_000_000].map(time),
            ["1.00 ns", "9.99 µs", "99.9 µs", "1.50 ms", "2.00 s"]
        );
        assert_eq!([0.0, 1536.0, 3e6, 2e9].map(size), ["0 B", "1.5 KiB", "2.9 MiB", "1.86 GiB"]);
    }
}
