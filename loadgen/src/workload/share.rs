//! A trial that several generator processes share: which part each has, and how all of them start at one instant.

use super::session::{Session, SessionError};
use super::{Order, TrialError};
use crate::fleet::Fleet;
use crate::host;
use crate::interrupt::Interrupt;
use crate::together::Signal;
use client::recorder::Standing;
use client::window::Window;
use serde::{Deserialize, Serialize};
use servers::clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use trial::{Warning, Workload, shares};
use wire::{MonoTime, Rate, Subscription, Transport};

/// Longest wait for all streams of a process to stand, beside the connect phase itself: on a host that is full it takes longer.
const STANDING: Duration = Duration::from_secs(50);

/// What a generator process is told: an order, and its share where several have one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// The order, with the connections of this process.
    #[serde(flatten)]
    pub order: Order,
    /// Its share; `None` where one process runs the whole trial.
    #[serde(default)]
    pub share: Option<Share>,
}

/// The share of one process in a trial.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Share {
    /// Group of the streams of all processes, at each server.
    pub group: String,
    /// Streams of all processes.
    pub streams: u32,
    /// Place of this process's first stream among them.
    pub first: u32,
    /// Distance from one of its places to the next: the number of processes.
    pub step: u32,
    /// Processes whose streams go to the same server.
    pub each: u32,
}

/// This process's part in a trial that others share.
#[derive(Clone)]
pub struct Part {
    /// Its share.
    pub share: Share,
    /// Its own streams.
    pub own: u32,
    /// Where they are counted as they stand.
    pub standing: Arc<Standing>,
    /// When everything starts.
    pub signal: Signal,
}

/// Processes that the connections of a trial need; what cannot be shared out is left to one, whatever it needs.
///
/// # Errors
/// [`FILES_SCARCE`](trial::check::host::FILES_SCARCE) when there would be too many.
pub(crate) fn processes(workload: &Workload) -> Result<u32, Warning> {
    let connections = workload.connections();
    if workload.with_connections(connections).is_some() { host::processes(connections.into()) } else { Ok(1) }
}

/// One task for each of `each` processes at each of these servers: the connections shared out equally, each process at the
/// same share of the connect rate.
///
/// # Errors
/// In words: this cannot be shared out.
pub(crate) fn tasks(order: &Order, urls: &[String], each: u32) -> Result<Vec<Task>, &'static str> {
    // A poll is answered by an event, and none comes before all streams were answered.
    if order.arm.protocol == Transport::LongPoll {
        return Err(
            "long polling is not shared out over several processes: use fewer connections, or raise 'ulimit -n'",
        );
    }
    let (workload, step) = (&order.cell.workload, urls.len() as u32 * each);
    let streams = workload.connections();
    let group = format!("{}-{:x}", std::process::id(), clock::now().as_nanos());
    let task = |((first, connections), url): ((u32, u32), &String)| {
        let part = f64::from(connections) / f64::from(streams);
        let mut order = Order {
            url: url.clone(),
            threads: order.threads.div_ceil(step as usize),
            connect_rate: Rate::per_second(order.connect_rate() * part),
            ..order.clone()
        };
        order.cell.workload = workload.with_connections(connections)?;
        let share = Share { group: group.clone(), streams, first, step, each };
        Some(Task { order, share: Some(share) })
    };
    let shares = (0..).zip(shares(streams, step)).filter(|&(_, share)| share > 0);
    let tasks: Option<Vec<Task>> = shares.zip(urls.iter().cycle()).map(task).collect();
    tasks.ok_or("this is not shared out over several processes: use fewer connections, or raise 'ulimit -n'")
}

impl Share {
    /// What the streams of all processes ask for, where `own` is what those of this one would.
    pub(super) fn of_all(&self, own: &Subscription) -> Subscription {
        Subscription { group: Some(self.group.clone()), quorum: self.streams, held: true, ..own.clone() }
    }
}

