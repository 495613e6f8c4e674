//! `selfcheck.json`: what was injected into the instrument, what it should have shown, what it showed. Plain data; refuses to
//! run a check.

use serde::{Deserialize, Serialize};

/// Longest file that is read.
const MAX_BYTES: usize = 1 << 20;

/// A whole self-check, as the file beside `records.jsonl` holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// Start, RFC 3339.
    pub started: String,
    /// The checks in the order in which they ran.
    pub checks: Vec<ProbeResult>,
}

/// What one probe of the self-check showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// Number and name, such as `V2 freeze`.
    pub name: String,
    /// What was done to the instrument or the server.
    pub injected: String,
    /// What the instrument must show.
    pub expected: String,
    /// What it showed; empty where the check was not run.
    #[serde(default)]
    pub found: String,
    /// Whether it showed that; `None` where the check was not run, and `note` says why.
    pub pass: Option<bool>,
    /// A remark, or why the check was not run.
    #[serde(default)]
    pub note: String,
    /// Its parts, where it has several: expected against found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<Case>,
}

/// One part of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// What was done, with its measured length.
    pub injected: String,
    /// What must be shown.
    pub expected: String,
    /// What was shown.
    pub found: String,
    /// Whether that fits.
    pub pass: bool,
}

/// Why a text is no self-check.
#[derive(Debug, thiserror::Error)]
pub enum SelfCheckError {
    /// Longer than any self-check.
    #[error("longer than 1 MiB: not a self-check")]
    TooLong,
    /// Not JSON, or JSON of another shape.
    #[error("not a self-check: {0}")]
    Foreign(serde_json::Error),
}

impl SelfCheck {
    /// Reads the file's text.
    ///
    /// # Errors
    /// [`SelfCheckError`] when it is too long or foreign.
    pub fn parse(text: &[u8]) -> Result<Self, SelfCheckError> {
        if text.len() > MAX_BYTES {
            return Err(SelfCheckError::TooLong);
        }
        serde_json::from_slice(text).map_err(SelfCheckError::Foreign)
    }

    /// Whether no check that ran failed, and at least one ran.
    pub fn passed(&self) -> bool {
        self.checks.iter().any(|check| check.pass == Some(true)) && self.failures() == 0
    }

    /// Checks that ran and failed.
    pub fn failures(&self) -> usize {
        self.checks.iter().filter(|check| check.pass == Some(false)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pass: Option<bool>) -> ProbeResult {
        let text = String::new;
        let name = "V2".to_owned();
        ProbeResult { name, injected: text(), expected: text(), found: text(), pass, note: text(), cases: Vec::new() }
    }

    fn of(passes: &[Option<bool>]) -> SelfCheck {
        SelfCheck { started: String::new(), checks: passes.iter().map(|&pass| check(pass)).collect() }
    }

    #[test]
    fn what_did_not_run_neither_passes_nor_fails() {
        assert!(of(&[Some(true), None]).passed());
        assert!(!of(&[None]).passed() && of(&[None]).failures() == 0);
        assert!(!of(&[Some(true), Some(false)]).passed());
    }

    #[test]
    fn the_file_is_read_back_and_foreign_ones_are_refused() {
        let mut all = of(&[Some(true), None]);
        assert!(!serde_json::to_string(&all).unwrap().contains("cases"), "as files of old have it");
        let text = || "50 ms".to_owned();
        all.checks[0].cases.push(Case { injected: text(), expected: text(), found: text(), pass: true });
        let written = serde_json::to_vec(&all).unwrap();
        assert_eq!(SelfCheck::parse(&written).unwrap(), all);
        assert!(SelfCheck::parse(b"{}").unwrap_err().to_string().contains("started"));
        assert!(matches!(SelfCheck::parse(&vec![b' '; MAX_BYTES + 1]), Err(SelfCheckError::TooLong)));
    }
}
