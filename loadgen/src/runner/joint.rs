//! One trial shared by several generator processes: they connect by themselves, start at one instant, and their records are
//! merged. Refuses to start servers.

use crate::fleet;
use crate::generator::Generator;
use crate::interrupt::Interrupt;
use crate::together::Told;
use crate::workload::{Order, Started, Task, record};
use servers::clock;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use trial::check::{self, events};
use trial::{ClientFacts, ClockOffset, Measurement, Outcome, Processes, Start, Trial, Warning};
use wire::{Facts, MonoTime};

/// Time beyond its expected length after which a process is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// From the word that all stand to the start: every process and every server has heard it by then …
const LEAD: Duration = Duration::from_millis(300);
/// … and has given each stream its first due time.
const LEAD_OF_STREAM: Duration = Duration::from_micros(10);

/// What a process left, or why it left nothing.
type Left = Result<Trial, String>;

/// Runs one trial of these tasks, each in a process of its own started as `start` says; `started` is told their ids.
pub(crate) async fn run(
    whole: &Order,
    tasks: &[Task],
    start: Start,
    started: impl Fn(u32),
    interrupt: &Interrupt,
) -> Trial {
    let begun = Started::now();
    let (standing, mut all_stand) = mpsc::channel::<()>(1);
    let (begin, begins) = watch::channel(None);
    let mut processes = JoinSet::new();
    for (index, task) in tasks.iter().enumerate() {
        let process = Generator::start(task, (None, start), &started).await;
        let one = One { process, limits: limits(task), begins: begins.clone(), interrupt: interrupt.clone() };
        let standing = standing.clone();
        processes.spawn(async move { (index, one.run(standing).await) });
    }
    drop(standing);
    // Each process holds a sender until its streams stand, or until it has ended.
    while all_stand.recv().await.is_some() {}
    let lead = LEAD + LEAD_OF_STREAM * whole.cell.workload.connections();
    begin.send_replace(Some(clock::now() + lead));
    // In the order of the tasks, whoever came first.
    let left: BTreeMap<usize, Left> = processes.join_all().await.into_iter().collect();
    let mut joined = Joined::default();
    tasks.iter().zip(left.into_values()).for_each(|(task, left)| joined.add(task, left));
    joined.record(whole, &begun, tasks)
}

/// How long the streams of a process may take to stand, and the trial from then on.
fn limits(Task { order, .. }: &Task) -> [Duration; 2] {
    let patience = PATIENCE + order.foreign.as_ref().map_or(Duration::ZERO, |foreign| foreign.patience);
    let connecting = fleet::connecting(order.cell.workload.connections() as usize, order.connect_rate());
    [connecting + patience, order.cell.expected_trial() + patience]
}

/// One of the processes.
struct One {
    process: Result<Generator, String>,
    limits: [Duration; 2],
    begins: watch::Receiver<Option<MonoTime>>,
    interrupt: Interrupt,
}

impl One {
    /// Runs it to its record; drops `standing` once its streams stand.
    async fn run(self, standing: mpsc::Sender<()>) -> Left {
        let Self { process, limits: [stand, end], mut begins, mut interrupt } = self;
        let mut process = process?;
        let late = |limit: Duration, what| format!("{what} within {} s", limit.as_secs());
        let stands = timeout(stand, process.stands(&mut interrupt)).await;
        let stands = stands.map_err(|_| late(stand, "its streams were not all open"))??;
        drop(standing);
        if stands {
            let at = tokio::select! {
                at = begins.wait_for(Option::is_some) => at.ok().and_then(|at| *at),
                () = interrupt.wait() => None,
            };
            if let Some(at) = at {
                process.tell(Told::Start(at)).await;
            }
        }
        timeout(end, process.record(&mut interrupt)).await.map_err(|_| late(end, "it left no record"))?
    }
}

/// What the processes left, as far as it was read.
#[derive(Default)]
struct Joined<'a> {
    /// What was measured at each server.
    servers: BTreeMap<&'a str, Measurement>,
    failures: Vec<String>,
    unsupported: Option<String>,
    /// Of the first process that knows them.
    facts: Option<(Facts, ClockOffset)>,
    /// Of the first process, with the threads of all.
    client: Option<ClientFacts>,
    warnings: Vec<Warning>,
}

impl<'a> Joined<'a> {
    fn add(&mut self, Task { order, .. }: &'a Task, left: Left) {
        let trial = match left {
            Ok(trial) => trial,
            Err(why) => return self.failures.push(why),
        };
        match &mut self.client {
            Some(client) => client.threads += trial.client.threads,
            None => self.client = Some(trial.client),
        }
        self.facts = self.facts.take().or(trial.server.zip(trial.clock));
        match trial.outcome {
            Outcome::Unsupported(why) => self.unsupported = Some(why),
            Outcome::Failed(why) => self.failures.push(why),
            Outcome::Measured(measurement) => {
                match self.servers.entry(&order.url) {
                    Entry::Occupied(mut server) => server.get_mut().merge(*measurement),
                    Entry::Vacant(none) => drop(none.insert(*measurement)),
                }
                // The others are said of the whole.
                let said =
                    trial.warnings.into_iter().filter(|it| order.foreign.is_some() || it.is(&events::USAGE_LOST));
                self.warnings.extend(said);
            }
        }
    }

    /// The record of the whole.
    fn record(self, whole: &Order, begun: &Started, tasks: &[Task]) -> Trial {
        let Self { servers, failures, unsupported, facts, client, mut warnings } = self;
        let merged = servers.into_values().reduce(|mut all, server| {
            all.join(server);
            all
        });
        let outcome = match (unsupported, merged) {
            (Some(why), _) => Outcome::Unsupported(why),
            (None, Some(measurement)) => Outcome::Measured(Box::new(measurement)),
            (None, None) => Outcome::Failed(failures.first().cloned().unwrap_or_default()),
        };
        let mut trial = record(whole, begun, outcome);
        (trial.server, trial.clock) = facts.unzip();
        let servers: BTreeSet<&str> = tasks.iter().map(|task| task.order.url.as_str()).collect();
        let processes = Some(Processes { generators: tasks.len() as u32, servers: servers.len() as u32 });
        let pid = trial.client.pid;
        trial.client = ClientFacts { pid, processes, ..client.unwrap_or(trial.client) };
        if trial.server.is_some() {
            trial.warnings = check::of_trial(&trial);
        } else {
            trial.warnings.extend(check::host::searched(&trial));
        }
        warnings.dedup();
        trial.warnings.extend(warnings);
        if let Some(first) = failures.first() {
            let (failed, of) = (failures.len() as u64, tasks.len() as u64);
            trial.warnings.push(events::processes_failed(failed, of, first.clone()));
        }
        trial
    }
}
