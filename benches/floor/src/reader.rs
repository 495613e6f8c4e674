//! Reads a load over one epoll: a read, a clock reading, a decoder. Refuses to believe a payload that it did not expect.

use crate::{Framing, Load, STAMP_BYTES, filler, nanos};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::time::ClockId;
use nix::unistd::Pid;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::{fmt, mem};

/// What was read of a load.
#[derive(Debug, Default)]
pub struct Reading {
    /// Events.
    pub events: u64,
    /// Events whose number, size or filler is not the one to be expected.
    pub damaged: u64,
    /// Bytes of payloads.
    pub payload_bytes: u64,
    /// Bytes at the sockets, all of them.
    pub socket_bytes: u64,
    /// Bytes of response heads among them.
    pub head_bytes: u64,
    /// Received − due of every event, nanoseconds, sorted.
    pub response_ns: Vec<u64>,
    /// Sent − due of every event, nanoseconds, sorted.
    pub lateness_ns: Vec<u64>,
    /// CPU time of the reading thread for each event behind the first, nanoseconds.
    pub cpu_ns_per_event: f64,
    /// CPU time of the server's process likewise; 0 when it was not asked for.
    pub server_cpu_ns_per_event: f64,
    fillers: Vec<Vec<u8>>,
}

struct Peer {
    socket: TcpStream,
    /// Bytes that wait for the rest of their head, chunk or frame.
    rest: Vec<u8>,
    /// Text of an event stream behind its last blank line.
    text: Vec<u8>,
    headed: bool,
    next: u64,
}

/// Reads a load to its end from the server at `addr`, whose process is `server`, if its CPU time is to be read.
///
/// # Errors
/// What the sockets say, bytes that are not of the framing, and silence of ten seconds.
pub fn read(addr: SocketAddr, load: &Load, server: Option<i32>) -> io::Result<Reading> {
    let charge = server.map(|pid| ClockId::pid_cpu_clock_id(Pid::from_raw(pid))).transpose()?;
    let used = || io::Result::Ok((nanos(ClockId::CLOCK_THREAD_CPUTIME_ID)?, charge.map_or(Ok(0), nanos)?));
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    let group = nanos(ClockId::CLOCK_MONOTONIC)?;
    let mut peers =
        (0..load.connections).map(|id| open(addr, load, group, id, &epoll)).collect::<io::Result<Vec<_>>>()?;
    let fillers = (0..36).map(|seq| filler(seq).take(load.payload_bytes - STAMP_BYTES).collect()).collect();
    let room = (load.connections * load.count) as usize;
    let (response_ns, lateness_ns) = (Vec::with_capacity(room), Vec::with_capacity(room));
    let mut reading = Reading { response_ns, lateness_ns, fillers, ..Reading::default() };
    let (mut buffer, mut ready) = (vec![0; 1 << 16], vec![EpollEvent::empty(); 256]);
    let (mut open, mut begun) = (peers.len(), None);
    while open > 0 {
        let n = epoll.wait(&mut ready, 10_000_u16)?;
        if n == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        for event in &ready[..n] {
            let peer = &mut peers[event.data() as usize];
            let n = peer.socket.read(&mut buffer)?;
            let at = nanos(ClockId::CLOCK_MONOTONIC)?;
            if peer.take(&buffer[..n], at, load.framing, &mut reading)? {
                epoll.delete(&peer.socket)?;
                open -= 1;
            }
        }
        if begun.is_none() && reading.events > 0 {
            begun = Some((used()?, reading.events));
        }
    }
    if let Some((begin, first)) = begun {
        let (end, events) = (used()?, (reading.events - first).max(1) as f64);
        reading.cpu_ns_per_event = (end.0 - begin.0) as f64 / events;
        reading.server_cpu_ns_per_event = (end.1 - begin.1) as f64 / events;
    }
    reading.response_ns.sort_unstable();
    reading.lateness_ns.sort_unstable();
    Ok(reading)
}

fn open(addr: SocketAddr, load: &Load, group: u64, id: u64, epoll: &Epoll) -> io::Result<Peer> {
    let Load { connections, rate, count, payload_bytes, .. } = load;
    let (path, head) = match load.framing {
        Framing::Sse => ("sse", ""),
        Framing::WebSocket => ("websocket", crate::writer::UPGRADE),
    };
    let sharing = if load.shared { "shared" } else { "private" };
    let request = format!(
        "GET /{path}?rate={rate}&payload={payload_bytes}&count={count}&sharing={sharing}&group=floor-{group}&quorum={connections}\
         &heartbeat=off&ids=off HTTP/1.1\r\nhost: {addr}\r\n{head}\r\n"
    );
    let mut socket = TcpStream::connect(addr)?;
    socket.write_all(request.as_bytes())?;
    epoll.add(&socket, EpollEvent::new(EpollFlags::EPOLLIN, id))?;
    Ok(Peer { socket, rest: Vec::new(), text: Vec::new(), headed: false, next: 0 })
}

