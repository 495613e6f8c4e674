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

/// A burst of exchanges, now; a shorter one with a server that takes its time for each.
///
/// # Errors
/// [`ControlError`] when the server stops answering.
pub async fn burst(control: &mut Control) -> Result<Vec<Exchange>, ControlError> {
    let (mut exchanges, end) = (Vec::with_capacity(BURST), clock::now() + control.limit());
    while exchanges.is_empty() || exchanges.len() < BURST && clock::now() < end {
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

#[cfg(test)]
mod tests {
    use super::*;
    use client::Dialer;
    use std::io::{Read as _, Write as _};

    /// Answers each question after 250 ms.
    fn slow() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            while client.read(&mut [0; 4096]).is_ok_and(|bytes| bytes > 0) {
                std::thread::sleep(Duration::from_millis(250));
                let body = serde_json::to_string(&ClockReading { monotonic_ns: clock::now(), realtime_ns: 0 }).unwrap();
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                client.write_all(answer.as_bytes()).unwrap();
            }
        });
        url
    }

    #[tokio::test]
    async fn a_burst_with_a_slow_server_is_a_shorter_one() {
        let endpoint = slow().parse().unwrap();
        let dialer = Dialer::resolve(&endpoint, None, Duration::from_millis(1_500)).await.unwrap();
        let mut control = Control::connect(&dialer, &endpoint, &[]).await.unwrap();
        let exchanges = burst(&mut control).await.unwrap();
        assert!((1..=7).contains(&exchanges.len()), "{}", exchanges.len());
    }
}
