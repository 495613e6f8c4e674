//! What a host cannot hold, and what sockets do behind one's back: whether each is named in one clear line.

use super::bench::Bench;
use super::{Answer, Finding};
use crate::noise::Watch;
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname, listen, socket};
use servers::{ServeOptions, Server};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};
use tokio::process::Command;
use trial::check::{host, network};
use trial::{Measurement, Metric, Recording};
use wire::Preset;

/// Exchanges of [`split_writes`]: each may take 40 ms and more.
const EXCHANGES: u32 = 40;
/// Longest wait for one of them.
const PATIENCE: Duration = Duration::from_secs(5);
/// Connections thrown at a full listen queue.
const BURST: usize = 200;
/// How long their SYNs are given.
const SETTLE: Duration = Duration::from_millis(500);

/// A peer that answers each two halves with two halves, Nagle's algorithm on at both ends: the second half waits for the
/// ACK of the first, which the other end delays.
pub(super) fn split_writes() -> Answer {
    let text = |error: std::io::Error| error.to_string();
    let listener = TcpListener::bind("127.0.0.1:0").map_err(text)?;
    let address = listener.local_addr().map_err(text)?;
    let peer = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        (0..EXCHANGES).try_for_each(|_| exchange_half(&mut stream, false))
    });
    let mut stream = TcpStream::connect(address).map_err(text)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(text)?;
    let mut times = Recording::new();
    for _ in 0..EXCHANGES {
        let begun = Instant::now();
        exchange_half(&mut stream, true).map_err(text)?;
        times.record(begun.elapsed().as_nanos() as u64);
    }
    let times = times.finish();
    drop(stream);
    peer.join().map_err(|_| "the peer panicked")?.map_err(text)?;
    let p50_ms = times.quantile(0.5).unwrap_or_default() as f64 / 1e6;
    let measurement = Measurement { distributions: [(Metric::RoundTrip, times)].into(), ..Measurement::default() };
    let seen = network::plateau(&measurement).is_some();
    let said = if seen { "seen" } else { "not seen" };
    Ok(Finding::Shown { found: format!("round trip p50 {p50_ms:.1} ms, plateau {said}"), pass: seen })
}

/// Sends a message in two writes and receives the other's, or the other way round.
fn exchange_half(stream: &mut TcpStream, first: bool) -> std::io::Result<()> {
    let mut message = [0; 64];
    if !first {
        stream.read_exact(&mut message)?;
    }
    stream.write_all(&message[..32])?;
    stream.write_all(&message[32..])?;
    if first {
        stream.read_exact(&mut message)?;
    }
    Ok(())
}

pub(super) async fn limits(bench: &Bench) -> Answer {
    let (queue, files) = (full_queue().await?, few_files(bench).await?);
    let to = SocketAddr::from(([127, 0, 0, 1], 1));
    let ports = host::ports(3, (to, 1), (40_000, 40_002)).map(|warning| warning.to_string());
    let pass = queue.is_some() && files.is_some() && ports.is_some();
    let said = |line: Option<String>| line.unwrap_or_else(|| "nothing said".to_owned());
    let found = [queue, files, ports].map(said).join(" | ");
    Ok(Finding::Shown { found, pass })
}

/// Many connections at a listener that accepts none and has room for one; what the watch then says.
async fn full_queue() -> Result<Option<String>, String> {
    let text = |error: nix::Error| error.to_string();
    let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None).map_err(text)?;
    bind(socket.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).map_err(text)?;
    listen(&socket, Backlog::new(1).map_err(text)?).map_err(text)?;
    let address: SockaddrIn = getsockname(socket.as_raw_fd()).map_err(text)?;
    let address = SocketAddrV4::from(address);
    let watch = Watch::begin(None);
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..BURST {
        attempts.spawn(tokio::time::timeout(SETTLE, tokio::net::TcpStream::connect(address)));
    }
    // Those that get in stay open until all others gave up.
    let held = attempts.join_all().await;
    let noise = watch.end();
    drop(held);
    Ok(host::overflows(&noise).map(|warning| warning.to_string()))
}

/// A generator that may open 64 files and is asked for 200 connections; its one line, if that is what it says.
async fn few_files(bench: &Bench) -> Result<Option<String>, String> {
    let text = |error: std::io::Error| error.to_string();
    let server = Server::start(ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) });
    let server = server.map_err(|error| error.to_string())?;
    let program = std::env::current_exe().map_err(text)?;
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 64 && exec \"$0\" run \"$1\" -c 200 -d 1s --seed \"$2\""]);
    command.arg(program).arg(server.url()).arg(bench.options.seed.to_string());
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(text)?;
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let named = !output.status.success() && words.lines().count() == 1 && words.contains("open files");
    Ok(named.then_some(words))
}