impl Part {
    /// Has the schedules of all streams of all processes start at one instant, once all of them stand; the start of the window.
    ///
    /// # Errors
    /// [`TrialError`] when the streams of this process do not stand in time, the user wants an end first, or the server does not
    /// hear.
    pub(super) async fn open(
        &mut self,
        fleet: &mut Fleet,
        window: &Window,
        session: &mut Session,
        interrupt: &mut Interrupt,
    ) -> Result<MonoTime, TrialError> {
        let (standing, own, limit) = (&self.standing, u64::from(self.own), fleet.connecting() + STANDING);
        let stand = async {
            while standing.answered() < own {
                sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            () = stand => {}
            () = fleet.ended() => {}
            () = sleep(limit) => {}
            () = interrupt.wait() => {}
        }
        let answered = standing.answered();
        let early = || TrialError::Broken(format!("{answered} of {own} streams were open when the trial ended"));
        let at = if answered < own { None } else { self.signal.wait(interrupt).await? };
        let at = at.ok_or_else(early)?;
        // Before any event can.
        window.open_at(at + window.warmup());
        let theirs = at.offset_by(session.clock.offset_ns.saturating_neg());
        // Whichever process is first starts those of all at one server.
        session.control.start(&self.share.group, theirs).await.map_err(SessionError::from)?;
        Ok(at + window.warmup())
    }

    /// The same where nobody waits for a start: the window of all processes opens at one instant.
    pub(super) async fn open_window(&mut self, window: &Window) {
        // Nobody is told of the end of the window who has not heard of its start: the runner is gone.
        if let Ok(Some(at)) = self.signal.wait(&mut Interrupt::never()).await {
            window.open_at(at + window.warmup());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use trial::{Arm, Plan};

    fn order(workload: &str, connections: u32) -> Order {
        let head = "name='p'\nwhy='w'\n[[cell]]\nname='a'\nwhy='b'\n";
        let plan = format!("{head}scenario='{workload}'\nconnections={connections}\n");
        Order {
            cell: Plan::from_toml(&plan).unwrap().cells.remove(0),
            arm: Arm::of(Transport::Sse),
            block: 0,
            attempt: 0,
            position: 0,
            seed: 7,
            url: String::new(),
            threads: 3,
            headers: Vec::new(),
            cacert: None,
            insecure: false,
            connect_rate: Rate::per_second(1_000.0),
            sources: Vec::new(),
            foreign: None,
        }
    }

    #[test]
    fn shares_hold_every_stream_once_and_the_connect_rate_in_all() {
        let urls = ["http://a", "http://b"].map(str::to_owned);
        let tasks = tasks(&order("push", 10), &urls, 2).unwrap();
        let connections = |task: &Task| task.order.cell.workload.connections();
        assert_eq!(tasks.iter().map(connections).collect::<Vec<_>>(), [3, 3, 2, 2]);
        assert_eq!(
            tasks.iter().map(|task| task.order.url.as_str()).collect::<String>(),
            "http://ahttp://bhttp://ahttp://b"
        );
        let share = |task: &Task| task.share.clone().unwrap();
        let places =
            |task: &Task| (share(task).first..).step_by(4).take(connections(task) as usize).collect::<Vec<_>>();
        assert_eq!(tasks.iter().flat_map(places).collect::<BTreeSet<u32>>(), (0..10).collect());
        assert!(tasks.iter().all(|task| (share(task).step, share(task).each, share(task).streams) == (4, 2, 10)));
        assert_eq!(tasks.iter().map(|task| task.order.connect_rate()).sum::<f64>(), 1_000.0);
        assert!(tasks.iter().all(|task| task.order.threads == 1 && share(task).group == share(&tasks[0]).group));
        let all = share(&tasks[1]).of_all(&Subscription::default());
        assert_eq!((all.quorum, all.held, all.group), (10, true, Some(share(&tasks[0]).group)));
    }

    #[test]
    fn who_has_no_connection_has_no_task() {
        let urls = ["http://a", "http://b", "http://c"].map(str::to_owned);
        assert_eq!(tasks(&order("saturate", 2), &urls, 1).unwrap().len(), 2);
    }

    #[test]
    fn what_one_process_does_alone_is_not_shared_out() {
        let urls = ["http://a".to_owned()];
        assert!(tasks(&order("echo", 10), &urls, 2).is_err_and(|why| why.starts_with("this is not shared out")));
        let polled = Order { arm: Arm::of(Transport::LongPoll), ..order("push", 10) };
        assert!(tasks(&polled, &urls, 2).is_err_and(|why| why.starts_with("long polling")));
    }

    #[test]
    fn a_task_is_told_as_an_order_that_has_a_share() {
        let order = order("push", 10);
        let told = |text: String| serde_json::from_str::<Task>(&text).unwrap();
        let plain = told(serde_json::to_string(&order).unwrap());
        assert_eq!((plain.order, plain.share.is_none()), (order.clone(), true));
        let task = tasks(&order, &["http://a".to_owned()], 2).unwrap().remove(1);
        let read = told(serde_json::to_string(&task).unwrap());
        assert_eq!((read.order, read.share.map(|share| share.first)), (task.order, Some(1)));
    }
}
