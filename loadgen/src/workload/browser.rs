//! Every browser on this machine against the server, one after the other.

use super::{Order, TrialError};
use crate::browser;
use std::time::Duration;
use trial::Measurement;

/// Events asked of each transport.
const EVENTS: u64 = 20;
/// Longest time for one browser.
const LIMIT: Duration = Duration::from_secs(15);

/// Runs one trial of scenario `browser`.
///
/// # Errors
/// [`TrialError::Unsupported`] when the machine has no browser.
pub(super) async fn run(order: &Order) -> Result<Measurement, TrialError> {
    let mut browsers = Vec::new();
    for found in browser::installed() {
        browsers.push(browser::probe(&found, &order.url, &order.headers, EVENTS, LIMIT).await);
    }
    if browsers.is_empty() {
        return Err(TrialError::Unsupported("no browser was found on this machine".to_owned()));
    }
    Ok(Measurement { browsers, ..Measurement::default() })
}
