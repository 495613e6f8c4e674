//! A campaign as the record keeps it: a run with one cell. Refuses to show a key.

use super::LlmArgs;
use super::campaign::Prepared;
use anyhow::Context as _;
use client::redact;
use trial::check::network;
use trial::{Cell, Pace, Plan, Run, Timing, Workload};
use wire::{Rate, Schedule, Transport};

impl LlmArgs {
    /// The first line of the records.
    pub(super) fn run_line(&self, asked: &Prepared) -> Run {
        let cell = asked.cell.clone();
        let plan = Plan::of("llm", &cell.why.clone(), vec![cell]);
        let mut run = self.output.first_line(plan, Some(redact::url(&self.url)));
        run.warnings.extend(asked.campaign.way.dialer.is_loopback().then_some(network::loopback()));
        run
    }

    /// What is measured; how many blocks it makes is for the turns to say.
    pub(super) fn cell(&self, transports: Vec<Transport>) -> anyhow::Result<Cell> {
        let open = self.request_rate.is_some() || self.trace.is_some();
        // A closed loop has no rate: the record's must be above zero, and its schedule says that it is not kept.
        let one = Rate::per_second(1.0).context("one request a second is a rate")?;
        let workload = Workload::Endpoint {
            connections: u32::from(self.concurrency.unwrap_or(1)),
            pace: Pace {
                schedule: if open { Schedule::Poisson } else { Schedule::Unpaced },
                rate: self.request_rate.unwrap_or(one),
            },
            timing: Timing::default(),
        };
        let name = format!("llm/{}", self.format);
        let why = format!("model {} at {}, from the command line", self.model, redact::url(&self.url));
        let null = transports.len() > 1 && !self.no_null;
        Ok(Cell { null, ..Cell::alone(&name, why, workload, transports) })
    }
}
