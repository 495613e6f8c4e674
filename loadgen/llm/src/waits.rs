//! Requests that wait because the endpoint asks for it: said at the first, then now and then.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pause between two of these lines.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// How many requests wait, and when that was last said.
#[derive(Debug)]
pub struct Waits {
    say: fn(&str),
    open: Mutex<(u64, Option<Instant>)>,
}

impl Waits {
    /// None yet; `say` tells the user.
    pub fn new(say: fn(&str)) -> Self {
        Self { say, open: Mutex::default() }
    }

    /// One more request waits so long, for the reason given.
    pub(crate) fn begin(&self, why: &str, wait: Duration) {
        let mut waits = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (open, told) = &mut *waits;
        *open += 1;
        // What takes a moment needs no word.
        if wait >= Duration::from_secs(1) && told.is_none_or(|told| told.elapsed() > LINE_EVERY) {
            *told = Some(Instant::now());
            (self.say)(&waiting(*open, why, wait));
        }
    }

    /// One request waits no longer.
    pub(crate) fn end(&self) {
        let mut waits = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        waits.0 = waits.0.saturating_sub(1);
    }
}

fn waiting(open: u64, why: &str, wait: Duration) -> String {
    let (requests, again) = if open == 1 { ("1 request waits", "it is") } else { ("requests wait", "they are") };
    let count = if open == 1 { String::new() } else { format!("{open} ") };
    format!("{count}{requests}, the latest for {}, before {again} repeated: {}", humantime::format_duration(wait), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_say_how_many_how_long_and_why() {
        let minute = Duration::from_secs(60);
        assert_eq!(waiting(1, "429", minute), "1 request waits, the latest for 1m, before it is repeated: 429");
        assert_eq!(waiting(3, "429", minute), "3 requests wait, the latest for 1m, before they are repeated: 429");
    }
}
