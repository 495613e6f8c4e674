//! One trial, from order to record: connect, warm up, measure, drain. One match joins scenarios to what they do.

mod browser;
mod codec;
mod connect;
mod echo;
mod exact;
mod foreign;
mod handshake;
mod heap;
mod job;
mod llm;
mod memory;
mod message;
mod push;
mod quiet;
mod record;
mod relay;
mod schedule;
mod session;
mod share;
mod subscription;
mod tool_loop;
mod uplink;

pub use codec::costs;
pub use exact::{Run, count};
pub use foreign::Foreign;
pub use record::{Started, record};
pub use session::{Session, SessionError};
pub use share::{Part, Share, Task};
pub(crate) use share::{processes, tasks};

use crate::fleet;
use crate::interrupt::Interrupt;
use crate::sources;
use client::Dialer;
use client::endpoint::{Endpoint, EndpointError};
use client::event_log::EventLog;
use client::recorder::Standing;
use client::redact::Secrets;
use client::tls::Trust;
use client::worker::Gone;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use trial::check::{self, events, network};
use trial::{Arm, Cadence, Cell, Measurement, Outcome, Trial, Workload};
use wire::{Rate, Tuning};

/// One trial to run: everything that the generator process is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The cell.
    pub cell: Cell,
    /// The arm.
    pub arm: Arm,
    /// Block, from 0.
    pub block: u32,
    /// Attempt at the block, from 0.
    pub attempt: u32,
    /// Position inside the block, from 0.
    pub position: u32,
    /// Seed of the schedules of this block.
    pub seed: u64,
    /// Base URL of the server.
    pub url: String,
    /// Worker threads.
    pub threads: usize,
    /// Headers for every request.
    pub headers: Vec<(String, String)>,
    /// CA file for https targets.
    pub cacert: Option<std::path::PathBuf>,
    /// Whether certificates go unchecked.
    pub insecure: bool,
    /// Connections opened a second; `None` for what suits whoever is asked.
    pub connect_rate: Option<Rate>,
    /// Addresses that connections come from, in turn; none: chosen where that is needed, else by the kernel.
    pub sources: Vec<IpAddr>,
    /// What to ask an endpoint for that is none of our servers.
    #[serde(default)]
    pub foreign: Option<Foreign>,
}

impl Order {
    /// Connections opened a second where one of our servers is asked.
    pub fn connect_rate(&self) -> f64 {
        self.connect_rate.map_or(fleet::CONNECT_RATE, Rate::get)
    }

    /// Whose certificates to accept.
    pub fn trust(&self) -> Trust {
        Trust::from_flags(self.cacert.clone(), self.insecure)
    }

    /// The same way from the sources of this trial, which are chosen here where nobody has named them; the connections of
    /// `each` processes go this way.
    fn spread(&mut self, dialer: Dialer, each: u32) -> Dialer {
        let connections = u64::from(self.cell.workload.connections()) * u64::from(each);
        self.sources = sources::of(&self.sources, connections, dialer.addresses());
        dialer.from_sources(&self.sources)
    }
}

/// Why a trial has no measurement.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The URL of the server is none.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The server is not one to measure against.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The transport cannot do this.
    #[error("{0}")]
    Unsupported(String),
    /// A stream broke; its own words.
    #[error("{0}")]
    Broken(String),
    /// Somebody else has taken what was recorded.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// What was to come did not.
    #[error("no event within {}", humantime::format_duration(*.0))]
    Silent(Duration),
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// What a trial must heed while it runs.
#[derive(Clone)]
pub struct Observer {
    /// The user wants it to end: it ends early and keeps what it has.
    pub interrupt: Interrupt,
    /// Where to write each event.
    pub log: Option<Arc<EventLog>>,
    /// This process's part, where others share the trial.
    pub part: Option<Part>,
}

impl Observer {
    /// Where the streams of this process are counted as they stand.
    fn standing(&self) -> Arc<Standing> {
        self.part.as_ref().map_or_else(Arc::default, |part| Arc::clone(&part.standing))
    }

    /// Processes whose connections go to the same server, this one included.
    fn each(&self) -> u32 {
        self.part.as_ref().map_or(1, |part| part.share.each)
    }

    /// For trials that nobody watches.
    pub fn nobody() -> Self {
        Self { interrupt: Interrupt::never(), log: None, part: None }
    }
}

