//! Query strings: what a client asks for, parameter by parameter, to text and back.

use std::str::FromStr;
use std::time::Duration;

/// Longest name of a group, a session or a job.
const MAX_NAME_BYTES: usize = 64;
/// Most characters of what was sent that an error repeats.
const MAX_REPEATED_CHARS: usize = 40;

/// Why a query string cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A key that nobody knows.
    #[error("unknown parameter '{key}' (known: {known})")]
    UnknownKey {
        /// What was sent.
        key: String,
        /// What would have been understood.
        known: String,
    },
    /// A value that does not fit its key.
    #[error("{key}={value}: {expected}")]
    BadValue {
        /// The parameter.
        key: &'static str,
        /// What was sent.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Two parameters that exclude or need each other.
    #[error("{0}")]
    Contradiction(&'static str),
}

/// Hands each parameter of a query string (without `?`) to `set`, which says what a value must be where it does not fit.
///
/// # Errors
/// [`QueryError`], whose text names the parameter and what it must be.
pub fn read(
    query: &str,
    keys: &[&'static str],
    mut set: impl FnMut(&'static str, &str) -> Result<(), &'static str>,
) -> Result<(), QueryError> {
    let repeated = |text: &str| text.chars().take(MAX_REPEATED_CHARS).collect();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let known = keys.iter().find(|known| **known == key);
        let key = known.ok_or_else(|| QueryError::UnknownKey { key: repeated(key), known: keys.join(", ") })?;
        // What browsers escape; anything else fails its own check.
        let value = value.replace("%3A", ":").replace("%3a", ":").replace("%2C", ",").replace("%2c", ",");
        set(key, &value).map_err(|expected| QueryError::BadValue { key, value: repeated(&value), expected })?;
    }
    Ok(())
}

/// The query string (without `?`) of parameters whose `value` is not their `default`.
pub fn write(keys: &[&str], value: impl Fn(&str) -> String, default: impl Fn(&str) -> String) -> String {
    let changed = keys.iter().map(|key| (key, value(key))).filter(|(key, value)| *value != default(key));
    changed.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

/// The choice of that name.
pub fn chosen<T: Copy>(choices: &[(&str, T)], word: &str) -> Option<T> {
    choices.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

/// The name of a choice; empty for one that is not listed.
pub fn choice<T: Copy + PartialEq>(choices: &[(&str, T)], value: T) -> String {
    choices.iter().find(|(_, known)| *known == value).map_or(String::new(), |(name, _)| (*name).to_owned())
}

/// A value that is written as its type is.
///
/// # Errors
/// `expected`.
pub fn parsed<T: FromStr>(value: &str, expected: &'static str) -> Result<T, &'static str> {
    value.parse().map_err(|_| expected)
}

/// A whole number of at least 1.
///
/// # Errors
/// `expected`.
pub fn above_zero(value: &str, expected: &'static str) -> Result<u32, &'static str> {
    parsed(value, expected).and_then(|n| if n > 0 { Ok(n) } else { Err(expected) })
}

/// An interval of heartbeats; `None` for `off`.
///
/// # Errors
/// What it must be.
pub fn heartbeat(value: &str) -> Result<Option<Duration>, &'static str> {
    const EXPECTED: &str = "off, or a duration of 10ms or more, such as 15s";
    if value == "off" {
        return Ok(None);
    }
    let every = humantime::parse_duration(value).map_err(|_| EXPECTED)?;
    if every < Duration::from_millis(10) { Err(EXPECTED) } else { Ok(Some(every)) }
}

/// An interval of heartbeats as it is read.
pub fn heartbeat_text(every: Option<Duration>) -> String {
    every.map_or("off".to_owned(), |every| format!("{}ms", every.as_millis()))
}

/// A name. Names travel in URLs, records and log lines, so only letters, digits, `-`, `_` and `.` are let in.
///
/// # Errors
/// What it must be.
pub fn name(value: &str) -> Result<String, &'static str> {
    let fits = (1..=MAX_NAME_BYTES).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if fits { Ok(value.to_owned()) } else { Err("1 to 64 letters, digits, '-', '_' or '.'") }
}
