//! What the runner and the generator processes that share a trial say to each other, line by line. Refuses to know what a trial
//! does.
//!
//! ```text
//!   runner ──  order              ──► process   one line of JSON
//!          ◄── standing           ───           each of its streams was answered
//!          ──  start NANOSECONDS  ──►           of the monotonic clock, which all processes of a host share
//!          ──  stop               ──►           at any time: the user wants an end
//!          ◄── record             ───           one line of JSON
//! ```

use crate::interrupt::Interrupt;
use crate::print;
use std::fmt;
use std::io::{self, Write as _};
use std::str::FromStr;
use tokio::sync::watch;
use wire::MonoTime;

/// What a process says once each of its streams was answered.
pub(crate) const STANDING: &str = "standing\n";

/// What a process is told after its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// When everything starts.
    Start(MonoTime),
    /// The user wants an end.
    Stop,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(at) => write!(f, "start {}", at.as_nanos()),
            Self::Stop => f.write_str("stop"),
        }
    }
}

impl FromStr for Told {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        match line.split_once(' ') {
            Some(("start", at)) => at.parse().map(|at| Self::Start(MonoTime::from_nanos(at))).map_err(|_| ()),
            None if line == "stop" => Ok(Self::Stop),
            _ => Err(()),
        }
    }
}

/// When everything starts, as a process hears it.
#[derive(Debug, Clone)]
pub struct Signal(watch::Receiver<Option<MonoTime>>);

impl Signal {
    /// One that is given by the returned function.
    pub(crate) fn by_hand() -> (Self, impl Fn(MonoTime) + Send) {
        let (told, heard) = watch::channel(None);
        (Self(heard), move |at| _ = told.send_replace(Some(at)))
    }

    /// Says that this process stands, and waits for the start; `None` when the user wants an end first.
    ///
    /// # Errors
    /// When nobody listens any more.
    pub(crate) async fn wait(&mut self, interrupt: &mut Interrupt) -> io::Result<Option<MonoTime>> {
        stand()?;
        tokio::select! {
            at = self.0.wait_for(Option::is_some) => Ok(at.ok().and_then(|at| *at)),
            () = interrupt.wait() => Ok(None),
        }
    }
}

/// Says that this process stands.
fn stand() -> io::Result<()> {
    let mut runner = print::stdout();
    runner.write_all(STANDING.as_bytes())?;
    runner.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_understood_and_nothing_else() {
        for told in [Told::Start(MonoTime::from_nanos(17)), Told::Stop] {
            assert_eq!(told.to_string().parse(), Ok(told));
        }
        for line in ["", "start", "start soon", "start -1", "stop 3", "stops"] {
            assert_eq!(line.parse::<Told>(), Err(()), "{line}");
        }
    }
}
