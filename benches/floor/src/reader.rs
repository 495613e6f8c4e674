//! Reads a load over one epoll: a read, a clock reading, a decoder. Refuses bytes that are not of the framing.

use crate::reading::Reading;
use crate::{Framing, Load, hex, nanos, writer};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::time::ClockId;
use nix::unistd::Pid;
use std::io::{self, Read as _, Write as _};
use std::mem;
use std::net::{SocketAddr, TcpStream};

struct Peer {
    socket: TcpStream,
    /// Bytes that wait for the rest of their head, chunk or frame; and text that waits for a blank line.
    rest: Vec<u8>,
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
    let clocks = [Some(ClockId::CLOCK_MONOTONIC), Some(ClockId::CLOCK_THREAD_CPUTIME_ID), charge];
    let used = || clocks.iter().map(|clock| clock.map_or(Ok(0), nanos)).collect::<io::Result<Vec<_>>>();
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    let group = nanos(ClockId::CLOCK_MONOTONIC)?;
    let mut peers = Vec::new();
    for id in 0..load.connections {
        peers.push(open(addr, load, group)?);
        epoll.add(&peers[id as usize].socket, EpollEvent::new(EpollFlags::EPOLLIN, id))?;
    }
    let (mut reading, mut buffer, mut ready) = (Reading::of(load), vec![0; 1 << 16], vec![EpollEvent::empty(); 256]);
    let (mut open, mut begun) = (load.connections, None);
    while open > 0 {
        let woken = epoll.wait(&mut ready, 10_000_u16)?;
        if woken == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        for event in &ready[..woken] {
            let peer = &mut peers[event.data() as usize];
            let size = peer.socket.read(&mut buffer)?;
            let at = nanos(ClockId::CLOCK_MONOTONIC)?;
            if peer.take(&buffer[..size], at, load.framing, &mut reading)? {
                epoll.delete(&peer.socket)?;
                open -= 1;
            }
        }
        if begun.is_none() && reading.events > 0 {
            begun = Some((used()?, reading.events));
        }
    }
    if let (Some((begin, first)), end) = (begun, used()?) {
        let each = |clock| (end[clock] - begin[clock]) as f64 / (reading.events - first).max(1) as f64;
        [reading.wall_ns_per_event, reading.cpu_ns_per_event] = [each(0), each(1)];
        reading.server_cpu_ns_per_event = each(2);
    }
    Ok(reading.sorted())
}

fn open(addr: SocketAddr, load: &Load, group: u64) -> io::Result<Peer> {
    let Load { connections, rate, count, payload_bytes, .. } = load;
    let (path, head) = match load.framing {
        Framing::Sse => ("sse", ""),
        Framing::WebSocket => ("websocket", writer::UPGRADE),
    };
    let sharing = if load.shared { "shared" } else { "private" };
    let request = format!(
        "GET /{path}?rate={rate}&payload={payload_bytes}&count={count}&sharing={sharing}&group=floor-{group}\
         &quorum={connections}&heartbeat=off&ids=off HTTP/1.1\r\nhost: {addr}\r\n{head}\r\n"
    );
    let mut socket = TcpStream::connect(addr)?;
    socket.write_all(request.as_bytes())?;
    Ok(Peer { socket, rest: Vec::new(), text: Vec::new(), headed: false, next: 0 })
}

impl Peer {
    /// Takes what was read; true at the end of the stream.
    fn take(&mut self, read: &[u8], at: u64, framing: Framing, reading: &mut Reading) -> io::Result<bool> {
        if read.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        reading.socket_bytes += read.len() as u64;
        let (mut bytes, mut used) = (mem::take(&mut self.rest), 0);
        bytes.extend_from_slice(read);
        if !self.headed {
            used = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |end| end + 4);
            reading.head_bytes += used as u64;
            self.headed = used > 0;
        }
        while self.headed
            && let Some((content, length)) = unit(&bytes[used..], framing)?
        {
            match (framing, content) {
                (_, None) => return Ok(true),
                (Framing::Sse, Some(chunk)) => self.lines(chunk, at, reading),
                (Framing::WebSocket, Some(message)) => self.event(message, at, reading),
            }
            used += length;
        }
        bytes.drain(..used);
        self.rest = bytes;
        Ok(false)
    }

    /// An event stream: what stands behind `data: ` counts at the blank line.
    fn lines(&mut self, chunk: &[u8], at: u64, reading: &mut Reading) {
        let mut text = mem::take(&mut self.text);
        text.extend_from_slice(chunk);
        let end = text.windows(2).rposition(|two| two == b"\n\n").map_or(0, |at| at + 2);
        let mut data = None;
        for line in text[..end].split(|&byte| byte == b'\n') {
            if let Some(payload) = data.take_if(|_| line.is_empty()) {
                self.event(payload, at, reading);
            }
            data = line.strip_prefix(b"data: ").or(data);
        }
        text.drain(..end);
        self.text = text;
    }

    fn event(&mut self, payload: &[u8], at: u64, reading: &mut Reading) {
        reading.event(self.next, payload, at);
        self.next += 1;
    }
}

type Unit<'a> = (Option<&'a [u8]>, usize);

/// The content of the next chunk or frame, nothing if it ends the stream, and its length; `None` while it lacks bytes.
fn unit(bytes: &[u8], framing: Framing) -> io::Result<Option<Unit<'_>>> {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
    let (begin, size, behind) = match (framing, bytes) {
        (Framing::Sse, _) => {
            let Some(line) = bytes.windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
            (line + 2, hex(&bytes[..line]).ok_or(io::ErrorKind::InvalidData)? as usize, 2)
        }
        (Framing::WebSocket, [0x81, 126, a, b, ..]) => (4, number(&[*a, *b]), 0),
        (Framing::WebSocket, [0x81, 127, size @ ..]) if size.len() >= 8 => (10, number(&size[..8]), 0),
        (Framing::WebSocket, [0x81 | 0x88, size @ ..126, ..]) => (2, usize::from(*size), 0),
        (Framing::WebSocket, [0x81, 126..=127, ..] | [0x81 | 0x88] | []) => return Ok(None),
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let length = begin.saturating_add(size).saturating_add(behind);
    let ends = if framing == Framing::Sse { size == 0 } else { bytes[0] == 0x88 };
    Ok(bytes.get(..length).map(|unit| ((!ends).then_some(&unit[begin..begin + size]), length)))
}
