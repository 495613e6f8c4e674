//! Wall-clock instants for records and directory names. Never used to measure.

use jiff::Timestamp;

/// Now, RFC 3339, in UTC with milliseconds.
pub fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

/// Now as part of a directory name: `2026-01-31-235959`, in UTC.
pub fn compact() -> String {
    Timestamp::now().strftime("%Y-%m-%d-%H%M%S").to_string()
}
