//! Ctrl-C, SIGTERM and the end of a terminal as something to wait for: work ends early and keeps what it has.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether the user wants the program to end.
#[derive(Clone)]
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// Listens for SIGINT, SIGTERM and SIGHUP from now on; a second one ends the program at once. SIGHUP stays ignored where it
    /// was ignored when the program began: that is what `nohup` asks for.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn listen() -> std::io::Result<Self> {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let mut hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
        let (asked, heard) = watch::channel(false);
        tokio::spawn(async move {
            for _ in 0..2 {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = async { hangup.as_mut()?.recv().await }, if hangup.is_some() => {}
                }
                if asked.send_replace(true) {
                    std::process::exit(130);
                }
            }
        });
        Ok(Self(heard))
    }

    /// One that never comes: for processes that others end.
    pub fn never() -> Self {
        // The sender may go: `wait` then waits for ever.
        Self(watch::channel(false).1)
    }

    /// One that comes when the returned function is called.
    pub fn by_hand() -> (Self, impl FnOnce() + Send) {
        let (asked, heard) = watch::channel(false);
        (Self(heard), move || _ = asked.send_replace(true))
    }

    /// Whether it has come.
    pub fn came(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for it.
    pub async fn wait(&mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            std::future::pending().await
        }
    }
}

/// Whether this process was started with SIGHUP ignored: the first bit of `SigIgn`.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
