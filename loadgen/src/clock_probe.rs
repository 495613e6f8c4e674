//! Readings of the server's clock before, during and after a trial, on a connection of their own. Refuses to judge them:
//! `clock_offset` does.

use crate::clock_offset::Exchange;
use crate::control::{Control, ControlError};
use servers::clock;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use wire::ClockReading;

/// Exchanges of one burst.
const BURST: usize = 20;
/// Pause between two exchanges during a trial.
const EVERY: Duration = Duration::from_millis(50);

/// A burst of exchanges, now.
///
/// # Errors
/// [`ControlError`] when the server stops answering.
pub async fn burst(control: &mut Control) -> Result<Vec<Exchange>, ControlError> {
    let mut exchanges = Vec::with_capacity(BURST);
    for _ in 0..BURST {
        exchanges.push(exchange(control).await?);
    }
    Ok(exchanges)
}

async fn exchange(control: &mut Control) -> Result<Exchange, ControlError> {
    let sent = clock::now();
    let reading: ClockReading = control.get("/clock").await?;
    Ok(Exchange { sent, server: reading.monotonic_ns, received: clock::now() })
}

/// A task that reads the server's clock until it is told to stop; it ends with a burst, as it began with one.
pub struct ClockProbe {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<Vec<Exchange>, ControlError>>,
}

impl ClockProbe {
    /// Starts on a connection of its own (TCP, Nagle off).
    pub fn start(control: Control) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop, task: tokio::spawn(probe(control, stopped)) }
    }

    /// Stops, and hands over every exchange.
    ///
    /// # Errors
    /// [`ControlError`] when the server stopped answering.
    pub async fn finish(self) -> Result<Vec<Exchange>, ControlError> {
        // The task may have ended by an error of its own.
        let _ = self.stop.send(());
        let lost = |_| ControlError::Lost("/clock", "the probe ended before its time".to_owned());
        self.task.await.map_err(lost)?
    }
}

async fn probe(mut control: Control, mut stopped: oneshot::Receiver<()>) -> Result<Vec<Exchange>, ControlError> {
    let mut exchanges = burst(&mut control).await?;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            _ = ticks.tick() => exchanges.push(exchange(&mut control).await?),
        }
    }
    exchanges.extend(burst(&mut control).await?);
    Ok(exchanges)
}
