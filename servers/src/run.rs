//! The program around a server: its first line, its signals, its end. Refuses to serve by itself.

use crate::witness::Witness;
use crate::{ServeArgs, ServeError, ServeOptions, Server};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::io::{self, Read, Write};
use std::thread;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use wire::Limits;

/// File descriptors that a server needs besides its connections.
pub(crate) const SPARE_FILES: u64 = 200;

/// Starts a server, prints its base URL as the first line, and serves until SIGINT or SIGTERM (or, if asked, until stdin
/// ends). Warnings go to stderr.
///
/// # Errors
/// [`ServeError`] when the server cannot start, or cannot say that it did.
pub fn run(args: ServeArgs) -> Result<(), ServeError> {
    let generated = args.generates_token();
    let options = args.options()?;
    if options.heap_profile && !kernel::heap::start() {
        return Err(ServeError::Flag { flag: "--heap-profile", expected: "a program that counts what it allocates" });
    }
    warn(&options);
    // Before the address is out: whoever reads it may send a signal at once.
    let end = End::expect(options.exit_with_stdin);
    let end = end.map_err(|source| ServeError::System { what: "wait for signals", source })?;
    let witness = Witness::start();
    if let Err(error) = &witness {
        eprintln!("warning: no witness process ({error}): lateness of the host is charged to this server");
    }
    let token = options.access.token.clone().filter(|_| generated);
    let server = Server::beside(options, witness.ok())?;
    if let Some(token) = token {
        eprintln!("token: {}", token.reveal());
    }
    for (carrier, port) in &server.facts().carriers {
        eprintln!("{carrier}: port {port}");
    }
    let mut stdout = io::stdout();
    let said = writeln!(stdout, "{}", server.url()).and_then(|()| stdout.flush());
    said.map_err(|source| ServeError::System { what: "print the address", source })?;
    end.wait();
    server.shutdown();
    Ok(())
}

fn warn(options: &ServeOptions) {
    if !options.bind.ip().is_loopback() && options.access.token.is_none() {
        eprintln!("warning: anyone who can reach {} can use it: --open asks for no token", options.bind);
    }
    let files = raise_open_files();
    let Limits { max_connections, .. } = options.limits;
    if max_connections as u64 + SPARE_FILES > files {
        eprintln!(
            "warning: {files} open files are allowed, too few for {max_connections} connections: \
             raise the hard limit (ulimit -Hn) or lower --max-connections"
        );
    }
}

/// Raises the limit on open files to the hard limit, if it can, and says what it then is.
pub(crate) fn raise_open_files() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return u64::MAX };
    let raised = soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    if raised { hard } else { soft }
}

/// What ends the program.
struct End {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
    stdin: oneshot::Receiver<()>,
}

impl End {
    fn expect(exit_with_stdin: bool) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let inside = runtime.enter();
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        drop(inside);
        let (ended, stdin) = oneshot::channel();
        if exit_with_stdin {
            watch_stdin(ended)?;
        }
        Ok(Self { runtime, interrupt, terminate, stdin })
    }

    fn wait(self) {
        let Self { runtime, mut interrupt, mut terminate, stdin } = self;
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                Ok(()) = stdin => {}
            }
        });
    }
}

/// Reads stdin to its end on a thread of its own, which the process does not wait for.
fn watch_stdin(ended: oneshot::Sender<()>) -> io::Result<()> {
    let read = move || {
        let mut buffer = [0; 1024];
        while io::stdin().read(&mut buffer).is_ok_and(|bytes| bytes > 0) {}
        let _ = ended.send(());
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(read).map(drop)
}
