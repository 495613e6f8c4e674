//! Measuring a plan, for `compare` and `capacity`: which server, the pre-flight, the run and what is made of its records.

use super::endpoints::{self, Endpoints};
use super::flags::ConnectionArgs;
use super::output::{BuildArgs, Ended, OutputArgs};
use super::{reach, terminal_width};
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::preflight::{self, Depth, PreflightError};
use crate::runner::RunOptions;
use crate::workload::Session;
use crate::{host, print, timestamp};
use clap::Args;
use client::redact;
use reports::Records;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;
use trial::{Action, End, Line, Plan, Preflight};
use wire::{Facts, Rate, Transport};

/// Flags of commands that run a plan after a pre-flight.
#[derive(Debug, Args)]
pub struct MeasureArgs {
    /// Measure this long-lived server instead of starting fresh ones (`loadgen serve` on another host)
    #[arg(long, value_name = "URL")]
    target: Option<String>,
    /// Where results go.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Which builds may measure.
    #[command(flatten)]
    pub build: BuildArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

impl MeasureArgs {
    /// Runs a plan, which `fit` fits to a server that runs already, and renders what came of it. The endpoints of others are
    /// those that its arms read.
    pub fn run(
        &self,
        (mut plan, endpoints): (Plan, Endpoints),
        depth: Depth,
        begun: Instant,
        fit: impl FnOnce(&mut Plan, &Session),
    ) -> anyhow::Result<(Ended, Records)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let out = self.output.directory();
        let ended = runtime.block_on(async {
            let session = self.meet().await?;
            if let Some(session) = &session {
                fit(&mut plan, session);
                let arms = plan.cells.iter().flat_map(|cell| &cell.arms);
                arms.map(|arm| arm.carrier).try_for_each(|carrier| session.place(carrier).map(drop))?;
            }
            self.measure((&plan, endpoints), session.map(|session| session.facts), depth, &out, begun).await
        })?;
        Ok((ended, self.output.conclude(&out)?))
    }

    /// Reaches the server that runs already, if one is to be measured.
    async fn meet(&self) -> anyhow::Result<Option<Session>> {
        let Some(url) = &self.target else { return Ok(None) };
        let session = reach(url, &self.connection).await?;
        self.build.refuse_debug_of("server", &session.facts.profile)?;
        Ok(Some(session))
    }

    async fn measure(
        &self,
        (plan, endpoints): (&Plan, Endpoints),
        target: Option<Facts>,
        depth: Depth,
        out: &Path,
        begun: Instant,
    ) -> anyhow::Result<Ended> {
        let mut interrupt = Interrupt::listen()?;
        let shown = self.target.as_deref().map(redact::url).or_else(|| endpoints::shown(&endpoints));
        let here = target.as_ref().filter(|facts| facts.boot_id == host::boot_id());
        let mut options = RunOptions {
            target_pid: here.map(|facts| facts.pid),
            begun,
            endpoints,
            ..self.connection.run_options(self.output.seed, self.target.clone())?
        };
        let mut journal = self.output.open(out, self.output.first_line(plan.clone(), shown))?;
        let route = preflight::Route { remote: target.is_some() && here.is_none() };
        tokio::select! {
            found = preflight::run(plan, &options, depth, route) => {
                options.ceilings = self.record(plan, &mut journal, found)?;
            }
            // The run that follows ends at once and says why.
            () = interrupt.wait() => {}
        }
        self.output.run(plan, &options, &mut journal, &mut interrupt).await
    }

    /// Records and shows the pre-flight; what the generator can take. A refusal is recorded as the end of the run.
    fn record(
        &self,
        plan: &Plan,
        journal: &mut Journal,
        found: Result<Preflight, PreflightError>,
    ) -> anyhow::Result<BTreeMap<Transport, Rate>> {
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                let (reason, finished) = (error.to_string(), timestamp::now());
                journal.append(&Line::End(End {
                    reason,
                    finished,
                    trials: 0,
                    planned: plan.trials(),
                    stops: Vec::new(),
                }))?;
                return Err(error.into());
            }
        };
        for warning in found.warnings.iter().filter(|warning| warning.action() >= Action::Warn) {
            print::say(warning);
        }
        if !self.output.json {
            print::note(reports::terminal(&reports::preflight(&found, self.output.lang), terminal_width(), false));
        }
        let ceilings = found.ceilings.clone();
        journal.append(&Line::Preflight(Box::new(found)))?;
        Ok(ceilings)
    }
}
