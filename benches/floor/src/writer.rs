//! Writes loads: frames made in advance, a sleep to the due time, a stamp, a write. Refuses all but the reader's requests.

use crate::{Framing, Load, STAMP_BYTES, filler, nanos, put_hex};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::time::ClockId;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What asks for a WebSocket, with the key of the example in RFC 6455, the only one that is answered.
pub(crate) const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const SWITCHING: &str = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const STREAMING: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
/// From the last reader to the first event, as with our servers.
const DELAY_NS: u64 = 5_000_000;
/// Longest wait for a reader that does not read, or does not ask.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was written so far.
#[derive(Debug)]
pub struct Account {
    /// Events written, or released while nobody read.
    pub events: AtomicU64,
    /// CPU time of the writing thread for them, nanoseconds.
    pub cpu_ns: AtomicU64,
}

impl Account {
    /// Nothing yet.
    #[expect(clippy::new_without_default, reason = "a static needs a constant one")]
    pub const fn new() -> Self {
        Self { events: AtomicU64::new(0), cpu_ns: AtomicU64::new(0) }
    }
}

/// Serves one load after the other, for ever.
///
/// # Errors
/// What the system says of a listener or a clock; readers that fail are left out.
pub fn serve(listener: &TcpListener, account: &Account) -> io::Result<()> {
    let mut peers = Vec::new();
    loop {
        let Ok((peer, load)) = admit(listener.accept()?.0) else { continue };
        peers.push(Some(peer));
        if peers.len() as u64 >= load.connections {
            write(&load, std::mem::take(&mut peers), account)?;
        }
    }
}

/// Runs a schedule that nobody has subscribed to.
///
/// # Errors
/// What the system says of a clock.
pub fn schedule(load: &Load, account: &Account) -> io::Result<()> {
    write(load, (0..load.connections).map(|_| None).collect(), account)
}

fn admit(mut peer: TcpStream) -> io::Result<(TcpStream, Load)> {
    peer.set_nodelay(true)?;
    peer.set_read_timeout(Some(PATIENCE))?;
    peer.set_write_timeout(Some(PATIENCE))?;
    let mut request = [0; 1024];
    let n = peer.read(&mut request)?;
    let load = asked(&request[..n]).ok_or(io::ErrorKind::InvalidData)?;
    let head = if load.framing == Framing::Sse { STREAMING } else { SWITCHING };
    peer.write_all(head.as_bytes())?;
    Ok((peer, load))
}

fn asked(request: &[u8]) -> Option<Load> {
    let (path, query) = str::from_utf8(request).ok()?.split(' ').nth(1)?.split_once('?')?;
    let value = |key| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let sharing = value("sharing").filter(|&word| word == "shared");
    let words = [Some(path), value("quorum"), value("rate"), value("count"), value("payload")];
    let words = words.into_iter().collect::<Option<Vec<_>>>()?.into_iter().chain(sharing);
    Load::from_words(&words.map(str::to_owned).collect::<Vec<_>>())
}

/// The frames of 36 events in a row, after which only the stamp differs, and where it stands.
fn frames(load: &Load) -> (Vec<Vec<u8>>, usize) {
    let size = load.payload_bytes;
    let (head, tail) = match (load.framing, size) {
        (Framing::Sse, _) => (format!("{:X}\r\ndata: ", size + 8).into_bytes(), "\n\n\r\n"),
        (Framing::WebSocket, ..126) => (vec![0x81, size as u8], ""),
        (Framing::WebSocket, ..65_536) => (vec![0x81, 126, (size >> 8) as u8, size as u8], ""),
        (Framing::WebSocket, _) => ([&[0x81, 127], &(size as u64).to_be_bytes()[..]].concat(), ""),
    };
    let stamp = head.len();
    let frame = |seq| {
        let payload = [b'0'; STAMP_BYTES].into_iter().chain(filler(seq)).take(size);
        head.iter().copied().chain(payload).chain(tail.bytes()).collect()
    };
    ((0..36).map(frame).collect(), stamp)
}

fn write(load: &Load, mut peers: Vec<Option<TcpStream>>, account: &Account) -> io::Result<()> {
    // Without this the kernel may add 50 µs to every sleep.
    let _ = nix::sys::prctl::set_timerslack(1);
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    for (index, peer) in peers.iter().enumerate() {
        let Some(peer) = peer else { continue };
        epoll.add(peer, EpollEvent::new(EpollFlags::EPOLLIN, index as u64))?;
    }
    let (mut frames, stamp) = frames(load);
    let (streams, readers) = if load.shared { (1, peers.len()) } else { (peers.len(), 1) };
    let (epoch, period) = (nanos(ClockId::CLOCK_MONOTONIC)? + DELAY_NS, 1e9 / load.rate);
    let begun = nanos(ClockId::CLOCK_THREAD_CPUTIME_ID)?;
    for seq in 0..load.count {
        let frame = &mut frames[(seq % 36) as usize];
        put_hex(&mut frame[stamp..stamp + 12], seq);
        for stream in 0..streams {
            let share = stream as f64 / streams as f64;
            let due = epoch + (share * period) as u64 + (seq as f64 * period) as u64;
            let fired = wait(due, &epoll, &mut peers)? - due;
            put_hex(&mut frame[stamp + 12..stamp + 28], due);
            put_hex(&mut frame[stamp + 28..stamp + 38], fired);
            for peer in &mut peers[stream * readers..(stream + 1) * readers] {
                put_hex(&mut frame[stamp + 38..stamp + 48], nanos(ClockId::CLOCK_MONOTONIC)? - due);
                peer.take_if(|peer| peer.write_all(frame).is_err());
            }
        }
    }
    account.cpu_ns.fetch_add(nanos(ClockId::CLOCK_THREAD_CPUTIME_ID)? - begun, Relaxed);
    account.events.fetch_add(load.count * peers.len() as u64, Relaxed);
    let end: &[u8] = if load.framing == Framing::Sse { b"0\r\n\r\n" } else { b"\x88\x02\x03\xe8" };
    peers.iter_mut().flatten().for_each(|peer| drop(peer.write_all(end)));
    Ok(())
}

/// Sleeps until `due`, unless it is past, and lets go of readers that have gone meanwhile; returns the time.
fn wait(due: u64, epoll: &Epoll, peers: &mut [Option<TcpStream>]) -> io::Result<u64> {
    loop {
        let now = nanos(ClockId::CLOCK_MONOTONIC)?;
        if now >= due {
            return Ok(now);
        }
        let watched = &mut [PollFd::new(epoll.0.as_fd(), PollFlags::POLLIN)];
        if ppoll(watched, Some(Duration::from_nanos(due - now).into()), None)? > 0 {
            let mut gone = [EpollEvent::empty(); 16];
            let n = epoll.wait(&mut gone, 0_u8)?;
            gone[..n].iter().for_each(|event| peers[event.data() as usize] = None);
        }
    }
}
