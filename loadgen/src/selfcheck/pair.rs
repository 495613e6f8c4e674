//! A server and a load generator, each a process of its own as in a run, and what is done to them during a trial. Refuses to
//! judge.

use super::bench::Bench;
use crate::namespace::Namespace;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use trial::{Cell, Trial};
use wire::Transport;

/// Largest record that is read from a generator.
const MAX_RECORD_BYTES: u64 = 256 << 20;

/// Where the two run and what the server is told beside the cell's knobs.
#[derive(Clone, Copy, Default)]
pub(super) struct Site<'a> {
    /// Namespaces of generator and server; both here by default.
    pub(super) cable: Option<&'a [Namespace; 2]>,
    /// Further arguments of `serve`.
    pub(super) serve: &'a [&'static str],
}

/// The two while a trial runs.
pub(super) struct Pair {
    /// Where the server is.
    pub(super) url: String,
    pub(super) server: Pid,
    pub(super) generator: Pid,
    record: JoinHandle<io::Result<Vec<u8>>>,
}

impl Pair {
    /// Whether the generator has written its record.
    pub(super) fn is_over(&self) -> bool {
        self.record.is_finished()
    }
}

/// One trial, and what `during` did meanwhile; it begins when the generator has its order.
pub(super) fn trial<T>(
    bench: &Bench,
    site: Site<'_>,
    (cell, transport): (&Cell, Transport),
    during: impl FnOnce(&Pair) -> Result<T, String>,
) -> Result<(Trial, T), String> {
    let [near, far] = site.cable.map_or([None, None], |[near, far]| [Some(near), Some(far)]);
    // Beyond loopback a server would ask for a token and refuse damage; its host is a namespace that nobody else reaches.
    let far_knobs = ["--bind", "10.77.0.2:0", "--open", "--allow-faults"];
    let site_knobs = if far.is_some() { &far_knobs[..] } else { &[] };
    let knobs = ["serve", "--exit-with-stdin", "--threads", "1", "--preset", cell.preset.name()];
    let mut server = Program::start(&[&knobs, site_knobs, site.serve].concat(), far).map_err(text)?;
    let url = server.first_line().map_err(text)?;
    let order = serde_json::to_vec(&bench.order(&url, cell, transport)).map_err(|error| error.to_string())?;
    let mut generator = Program::start(&["trial"], near).map_err(text)?;
    let record = generator.exchange(&order).map_err(text)?;
    let pair = Pair { url, server: server.pid(), generator: generator.pid(), record };
    let done = during(&pair)?;
    let record = pair.record.join().map_err(|_| "the reader of the record panicked")?.map_err(text)?;
    let trial = serde_json::from_slice(&record).map_err(|error| format!("the generator left no record: {error}"))?;
    Ok((trial, done))
}

fn text(error: io::Error) -> String {
    format!("server or generator process: {error}")
}

/// Stops a process for `length`; for how long it really was.
pub(super) fn stop(process: Pid, length: Duration) -> Result<Duration, String> {
    let signal = |signal| kill(process, signal).map_err(|error| error.to_string());
    let begun = Instant::now();
    signal(Signal::SIGSTOP)?;
    thread::sleep(length);
    let stopped = begun.elapsed();
    signal(Signal::SIGCONT)?;
    Ok(stopped)
}

/// This program once more; it ends with this, even where it stands still.
struct Program(Child);

impl Program {
    fn start(arguments: &[&str], home: Option<&Namespace>) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        // A group of its own: one that is stopped is woken when this process ends, and ends for want of input.
        command.args(arguments).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = match home {
            None => command.spawn(),
            Some(namespace) => namespace.run(move || command.spawn())?,
        };
        child.map(Self)
    }

    fn pid(&self) -> Pid {
        // Linux has no process id beyond 4,194,304.
        Pid::from_raw(i32::try_from(self.0.id()).unwrap_or(i32::MAX))
    }

    /// Where a server says that it is.
    fn first_line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        let output = self.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        BufReader::new(output).read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Writes a line of input, which stays open, and reads all output on a thread.
    fn exchange(&mut self, line: &[u8]) -> io::Result<JoinHandle<io::Result<Vec<u8>>>> {
        self.0.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?.write_all(&[line, b"\n"].concat())?;
        let output = self.0.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        thread::Builder::new().name("record".to_owned()).spawn(move || {
            let mut record = Vec::new();
            output.take(MAX_RECORD_BYTES).read_to_end(&mut record).map(|_| record)
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended by itself needs no end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
