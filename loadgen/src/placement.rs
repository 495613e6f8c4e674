//! How a child process starts: the size of its environment and its first CPU, as they were drawn for it. Refuses to draw, and to
//! pin: server and generator may share few CPUs, and the scheduler is left to place them.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use trial::Start;

/// Makes the environment longer; nobody reads it.
const PADDING: &str = "PUSHBENCH_PADDING";
/// The CPU to start on.
const CPU: &str = "PUSHBENCH_START_CPU";

/// Everything that tells a process how to start.
pub(crate) const VARIABLES: [&str; 2] = [PADDING, CPU];

/// The variables that tell a child how to start.
pub(crate) fn environment(start: Start) -> impl Iterator<Item = (&'static str, String)> {
    let padding = (PADDING, "x".repeat(usize::from(start.environment_bytes)));
    std::iter::once(padding).chain(start.cpu.map(|cpu| (CPU, cpu.to_string())))
}

/// Moves this process, which has one thread yet, to the CPU that was drawn for it, and leaves it free to run on any. Where none
/// was drawn, or it may not run there, it stays where it is: that costs no number.
pub(crate) fn begin() {
    let drawn = std::env::var(CPU).ok().and_then(|cpu| cpu.parse::<usize>().ok());
    let this = Pid::from_raw(0);
    if let (Some(cpu), Ok(all)) = (drawn, sched_getaffinity(this)) {
        let mut one = CpuSet::new();
        let moved = one.set(cpu).is_ok() && all.is_set(cpu) == Ok(true) && sched_setaffinity(this, &one).is_ok();
        if moved && sched_setaffinity(this, &all).is_err() {
            crate::print::say(format_args!("cannot leave CPU {cpu} again: the process stays on it"));
        }
    }
}
