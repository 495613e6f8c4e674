//! A witness: an idle timer in a process of its own, which says whether the host or the server was late.
//!
//! ```text
//!   serve ── socket pair ──► witness      «FROM UNTIL» one line of nanoseconds, answered by the same and JSON
//!                            ├ main       answers; ends when the server does
//!                            └ timer      sleeps to absolute due times, notes how late it wakes; SCHED_FIFO where allowed
//! ```
//!
//! The timer does not look at the server, so nothing that the server does can move its due times: a stop of the server, of its
//! pacer or of its control group leaves it on time, and a pause of the host stops both. Refuses to decide what follows.

use crate::clock::now;
use crate::scheduler::{CGROUP_PREFIX, cgroup_directory};
use nix::time::{ClockId, ClockNanosleepFlags, clock_nanosleep};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, process, thread};
use wire::{MonoTime, Witnessed};

/// The argument that makes a program of ours a witness.
pub const WITNESS: &str = "witness";

/// Distance of two due times: five in each stretch of 10 ms by which a stall is told from a late host.
const TICK: Duration = Duration::from_millis(2);
/// Ticks that are remembered: 17 minutes of them, in 2 MiB.
const REMEMBERED: u64 = 1 << 19;
/// Longest wait for an answer of the witness.
const LIMIT: Duration = Duration::from_secs(2);
/// Most late stretches of one answer; what comes after them is not told.
const MOST_LATE: usize = 4096;
/// Longest line that either side reads.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// The witness of a server, from the server's side. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Witness {
    line: Mutex<Line>,
    process: Child,
}

/// Questions and answers.
#[derive(Debug)]
struct Line(BufReader<UnixStream>);

impl Witness {
    /// Starts this program once more, as a witness.
    pub(crate) fn start() -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let line = Mutex::new(Line::new(ours)?);
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(WITNESS).stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self { process: command.spawn()?, line })
    }

    /// What it saw between two instants; `None` when it does not answer in time.
    pub(crate) fn ask(&self, from: MonoTime, until: MonoTime) -> Option<Witnessed> {
        crate::lock::lock(&self.line).ask(from, until)
    }
}

impl Line {
    fn new(socket: UnixStream) -> io::Result<Self> {
        socket.set_read_timeout(Some(LIMIT))?;
        socket.set_write_timeout(Some(LIMIT))?;
        Ok(Self(BufReader::new(socket)))
    }

    /// An answer says what it answers: one that came too late for its question is not taken for the next one's.
    fn ask(&mut self, from: MonoTime, until: MonoTime) -> Option<Witnessed> {
        let question = format!("{} {}", from.as_nanos(), until.as_nanos());
        writeln!(self.0.get_mut(), "{question}").ok()?;
        let begun = Instant::now();
        while begun.elapsed() < LIMIT {
            let mut answer = Vec::new();
            let length = io::Read::take(&mut self.0, MAX_LINE_BYTES).read_until(b'\n', &mut answer).ok()?;
            if let Some(seen) = answer.strip_prefix(question.as_bytes()) {
                return serde_json::from_slice(seen).ok();
            }
            if length == 0 {
                return None;
            }
        }
        None
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // It holds nothing that is worth a good end, and its timer must not outlive the server.
        let _ = self.process.kill();
        let begun = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) && begun.elapsed() < LIMIT {
            thread::sleep(TICK);
        }
    }
}

/// The program of a witness: answers on standard input, a socket, until that ends.
///
/// # Errors
/// When the socket breaks or no thread is to be had.
pub fn witness() -> io::Result<()> {
    leave_cgroup();
    let ticks = Arc::new(Ticks::starting(now()));
    let timer = Arc::clone(&ticks);
    thread::Builder::new().name("timer".to_owned()).spawn(move || timer.keep())?;
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let mut answers = socket.try_clone()?;
    let mut questions = BufReader::new(socket);
    let mut line = String::new();
    while io::Read::take(&mut questions, MAX_LINE_BYTES).read_line(&mut line)? > 0 {
        let Some((from, until)) = question(&line) else { return Ok(()) };
        let seen = serde_json::to_string(&ticks.between(from, until))?;
        answers.write_all(format!("{} {} {seen}\n", from.as_nanos(), until.as_nanos()).as_bytes())?;
        line.clear();
    }
    Ok(())
}

fn question(line: &str) -> Option<(MonoTime, MonoTime)> {
    let (from, until) = line.trim().split_once(' ')?;
    Some((MonoTime::from_nanos(from.parse().ok()?), MonoTime::from_nanos(until.parse().ok()?)))
}

/// Leaves the control group that was made for the server alone: what the witness uses is not the server's, and what throttles
/// the server must not throttle it. Stays where that is not allowed.
fn leave_cgroup() {
    let Some(directory) = cgroup_directory() else { return };
    let name = directory.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if let Some(parent) = directory.parent().filter(|_| name.starts_with(CGROUP_PREFIX)) {
        let _ = fs::write(parent.join("cgroup.procs"), process::id().to_string());
    }
}

/// How late each tick was, without a lock: a question must not hold up the timer.
#[derive(Debug)]
struct Ticks {
    begin: MonoTime,
    realtime: AtomicBool,
    /// Ticks so far; number `n` was due at `begin + n × TICK` and stands at `n` modulo [`REMEMBERED`].
    count: AtomicU64,
    late_ns: Box<[AtomicU32]>,
}

impl Ticks {
    fn starting(begin: MonoTime) -> Self {
        let late_ns = (0..REMEMBERED).map(|_| AtomicU32::new(0)).collect();
        Self { begin, realtime: AtomicBool::new(false), count: AtomicU64::new(0), late_ns }
    }

