//! Progress on standard error: a bar with the time left on a terminal, a line now and then elsewhere.

use crate::print;
use crate::runner::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reports::one_line;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// Pause between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Shows the progress of a run.
pub struct Display {
    bar: Option<ProgressBar>,
    begin: Instant,
    last_line: Option<Instant>,
}

impl Display {
    /// A display for a run that begins now; `quiet` shows nothing.
    pub fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal() && !quiet;
        let bar = terminal.then(|| {
            let style = ProgressStyle::with_template("{bar:28} {pos}/{len}  {msg}");
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        let last_line = if quiet { None } else { Some(Instant::now()) };
        Self { bar, begin: Instant::now(), last_line }
    }

    /// Shows where the run stands.
    pub fn show(&mut self, progress: &Progress) {
        let left = humantime::format_duration(time_left(progress, self.begin.elapsed()));
        let current = one_line(&progress.current);
        let again = if progress.redone > 0 { format!(", {} blocks again", progress.redone) } else { String::new() };
        if let Some(bar) = &self.bar {
            bar.set_length(progress.planned);
            bar.set_position(progress.finished);
            bar.set_message(format!("{left} left{again}  {current}"));
        } else if self.last_line.is_some_and(|last| progress.finished == 0 || last.elapsed() > LINE_EVERY) {
            self.last_line = Some(Instant::now());
            print::note(format_args!(
                "{}/{} trials{again}, {left} left, now {current}",
                progress.finished, progress.planned
            ));
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Shows that one trial of this length is under way, on a terminal; the sign goes when it is dropped.
pub struct Sign(Option<ProgressBar>);

impl Sign {
    /// A sign that turns by itself; `quiet` shows nothing.
    pub fn new(length: Duration, quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal() && !quiet;
        Self(terminal.then(|| {
            let length = humantime::format_duration(Duration::from_millis(length.as_millis() as u64));
            let bar = ProgressBar::new_spinner().with_message(format!("of {length}; Ctrl-C keeps what was measured"));
            bar.set_style(
                ProgressStyle::with_template("{spinner} {elapsed} {msg}").unwrap_or(ProgressStyle::default_spinner()),
            );
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        }))
    }
}

impl Drop for Sign {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Expected time left, corrected by how long the finished part really took; at most what is left of the budget.
fn time_left(progress: &Progress, elapsed: Duration) -> Duration {
    let expected_done = progress.expected_done.as_secs_f64();
    let pace = if expected_done > 2.0 { (elapsed.as_secs_f64() / expected_done).clamp(0.5, 5.0) } else { 1.0 };
    let expected = progress.expected_left.mul_f64(pace);
    let left = progress.ends.map_or(expected, |end| expected.min(end.saturating_duration_since(Instant::now())));
    Duration::from_secs(left.as_secs_f64().round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_the_pace_so_far() {
        let seconds = Duration::from_secs;
        let progress = Progress { expected_done: seconds(100), expected_left: seconds(50), ..Progress::default() };
        assert_eq!(time_left(&progress, seconds(120)), seconds(60));
        assert_eq!(time_left(&Progress { expected_left: seconds(50), ..Progress::default() }, seconds(1)), seconds(50));
        let ended = Progress { expected_left: seconds(50), ends: Some(Instant::now()), ..Progress::default() };
        assert_eq!(time_left(&ended, seconds(1)), Duration::ZERO, "a budget ends it");
    }
}
