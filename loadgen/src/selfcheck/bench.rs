//! What probes stand on: small trials through the instrument as it is. Refuses to judge them.

use crate::runner::{self, RunOptions, order::Turn};
use crate::workload::{self, Observer, Order};
use reports::Records;
use trial::{Arm, Cell, Measurement, Outcome, Plan, Trial};
use wire::Transport;

/// The transports that the article compares.
pub(super) const CONTESTANTS: [Transport; 2] = [Transport::Sse, Transport::WebSocket];

/// How probes are run.
pub struct Bench {
    pub(super) options: RunOptions,
    /// A finished run whose null arms are replayed.
    pub(super) records: Option<Records>,
}

impl Bench {
    /// A bench with generators of so many threads; `records` of a finished run, for the probes that replay one.
    pub fn new(seed: u64, threads: usize, records: Option<Records>) -> Self {
        Self { options: RunOptions::local(seed, threads), records }
    }

    /// One trial with a fresh server and a fresh generator process, watched like those of a run.
    pub(super) async fn trial(&self, cell: &Cell, transport: Transport) -> Trial {
        let turn = Turn { arm: Arm::of(transport), block: 0, attempt: 0, position: 0, seed: self.options.seed };
        runner::single(cell, &turn, &self.options).await
    }

    /// The same, where only its numbers matter.
    pub(super) async fn measure(&self, cell: &Cell, transport: Transport) -> Result<Measurement, String> {
        measured(&self.trial(cell, transport).await)
    }

    /// One trial against a server that stands already, by a generator in this process.
    pub(super) async fn trial_at(&self, url: &str, cell: &Cell, transport: Transport) -> Trial {
        workload::trial(self.order(url, cell, transport), Observer::nobody()).await
    }

    pub(super) fn order(&self, url: &str, cell: &Cell, transport: Transport) -> Order {
        Order {
            cell: cell.clone(),
            arm: Arm::of(transport),
            block: 0,
            attempt: 0,
            position: 0,
            seed: self.options.seed,
            url: url.to_owned(),
            threads: self.options.threads,
            headers: Vec::new(),
            cacert: None,
            insecure: false,
            connect_rate: None,
            sources: Vec::new(),
            foreign: None,
        }
    }
}

/// A plan of one cell with the given scenario and settings (TOML).
pub(super) fn plan(scenario: &str, settings: &str) -> Plan {
    let text = format!(
        "name='selfcheck'\nwhy='the instrument measures itself'\nblocks=1\n[[cell]]\nname='selfcheck'\nwhy='a probe'\nnull=false\n\
         transports=['sse','websocket']\nscenario='{scenario}'\n{settings}"
    );
    Plan::from_toml(&text).expect("constant settings are a plan")
}

/// The cell of such a plan.
pub(super) fn cell(scenario: &str, settings: &str) -> Cell {
    plan(scenario, settings).cells.remove(0)
}

/// The numbers of a trial, or why it has none.
pub(super) fn measured(trial: &Trial) -> Result<Measurement, String> {
    match &trial.outcome {
        Outcome::Measured(measurement) => Ok((**measurement).clone()),
        Outcome::Unsupported(why) | Outcome::Failed(why) => Err(format!("{}: {why}", trial.arm)),
    }
}
