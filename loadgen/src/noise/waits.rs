//! How long the threads of server and generator were ready to run and did not, from `/proc/PID/task/*/schedstat`.
//!
//! A thread takes its figure with it when it ends, so they are read ten times a second; what a thread waited in its last
//! tenth is lost. That errs towards calm by at most a few per cent of a trial.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

/// Pause between two readings.
const EVERY: Duration = Duration::from_millis(100);

/// The processes of one trial, and what their threads have waited so far.
#[derive(Debug, Default)]
pub struct Waits {
    servers: RefCell<Vec<u32>>,
    generators: RefCell<Vec<u32>>,
    /// Nanoseconds at the first and at the latest reading, by process and thread.
    threads: RefCell<BTreeMap<(u32, u32), (u64, u64)>>,
}

impl Waits {
    /// Makes a server known.
    pub fn server(&self, pid: u32) {
        self.servers.borrow_mut().push(pid);
        self.read(pid, true);
    }

    /// Makes a generator known.
    pub fn generator(&self, pid: u32) {
        self.generators.borrow_mut().push(pid);
        self.read(pid, true);
    }

    /// Reads again and again, for as long as it is polled.
    pub async fn follow(&self) -> Infallible {
        loop {
            tokio::time::sleep(EVERY).await;
            self.latest();
        }
    }

    /// Reads once more: before a process is ended.
    pub fn latest(&self) {
        let of = |pids: &RefCell<Vec<u32>>| pids.borrow().iter().for_each(|&pid| self.read(pid, false));
        [&self.servers, &self.generators].into_iter().for_each(of);
    }

    /// What servers and generators waited, as shares of `elapsed`; `None` where none was ever seen.
    pub(super) fn shares(&self, elapsed: Duration) -> (Option<f64>, Option<f64>) {
        let share = |pids: &RefCell<Vec<u32>>| {
            let (pids, threads) = (pids.borrow(), self.threads.borrow());
            let of = |&pid: &u32| threads.range((pid, 0)..=(pid, u32::MAX)).map(|(_, (first, last))| last - first);
            let waited: Vec<u64> = pids.iter().flat_map(of).collect();
            let total = waited.iter().sum::<u64>() as f64 / elapsed.as_nanos() as f64;
            (!waited.is_empty()).then_some(total)
        };
        (share(&self.servers), share(&self.generators))
    }

    /// `already`: the process ran before the trial, so what its threads have waited until now is none of the trial's.
    fn read(&self, pid: u32, already: bool) {
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return };
        for task in tasks.flatten() {
            let waited = std::fs::read_to_string(task.path().join("schedstat")).ok().and_then(|text| waited_ns(&text));
            let thread = task.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some((thread, waited)) = thread.zip(waited) {
                let first = if already { waited } else { 0 };
                let known = (pid, thread);
                self.threads.borrow_mut().entry(known).or_insert((first, first)).1 = waited;
            }
        }
    }
}

/// `CPU-time wait-time timeslices`, nanoseconds (Documentation/scheduler/sched-stats).
fn waited_ns(schedstat: &str) -> Option<u64> {
    schedstat.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_field_is_the_wait() {
        assert_eq!(waited_ns("6159 23269746 2\n"), Some(23_269_746));
        assert_eq!((waited_ns(""), waited_ns("1 x 2")), (None, None));
    }

    #[test]
    fn threads_are_summed_by_process_and_what_was_before_is_left_out() {
        let waits = Waits::default();
        waits.servers.borrow_mut().extend([7, 9]);
        let threads = [((7, 1), (100, 300)), ((7, 2), (0, 300)), ((8, 1), (0, 9_000)), ((9, 1), (0, 200))];
        waits.threads.borrow_mut().extend(threads);
        assert_eq!(waits.shares(Duration::from_nanos(1_000)), (Some(0.7), None));
    }

    #[test]
    fn this_process_is_seen_and_one_that_is_not_there_is_not() {
        let waits = Waits::default();
        waits.server(std::process::id());
        waits.generator(u32::MAX);
        waits.latest();
        let (server, generator) = waits.shares(Duration::from_secs(1));
        assert!(server.is_some() && generator.is_none());
    }
}