/// Runs one trial to its record. A failure is a record too.
pub async fn trial(mut order: Order, observer: Observer) -> Trial {
    if let Some(foreign) = order.foreign.take() {
        return foreign::run(order, foreign, observer).await;
    }
    // Answers are read by one thread, whatever else there is.
    if matches!(order.cell.workload, Workload::Llm { .. } | Workload::ToolLoop(_)) {
        order.threads = 1;
    }
    let (started, mut session) = (Started::now(), None);
    let outcome = match attempt(&mut order, &mut session, observer).await {
        Ok(measurement) => Outcome::Measured(Box::new(measurement)),
        Err(TrialError::Unsupported(why)) => Outcome::Unsupported(why),
        Err(error) => Outcome::Failed(error.to_string()),
    };
    let mut trial = record(&order, &started, outcome);
    let silent = session.and_then(|session| {
        (trial.server, trial.clock) = (Some(session.facts), Some(session.clock));
        session.silent
    });
    trial.warnings = check::of_trial(&trial);
    trial.warnings.extend(silent.map(events::usage_lost));
    record::hide(&mut trial, &Secrets::of(&order.headers, "/"));
    trial
}

async fn attempt(
    order: &mut Order,
    session: &mut Option<Session>,
    observer: Observer,
) -> Result<Measurement, TrialError> {
    order.cell.workload.supports(order.arm).map_err(TrialError::Unsupported)?;
    match &order.cell.workload {
        Workload::Codec => return Ok(Measurement { costs: codec::costs(), ..Measurement::default() }),
        Workload::Exact { .. } => return exact::run(order).await,
        _ => {}
    }
    let endpoint: Endpoint = order.url.parse()?;
    let session = session.insert(Session::open(&endpoint, &order.trust(), &order.headers).await?);
    tuned(&order.cell, &session.facts.tuning)?;
    session.carry(order.arm.carrier, &order.trust()).await.map_err(|error| match error {
        error @ (SessionError::Lacks(..) | SessionError::BehindTls(_)) => TrialError::Unsupported(error.to_string()),
        error => error.into(),
    })?;
    session.dialer = order.spread(session.dialer.clone(), observer.each());
    let order = &*order;
    match &order.cell.workload {
        Workload::Push(push) => {
            let asked = push::Asked::streams(
                order,
                session,
                &subscription::paced(push, order, session),
                push.timing,
                observer.part.as_ref(),
            );
            push::run(order, session, observer, asked).await
        }
        &Workload::Saturate { connections, sharing, content, timing, ref faults } => {
            let subscription = subscription::unpaced((connections, sharing), content, faults, session);
            let asked = push::Asked::streams(order, session, &subscription, timing, observer.part.as_ref());
            push::run(order, session, observer, asked).await
        }
        Workload::Job(job) => push::run(order, session, observer, job::asked(job, order, session)).await,
        &Workload::Echo { connections, pace, content, timing } => {
            echo::run(order, session, echo::Asked { connections, pace, content, timing }).await
        }
        &Workload::Relay { connections, pace, content, timing, .. } => {
            relay::run(order, session, observer, echo::Asked { connections, pace, content, timing }).await
        }
        &Workload::Connect { content, timing } => connect::run(order, session, content, timing).await,
        Workload::Memory { steps, content, faults } => memory::run(order, session, steps, (*content, faults)).await,
        &Workload::Handshake { content } => handshake::run(order, session, content).await,
        Workload::Browser => browser::run(order).await,
        Workload::Llm { connections, asked, timing, .. } => {
            llm::run(order, session, observer, (*connections, asked, *timing)).await
        }
        Workload::ToolLoop(asked) => tool_loop::run(order, session, asked).await,
        Workload::Codec | Workload::Exact { .. } | Workload::Endpoint { .. } | Workload::Read { .. } => {
            Err(TrialError::Unsupported("it needs no server of the runner's".to_owned()))
        }
        Workload::Capacity { .. } => {
            Err(TrialError::Unsupported("a search is no trial: each of its steps is".to_owned()))
        }
    }
}

/// Refuses a server whose knobs are not those that the cell asks for: the plan asks, the server states.
fn tuned(cell: &Cell, tuning: &Tuning) -> Result<(), TrialError> {
    if let Some(defaults) = network::defaults(tuning) {
        return Err(TrialError::Unsupported(defaults.to_string()));
    }
    let wanted = cell.flush.unwrap_or_else(|| Tuning::of(cell.preset).flush);
    let cadence = Cadence::of(tuning);
    if (tuning.preset, tuning.flush, cadence) == (cell.preset, wanted, cell.cadence) {
        return Ok(());
    }
    Err(TrialError::Unsupported(format!(
        "the server runs preset {}, flush {}, {cadence}; this cell asks for preset {}, flush {wanted}, {}: \
         start such a server",
        tuning.preset, tuning.flush, cell.preset, cell.cadence
    )))
}

#[cfg(test)]
#[cfg(debug_assertions)]
mod tests;
