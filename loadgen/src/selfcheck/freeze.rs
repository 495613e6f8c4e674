//! A server that stands still: what an open loop must see, and what a closed loop cannot.

use super::bench::{Bench, CONTESTANTS, cell, measured};
use super::{Answer, Finding};
use crate::target::OwnServer;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::{Duration, Instant};
use tokio::time::sleep;
use trial::{Cell, Figure, Metric, Quantile, Trial};
use wire::Transport;

/// How long the server is stopped.
const STOP: Duration = Duration::from_millis(500);
/// From the start of a trial to the stop: well inside the window.
const LEAD: Duration = Duration::from_secs(2);
/// Window of the open loop.
const WINDOW: Duration = Duration::from_secs(10);
/// Deviation from the prediction that a timed check may show, as a share.
const TOLERANCE: f64 = 0.05;
/// Share of the open loop's p99 that the closed loop must stay below.
const BLIND: f64 = 0.1;

/// Every event that fell due during the stop waited for its end: of a stop `S` in a window `T`, the share `q` of response
/// times lies below `S · (1 - (1 - q) · T / S)` (METHODOLOGY, self-check).
fn predicted(stop: Duration, window: Duration, quantile: Quantile) -> f64 {
    let (stop, window) = (stop.as_secs_f64(), window.as_secs_f64());
    (stop - (1.0 - quantile.share()) * window) * 1e9
}

pub(super) async fn open_loop(bench: &Bench) -> Answer {
    let cell = cell("push", "rate=1000\nwarmup='500ms'\nwindow='10s'");
    let (mut found, mut pass) = (Vec::new(), true);
    for transport in CONTESTANTS {
        let (trial, stopped) = stopped(bench, &cell, transport).await?;
        let measurement = measured(&trial)?;
        for quantile in [Quantile::P99, Quantile::P999] {
            let figure = Figure::Duration(Metric::ResponseTime, quantile);
            let (ns, expected_ns) = (figure.of(&measurement).unwrap_or_default(), predicted(stopped, WINDOW, quantile));
            pass &= (ns / expected_ns - 1.0).abs() <= TOLERANCE;
            found.push(format!("{transport} {quantile} {:.1} of {:.1} ms", ns / 1e6, expected_ns / 1e6));
        }
    }
    Ok(Finding::Shown { found: found.join(", "), pass })
}

pub(super) async fn closed_loop(bench: &Bench) -> Answer {
    let cell = cell("saturate", "warmup='300ms'\nwindow='4s'");
    let (mut found, mut pass) = (Vec::new(), true);
    for transport in CONTESTANTS {
        let (trial, stopped) = stopped(bench, &cell, transport).await?;
        let ns = Figure::Duration(Metric::ServiceTime, Quantile::P99).of(&measured(&trial)?).unwrap_or(f64::MAX);
        let flagged = trial.warnings.iter().any(|warning| warning.rule() == Some(4));
        pass &= flagged && ns < BLIND * predicted(stopped, WINDOW, Quantile::P99);
        let flag = if flagged { "flagged" } else { "not flagged" };
        found.push(format!("{transport} p99 {:.1} ms, {flag}", ns / 1e6));
    }
    Ok(Finding::Shown { found: found.join(", "), pass })
}

/// A trial during which the server is stopped, and for how long it really was.
async fn stopped(bench: &Bench, cell: &Cell, transport: Transport) -> Result<(Trial, Duration), String> {
    let server = OwnServer::start(cell).await.map_err(|error| error.to_string())?;
    let pid = server.pid().and_then(|pid| i32::try_from(pid).ok()).ok_or("the server has ended")?;
    let stop = async {
        sleep(LEAD).await;
        let begun = Instant::now();
        kill(Pid::from_raw(pid), Signal::SIGSTOP).map_err(|error| error.to_string())?;
        sleep(STOP).await;
        let stopped = begun.elapsed();
        kill(Pid::from_raw(pid), Signal::SIGCONT).map_err(|error| error.to_string())?;
        Ok(stopped)
    };
    let (trial, stopped): (Trial, Result<Duration, String>) =
        tokio::join!(bench.trial_at(server.url(), cell, transport), stop);
    server.stop().await;
    Ok((trial, stopped?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prediction_is_the_designs() {
        let ms = |quantile| (predicted(STOP, WINDOW, quantile) / 1e6).round();
        assert_eq!((ms(Quantile::P99), ms(Quantile::P999)), (400.0, 490.0));
    }
}
