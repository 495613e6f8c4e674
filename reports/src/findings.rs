//! The table as data: what every row of one run says, and the answer in one sentence. Refuses to lay anything out.

use crate::arms::Arms;
use crate::compare::Comparison;
use crate::detect::noisy_host;
use crate::row::{Finding, RowVerdict, finding};
use crate::text::Language;
use trial::check::events::stopped_early;
use trial::{Action, End, Row, StopReason};

/// Lines of a row that stand in the page's table: what a reader takes in at a glance. All are in the evidence.
pub(crate) const fn glance(row: Row) -> usize {
    match row {
        Row::Latency | Row::NetworkOverhead | Row::Memory => 4,
        Row::BrowserSupport | Row::Bidirectional | Row::ClientLibrary => 3,
        Row::ProtocolType | Row::Implementation | Row::Throughput | Row::ConnectTime => 2,
    }
}

/// What every row of one run says.
pub(crate) struct Findings {
    /// Rows in the order of the table.
    pub(crate) rows: Vec<(Row, Finding)>,
    /// The columns of its table.
    pub(crate) arms: Arms,
}

impl Findings {
    pub(crate) fn of(comparison: &Comparison, lang: Language) -> Self {
        let rows = Row::ALL.into_iter().map(|row| (row, finding(comparison, row, lang))).collect();
        Self { rows, arms: Arms::pair(comparison) }
    }

    /// The answer in one sentence: how many of the article's claims hold, and which.
    pub(crate) fn answer(&self, lang: Language) -> String {
        let claims: Vec<_> = self.rows.iter().filter(|(row, _)| lang.claim(*row).is_some()).collect();
        let tally = |class: &str, word: String| {
            let rows: Vec<Row> =
                claims.iter().filter(|(_, f)| f.verdict.class() == class).map(|(row, _)| *row).collect();
            (!rows.is_empty()).then(|| lang.tally(word, &rows))
        };
        if claims.iter().all(|(_, finding)| matches!(finding.verdict, RowVerdict::NotMeasured(_))) {
            return lang.nothing_measured();
        }
        let tallies = [
            tally("confirmed", lang.confirmed()),
            tally("refuted", lang.refuted()),
            tally("depends", lang.tally_depends()),
            tally("unresolved", lang.unsettled()),
            tally("unmeasured", lang.unmeasured()),
        ];
        lang.of_claims(claims.len(), lang.list(tallies.into_iter().flatten()))
    }
}

/// The label of each run, numbered where there are several.
pub(crate) fn run_labels(comparisons: &[Comparison]) -> Vec<String> {
    match comparisons {
        [only] => vec![run_label(only)],
        several => (1..).zip(several).map(|(number, run)| format!("{number} · {}", run_label(run))).collect(),
    }
}

/// What tells one run from another: when, which plan, which presets, which processor.
pub(crate) fn run_label(comparison: &Comparison) -> String {
    let run = &comparison.records.run;
    let started: String = run.started.chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect();
    let mut presets: Vec<&str> = run.plan.cells.iter().map(|cell| cell.preset.name()).collect();
    presets.sort_unstable();
    presets.dedup();
    let host = run.target.as_deref().unwrap_or(&run.host.cpu);
    [started.as_str(), &run.plan.name, &presets.join("+"), host]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

/// What a reader must know before any number: warnings of the file, of the run, and how it ended.
pub(crate) fn run_warnings(comparison: &Comparison, lang: Language) -> Vec<String> {
    let records = comparison.records;
    let ended = match &records.end {
        None => Some(lang.cut_off()),
        Some(end) if by_hand(end) => Some(lang.warning(&stopped_early(end.trials, end.planned))),
        Some(end) if end.trials < end.planned => Some(lang.ended(&end.reason)),
        Some(_) => None,
    };
    let found = records.preflight.iter().flat_map(|preflight| &preflight.warnings);
    let loud = records.run.warnings.iter().chain(found).filter(|warning| warning.action() >= Action::Warn);
    let own = loud.chain(&noisy_host(records)).map(|warning| lang.warning(warning)).collect::<Vec<_>>();
    records.warnings.iter().cloned().chain(own).chain(ended).collect()
}

/// Whether somebody may have stopped the run because of what it showed.
fn by_hand(end: &End) -> bool {
    end.stops.iter().any(|stop| stop.reason == StopReason::Interrupted)
}
