//! Validity checks (METHOD, section 6): a row for each, and the warnings that they give.
//!
//! A row holds everything that is known of a check: its name, from where on it counts, what follows, which numbers it bears
//! on, the self-check that proves it, and its words. Beside the rows stand the functions that look, from data to a warning;
//! they read nothing from the system (that is `noise` and `preflight` of `loadgen`). Checks that compare arms stand in
//! `reports`, where arms are compared.

pub mod clock;
pub mod events;
pub mod generator;
pub mod host;
pub mod network;
mod row;
pub mod stalls;

pub use row::{Action, BearsOn, Check, Warning};

use crate::{Outcome, Trial};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value};

/// Every check that records can hold warnings of, in the order in which they are listed.
pub fn all() -> impl Iterator<Item = &'static Check> {
    let subjects = [generator::CHECKS, events::CHECKS, stalls::CHECKS, host::CHECKS, clock::CHECKS, network::CHECKS];
    subjects.into_iter().flatten().copied()
}

/// Everything that one trial's own record gives away.
pub fn of_trial(trial: &Trial) -> Vec<Warning> {
    let mut warnings = clock::debug_builds(trial);
    if let Some(server) = &trial.server {
        warnings.extend(network::of_server(server, trial.is_remote()));
    }
    if let Outcome::Measured(measurement) = &trial.outcome {
        let subjects = [generator::LOOKS, events::LOOKS, stalls::LOOKS, host::LOOKS, clock::LOOKS, network::LOOKS];
        warnings.extend(subjects.into_iter().flatten().filter_map(|look| look(trial, measurement)));
    }
    warnings
}

impl<'de> Deserialize<'de> for Warning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut values = Map::deserialize(deserializer)?;
        let mut text = |name| match values.remove(name) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let id = match text("warning").as_str() {
            // Records of earlier versions name some by two words.
            "stall" => match text("who").as_str() {
                "generator" => "generator-paused".to_owned(),
                who => format!("{who}-stalled"),
            },
            "answers" => match text("what").as_str() {
                "buffered" => "answers-buffered".to_owned(),
                what => what.to_owned(),
            },
            id => id.to_owned(),
        };
        let check = all().find(|check| check.id == id);
        let check = check.ok_or_else(|| D::Error::custom(format_args!("unknown warning '{id}'")))?;
        let whole = Self::read(check, values);
        whole.ok_or_else(|| D::Error::custom(format_args!("a value of warning '{id}' is missing")))
    }
}

#[cfg(test)]
mod samples;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_check_has_its_own_name_and_says_from_where_on_it_counts() {
        let names: BTreeSet<&str> = all().map(|check| check.id).collect();
        assert_eq!(names.len(), all().count());
        for check in all() {
            assert!(!check.threshold().is_empty(), "{check:?}");
            assert!(check.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{check:?}");
        }
    }

    #[test]
    fn warnings_of_old_records_are_still_read() {
        for (text, id, said) in [
            (r#"{"warning":"pacer-late","p99_us":6000.0}"#, "pacer-late", "released 6000 µs late"),
            (r#"{"warning":"generator-busy","share":81.0}"#, "generator-busy", "used 81 % of its CPU"),
            (r#"{"warning":"loopback"}"#, "loopback", "share this host"),
            (r#"{"warning":"events-lost","lost":1,"expected":9}"#, "events-lost", "1 of 9 events"),
            (r#"{"warning":"generator-late","p99_us":1100.0}"#, "generator-late", "more --threads"),
            (r#"{"warning":"generator-late","p99_us":1100.0,"waited":0.4}"#, "generator-late", "waited 0.40 s"),
            (
                r#"{"warning":"stall","who":"server","late":3,"longest_ms":7.0,"witnessed":true}"#,
                "server-stalled",
                "released 3 events more than 5 ms late, by up to 7.0 ms, while an idle timer",
            ),
            (r#"{"warning":"stall","who":"host","share":2.0,"longest_ms":7.0}"#, "host-stalled", "2.0 % of the events"),
            (r#"{"warning":"stall","who":"generator","longest_ms":50.0}"#, "generator-paused", "still for 50 ms"),
            (
                r#"{"warning":"answers","what":"buffered","held":3,"events":9,"proven":false}"#,
                "answers-buffered",
                "3 of 9 content events came in one read with a later one, in bursts",
            ),
            (
                r#"{"warning":"answers","what":"requests-failed","failed":1,"sent":2,"first":"429"}"#,
                "requests-failed",
                "1 of 2 requests failed",
            ),
        ] {
            let warning: Warning = serde_json::from_str(text).unwrap();
            assert_eq!(warning.check().id, id);
            assert!(warning.to_string().contains(said), "{warning}");
            let written = serde_json::to_string(&warning).unwrap();
            assert_eq!(serde_json::from_str::<Warning>(&written).unwrap(), warning);
            assert!(written.contains(&format!(r#""warning":"{id}""#)), "{written}");
        }
    }

    #[test]
    fn what_is_no_warning_of_ours_is_refused() {
        for (text, why) in [
            (r#"{"warning":"moon-phase"}"#, "unknown warning 'moon-phase'"),
            (r#"{"warning":"stall"}"#, "unknown warning"),
            (r#"{"warning":"pacer-late"}"#, "a value of warning 'pacer-late' is missing"),
            (r#"{"warning":"pacer-late","p99_us":"late"}"#, "a value of warning 'pacer-late' is missing"),
            (r#"{}"#, "unknown warning ''"),
        ] {
            let error = serde_json::from_str::<Warning>(text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
