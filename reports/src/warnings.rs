//! Which warnings a reader sees: of a run, before any number; of trials, where they matter to what was counted or timed.

use crate::compare::Comparison;
use crate::detect::noisy_host;
use crate::text::Language;
use trial::check::BearsOn;
use trial::check::events::stopped_early;
use trial::{Action, End, StopReason, Trial, Warning};

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

/// Each kind of warning that matters to what is counted, or else to what is timed, and has at least this consequence once, with the number of trials that it was
/// given to.
pub(crate) fn trial_warnings(counted: bool, trials: &[&Trial], least: Action, lang: Language) -> Vec<String> {
    let mut kinds: Vec<(&Warning, usize)> = Vec::new();
    for trial in trials {
        for warning in
            distinct(&trial.warnings).filter(|warning| warning.action() >= least && matters(counted, warning))
        {
            match kinds.iter_mut().find(|(known, _)| known.is(warning.check())) {
                Some((_, times)) => *times += 1,
                None => kinds.push((warning, 1)),
            }
        }
    }
    let said = |(warning, times): (&Warning, usize)| match warning.action() {
        Action::Void if !counted => lang.void_trials(lang.warning(warning), times, trials.len()),
        _ => lang.in_trials(lang.warning(warning), times, trials.len()),
    };
    kinds.into_iter().map(said).collect()
}

/// Each kind of warning of one trial once: both of its ends may have given it.
fn distinct(warnings: &[Warning]) -> impl Iterator<Item = &Warning> {
    let first = |(i, warning): &(usize, &Warning)| warnings[..*i].iter().all(|earlier| !earlier.is(warning.check()));
    warnings.iter().enumerate().filter(first).map(|(_, warning)| warning)
}

/// Lateness spoils durations and rates; what is counted to the byte does not depend on when it came.
fn matters(counted: bool, warning: &Warning) -> bool {
    match warning.check().bears_on {
        BearsOn::Everything => true,
        BearsOn::Times => !counted,
        BearsOn::Counts => counted,
    }
}
