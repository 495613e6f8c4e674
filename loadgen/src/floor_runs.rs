//! Runs of the floor at a load that all arms of a search hold: a plain writer and a plain reader, each a thread of this process with an
//! account of its own. Refuses to compare them with anything.

use floor::writer::{self, Account};
use floor::{Framing, Load, reader};
use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use trial::{Asked, FloorRun, Push};
use wire::{Sharing, Transport};

/// Longest run; a search may have longer windows.
const LONGEST: Duration = Duration::from_secs(3);

/// What is run, over and over.
#[derive(Debug, Clone)]
pub(crate) struct FloorRuns {
    /// Protocols with the loads of their framing.
    loads: Vec<(Transport, Load)>,
    /// Name of the cell that searched.
    cell: String,
    /// The load in the unit of the search.
    load: u64,
    /// As many as a step of the search has trials: a median of three leaves out one that the host disturbed.
    rounds: u32,
}

impl FloorRuns {
    /// Those of the streams which a search calls `load`, for each protocol of its arms that has a floor.
    pub(crate) fn of(asked: Asked, load: u64) -> Self {
        let bare = asked.cell.arms.iter().filter(|arm| arm.is_bare());
        let protocols: BTreeSet<Transport> = bare.map(|arm| arm.protocol).collect();
        let push = asked.streams(load);
        let of = |of: Transport| Some((of, load_of(&push, Framing::named(of.path())?)));
        let loads = protocols.into_iter().filter_map(of).collect();
        Self { loads, cell: asked.cell.name.clone(), load, rounds: asked.search.trials }
    }

    /// Begins them in threads that nobody has to wait for: they end after the run in which the receiver is dropped, or with
    /// the first that fails. The arms take turns, each round in the contrary order of the one before.
    pub(crate) fn begin(self) -> UnboundedReceiver<io::Result<FloorRun>> {
        let (send, receive) = unbounded_channel();
        thread::spawn(move || {
            let done = self.run(|run| send.send(Ok(run)).is_ok());
            done.err().map(|error| send.send(Err(error)))
        });
        receive
    }

    fn run(mut self, mut goes_on: impl FnMut(FloorRun) -> bool) -> io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (addr, account) = (listener.local_addr()?, Arc::new(Account::new()));
        let written = Arc::clone(&account);
        // It serves until this process ends.
        thread::spawn(move || writer::serve(&listener, &written));
        for round in 0..self.rounds {
            for (transport, load) in &self.loads {
                let (cell, transport) = (self.cell.clone(), *transport);
                let run = FloorRun { cell, transport, round, load: self.load, ..one(addr, load, &account)? };
                if !goes_on(run) {
                    return Ok(());
                }
            }
            self.loads.reverse();
        }
        Ok(())
    }
}

fn load_of(push: &Push, framing: Framing) -> Load {
    let rate = push.pace.rate.get();
    Load {
        framing,
        connections: push.connections.into(),
        rate,
        count: (rate * push.timing.window.min(LONGEST).as_secs_f64()).ceil() as u64,
        payload_bytes: push.content.payload_bytes,
        shared: push.sharing == Sharing::Shared,
    }
}

/// One run, its place among the others left to the caller.
fn one(addr: SocketAddr, load: &Load, account: &Account) -> io::Result<FloorRun> {
    let written = || [account.events.load(Relaxed), account.cpu_ns.load(Relaxed)];
    let before = written();
    let reading = reader::read(addr, load, None)?;
    let whole = reading.events - reading.damaged;
    if whole != load.count * load.connections {
        return Err(io::Error::other(format!("{whole} of {} events came whole", load.count * load.connections)));
    }
    // The writer closes its account before it ends a stream.
    let [events, cpu_ns] = [0, 1].map(|of| written()[of] - before[of]);
    Ok(FloorRun {
        cell: String::new(),
        transport: Transport::Sse,
        round: 0,
        load: 0,
        events,
        writer_cpu_ns: cpu_ns as f64 / events.max(1) as f64,
        reader_cpu_ns: reading.cpu_ns_per_event,
        response_p50_ns: reading.response_ns(0.5),
        response_p99_ns: reading.response_ns(0.99),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::{Cell, Plan};

    fn cell(rest: &str) -> Cell {
        let head = "name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='w'\nscenario='capacity'\nwindow='200ms'\n";
        let text = format!("{head}connections=4\nsearch={{ trials = 2 }}\n{rest}\n");
        Plan::from_toml(&text).unwrap().cells.remove(0)
    }

    #[test]
    fn the_arms_take_turns_and_every_run_has_its_costs() {
        let cell = cell("arms=['sse','long-poll','websocket','websocket!library','http-stream/h1+tls']");
        let mut runs = FloorRuns::of(cell.search().unwrap(), 2_000).begin();
        let runs: Vec<_> = std::iter::from_fn(|| runs.blocking_recv()).map(Result::unwrap).collect();
        let order: Vec<_> = runs.iter().map(|run| (run.round, run.transport)).collect();
        let [sse, websocket] = [Transport::Sse, Transport::WebSocket];
        assert_eq!(order, [(0, sse), (0, websocket), (1, websocket), (1, sse)]);
        for run in &runs {
            assert_eq!((run.cell.as_str(), run.load, run.events), ("a", 2_000, 400));
            assert!(run.writer_cpu_ns > 0.0 && run.reader_cpu_ns > 0.0, "{run:?}");
            assert!(run.response_p99_ns >= run.response_p50_ns && run.response_p50_ns > 0, "{run:?}");
        }
    }

    #[test]
    fn what_fails_says_so() {
        // More than the floor's writer serves.
        let mut runs = FloorRuns::of(cell("payload=1048576").search().unwrap(), 1).begin();
        assert!(runs.blocking_recv().unwrap().is_err());
        assert!(runs.blocking_recv().is_none(), "the first failure is the last word");
    }
}
