//! Wall-clock instants for records and directory names. Never used to measure.

use jiff::Timestamp;
use std::time::Duration;

/// Now, RFC 3339, in UTC with milliseconds.
pub fn now() -> String {
    before(Duration::ZERO)
}

/// So long ago, in the same form.
pub fn before(elapsed: Duration) -> String {
    let now = Timestamp::now();
    format!("{:.3}", now.checked_sub(elapsed).unwrap_or(now))
}

/// Now as part of a directory name: `2026-01-31-235959`, in UTC.
pub fn compact() -> String {
    Timestamp::now().strftime("%Y-%m-%d-%H%M%S").to_string()
}