    /// Ticks for ever. A wake-up that is late answers for every tick that it missed, each from its own due time.
    fn keep(&self) {
        self.realtime.store(kernel::run_in_real_time().is_ok(), Ordering::Relaxed);
        // Without this the kernel may add 50 µs to every sleep of an ordinary thread.
        let _ = nix::sys::prctl::set_timerslack(1);
        let mut tick = 0;
        loop {
            let due = self.due(tick);
            let at = Duration::from_nanos(due.as_nanos()).into();
            // A signal may end the sleep early: then it goes on.
            let _ = clock_nanosleep(ClockId::CLOCK_MONOTONIC, ClockNanosleepFlags::TIMER_ABSTIME, &at);
            tick = self.woke(tick, now());
        }
    }

    /// Notes every tick from `tick` on that is due by `now`; the first that is not.
    fn woke(&self, mut tick: u64, now: MonoTime) -> u64 {
        while self.due(tick) <= now {
            let late_ns = now.nanos_since(self.due(tick));
            let place = &self.late_ns[(tick % REMEMBERED) as usize];
            place.store(u32::try_from(late_ns).unwrap_or(u32::MAX), Ordering::Relaxed);
            tick += 1;
            self.count.store(tick, Ordering::Release);
        }
        tick
    }

    fn due(&self, tick: u64) -> MonoTime {
        self.begin.plus_nanos(tick.saturating_mul(TICK.as_nanos() as u64))
    }

    /// What is remembered of the ticks that were due in `[from, until)`.
    fn between(&self, from: MonoTime, until: MonoTime) -> Witnessed {
        let count = self.count.load(Ordering::Acquire);
        let tick_ns = TICK.as_nanos() as u64;
        let at = |instant: MonoTime| instant.nanos_since(self.begin).div_ceil(tick_ns);
        let (first, last) = (at(from).max(count.saturating_sub(REMEMBERED)), at(until).min(count));
        let late = |tick: u64| u64::from(self.late_ns[(tick % REMEMBERED) as usize].load(Ordering::Relaxed));
        let mut sorted: Vec<u64> = (first..last).map(late).collect();
        sorted.sort_unstable();
        let quantile = |share: f64| {
            let rank = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
        };
        Witnessed {
            realtime: self.realtime.load(Ordering::Relaxed),
            tick_ns,
            samples: sorted.len() as u64,
            p50_ns: quantile(0.5),
            p99_ns: quantile(0.99),
            longest_ns: sorted.last().copied().unwrap_or(0),
            late: self.stretches((first..last).map(|tick| (tick, late(tick)))),
        }
    }

    /// The stretches in which ticks were late; those that touch become one.
    fn stretches(&self, ticks: impl Iterator<Item = (u64, u64)>) -> Vec<(MonoTime, MonoTime)> {
        let mut stretches: Vec<(MonoTime, MonoTime)> = Vec::new();
        for (tick, late_ns) in ticks.filter(|&(_, late_ns)| late_ns > Witnessed::LATE_NS) {
            let (due, awake) = (self.due(tick), self.due(tick).plus_nanos(late_ns));
            if let Some((_, end)) = stretches.last_mut().filter(|(_, end)| due <= *end) {
                *end = awake.max(*end);
            } else if stretches.len() < MOST_LATE {
                stretches.push((due, awake));
            } else {
                break;
            }
        }
        stretches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> MonoTime {
        MonoTime::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn a_late_wake_up_answers_for_every_tick_that_it_missed() {
        let ticks = Ticks::starting(at(1_000));
        let next = (0..100).fold(0, |tick, millis| ticks.woke(tick, at(1_000 + 2 * millis)));
        // A pause of 700 ms: 350 ticks, the first late by all of it, the last on time.
        let next = ticks.woke(next, at(1_900));
        assert_eq!(next, 451);
        let seen = ticks.between(at(1_000), at(1_902));
        assert_eq!((seen.samples, seen.longest_ns, seen.p50_ns), (451, 700_000_000, 250_000_000));
        assert_eq!(seen.late, [(at(1_200), at(1_900))]);
        let calm = ticks.between(at(1_000), at(1_200));
        assert_eq!((calm.samples, calm.p99_ns, calm.late.len()), (100, 0, 0));
    }

    #[test]
    fn what_nobody_timed_is_not_told() {
        let ticks = Ticks::starting(at(1_000));
        assert_eq!(ticks.between(at(0), at(5_000)).samples, 0);
        ticks.woke(0, at(1_010));
        assert_eq!(ticks.between(at(0), at(5_000)).samples, 6);
        assert_eq!(ticks.between(at(5_000), at(9_000)).samples, 0);
        assert_eq!(ticks.between(at(3), at(2)).samples, 0);
    }

    #[test]
    fn an_answer_to_an_earlier_question_is_not_taken_for_this_one_s() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let seen = |samples| Witnessed { samples, ..Witnessed::default() };
        let json = |samples| serde_json::to_string(&seen(samples)).unwrap();
        let answers = format!("{{half of an answer\n5 9 {}\n6 9 {}\n", json(1), json(2));
        theirs.write_all(answers.as_bytes()).unwrap();
        let mut line = Line::new(ours).unwrap();
        let at = MonoTime::from_nanos;
        assert_eq!(line.ask(at(6), at(9)), Some(seen(2)));
        drop(theirs);
        assert_eq!(line.ask(at(7), at(9)), None);
    }

    #[test]
    fn a_question_is_two_numbers() {
        assert_eq!(question("5 9\n"), Some((MonoTime::from_nanos(5), MonoTime::from_nanos(9))));
        for line in ["", "5\n", "5 x\n", "-1 2\n"] {
            assert_eq!(question(line), None, "{line:?}");
        }
    }
}
