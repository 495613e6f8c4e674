//! Two network namespaces and a cable between them: a remote host on this one. Needs root and `ip`; refuses to touch the
//! namespace that it is called in.

use nix::sched::{CloneFlags, unshare};
use nix::unistd::gettid;
use std::io;
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// What a namespace's thread is told to do.
type Job = Box<dyn FnOnce() + Send>;

/// A thread in a network namespace of its own. The namespace ends with it and with the processes that it started.
#[derive(Debug)]
pub struct Namespace {
    jobs: Sender<Job>,
    thread: i32,
}

impl Namespace {
    /// A new one, with nothing but a loopback interface that is down.
    ///
    /// # Errors
    /// Where the kernel does not allow it (`PermissionDenied`: run as root), or there is no thread to be had.
    pub fn make() -> io::Result<Self> {
        let (jobs, work) = channel::<Job>();
        let (tell, told) = channel();
        thread::Builder::new().name("namespace".to_owned()).spawn(move || {
            let made = unshare(CloneFlags::CLONE_NEWNET).map(|()| gettid().as_raw());
            if tell.send(made).is_ok() {
                work.iter().for_each(|job| job());
            }
        })?;
        Ok(Self { jobs, thread: told.recv().map_err(io::Error::other)?? })
    }

    /// Runs a job in the namespace, as do the threads and processes that it starts.
    ///
    /// # Errors
    /// When an earlier job, or this one, has panicked.
    pub fn run<R: Send + 'static>(&self, job: impl FnOnce() -> R + Send + 'static) -> io::Result<R> {
        let (tell, told) = channel();
        let gone = |_| io::Error::other("the thread of the namespace has ended");
        self.jobs.send(Box::new(move || drop(tell.send(job())))).map_err(gone)?;
        told.recv().map_err(io::Error::other)
    }

    /// `ip`, in the namespace.
    ///
    /// # Errors
    /// When there is no such program, or it fails.
    pub fn ip(&self, arguments: &str) -> io::Result<()> {
        let words: Vec<_> = arguments.split(' ').map(str::to_owned).collect();
        let output = self.run(move || Command::new("ip").args(words).output())??;
        let words = || format!("ip {arguments}: {}", String::from_utf8_lossy(&output.stderr).trim());
        if output.status.success() { Ok(()) } else { Err(io::Error::other(words())) }
    }
}

/// Two namespaces, joined by a pair of virtual Ethernet interfaces: 10.77.0.1 and fd77::1 on `near`, 2 on `far`.
///
/// # Errors
/// As [`Namespace::make`] and [`Namespace::ip`].
pub fn cable() -> io::Result<[Namespace; 2]> {
    let [near, far] = [Namespace::make()?, Namespace::make()?];
    near.ip(&format!("link add near type veth peer name far netns {}", far.thread))?;
    for (side, name, number) in [(&near, "near", 1), (&far, "far", 2)] {
        side.ip(&format!("addr add 10.77.0.{number}/24 dev {name}"))?;
        side.ip(&format!("addr add fd77::{number}/64 dev {name} nodad"))?;
        side.ip(&format!("link set {name} up"))?;
    }
    Ok([near, far])
}