impl Peer {
    /// Takes what a read brought; true at the end of the stream.
    fn take(&mut self, bytes: &[u8], at: u64, framing: Framing, reading: &mut Reading) -> io::Result<bool> {
        reading.socket_bytes += bytes.len() as u64;
        let mut rest = mem::take(&mut self.rest);
        let whole = if rest.is_empty() {
            bytes
        } else {
            rest.extend_from_slice(bytes);
            &rest
        };
        let mut left = whole;
        if !self.headed {
            let Some(end) = left.windows(4).position(|four| four == b"\r\n\r\n") else {
                self.rest = left.to_vec();
                return if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(false) };
            };
            reading.head_bytes += end as u64 + 4;
            (self.headed, left) = (true, &left[end + 4..]);
        }
        while let Some((content, length)) = unit(left, framing)? {
            let Some(content) = content else { return Ok(true) };
            match framing {
                Framing::Sse => self.lines(content, at, reading),
                Framing::WebSocket => self.event(content, at, reading),
            }
            left = &left[length..];
        }
        self.rest = left.to_vec();
        if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(false) }
    }

    /// An event stream: what stands behind `data: ` counts at the blank line.
    fn lines(&mut self, content: &[u8], at: u64, reading: &mut Reading) {
        let mut text = mem::take(&mut self.text);
        text.extend_from_slice(content);
        let end = text.windows(2).rposition(|two| two == b"\n\n").map_or(0, |at| at + 2);
        let mut data = None;
        for line in text[..end].split(|&byte| byte == b'\n') {
            match (line.strip_prefix(b"data: "), data) {
                (Some(found), _) => data = Some(found),
                (None, Some(found)) if line.is_empty() => {
                    self.event(found, at, reading);
                    data = None;
                }
                _ => {}
            }
        }
        text.drain(..end);
        self.text = text;
    }

    fn event(&mut self, payload: &[u8], at: u64, reading: &mut Reading) {
        reading.events += 1;
        reading.payload_bytes += payload.len() as u64;
        let field = |range| payload.get(range).and_then(hex);
        let (seq, due, sent) = (field(0..12), field(12..28), field(38..48));
        let expected = &reading.fillers[(self.next % 36) as usize];
        if seq != Some(self.next) || payload.get(STAMP_BYTES..) != Some(expected) {
            reading.damaged += 1;
        }
        self.next += 1;
        reading.response_ns.extend(due.map(|due| at.saturating_sub(due)));
        reading.lateness_ns.extend(sent);
    }
}

/// The next chunk or frame: its content, nothing for the one that ends the stream, and its length; `None` while it lacks bytes.
fn unit(bytes: &[u8], framing: Framing) -> io::Result<Option<(Option<&[u8]>, usize)>> {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let (begin, size, behind, ends) = match (framing, bytes) {
        (Framing::Sse, _) => {
            let Some(line) = bytes.windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
            let size = hex(&bytes[..line]).ok_or(io::ErrorKind::InvalidData)? as usize;
            (line + 2, size, 2, size == 0)
        }
        (Framing::WebSocket, [0x81 | 0x88, 126, a, b, ..]) => (4, number(&[*a, *b]), 0, bytes[0] == 0x88),
        (Framing::WebSocket, [0x81 | 0x88, 127, size @ ..]) if size.len() >= 8 => (10, number(&size[..8]), 0, false),
        (Framing::WebSocket, [0x81 | 0x88, size @ ..126, ..]) => (2, usize::from(*size), 0, bytes[0] == 0x88),
        (Framing::WebSocket, [0x81 | 0x88, 126..=127, ..] | [0x81 | 0x88] | []) => return Ok(None),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let content = bytes.get(begin..begin + size).filter(|_| bytes.len() >= begin + size + behind);
    Ok(content.map(|content| ((!ends).then_some(content), begin + size + behind)))
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |sum, &byte| Some(sum << 4 | u64::from(char::from(byte).to_digit(16)?)))
}

impl fmt::Display for Reading {
    /// One line of JSON; times in nanoseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rank = |sorted: &[u64], q: f64| sorted.get((sorted.len() as f64 * q) as usize).copied().unwrap_or(0);
        let Self { events, damaged, payload_bytes, socket_bytes, head_bytes, response_ns, lateness_ns, .. } = self;
        let [p50, p99] = [0.5, 0.99].map(|q| rank(response_ns, q));
        let [late_p50, late_p99] = [0.5, 0.99].map(|q| rank(lateness_ns, q));
        write!(
            f,
            "{{\"events\":{events},\"damaged\":{damaged},\"payload_bytes\":{payload_bytes},\"socket_bytes\":{socket_bytes},\
             \"head_bytes\":{head_bytes},\"p50_ns\":{p50},\"p99_ns\":{p99},\"lateness_p50_ns\":{late_p50},\
             \"lateness_p99_ns\":{late_p99},\"cpu_ns_per_event\":{:.0},\"server_cpu_ns_per_event\":{:.0}}}",
            self.cpu_ns_per_event, self.server_cpu_ns_per_event
        )
    }
}
