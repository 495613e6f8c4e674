//! A client of raw sockets, so that every byte a server sends is seen. Refuses to use any client library.
#![allow(dead_code, clippy::unwrap_used, unreachable_pub, reason = "each test program uses a part; a test may unwrap")]

pub mod hostile;
pub mod llm;

use servers::{ServeOptions, Server};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;
use wire::{Flush, Limits, Stamp, Transport, Tuning, Vitals};

/// A server with two threads and the given changes.
pub fn server_with(adjust: impl FnOnce(&mut Tuning, &mut Limits)) -> Server {
    let mut options = ServeOptions { threads: 2, ..ServeOptions::default() };
    adjust(&mut options.tuning, &mut options.limits);
    Server::start(options).unwrap()
}

pub fn server() -> Server {
    server_with(|_, _| ())
}

pub fn server_flushing(flush: Flush) -> Server {
    server_with(|tuning, _| tuning.flush = flush)
}

/// Status, header lines (in lower case) and nothing of the body.
#[derive(Debug)]
pub struct Head {
    pub status: u16,
    fields: String,
}

impl Head {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// One connection.
pub struct Wire(BufReader<TcpStream>);

impl Wire {
    pub fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(BufReader::with_capacity(65_536, stream))
    }

    /// A connection on which the head of a `GET` has been answered.
    pub fn get(server: &Server, target: &str, fields: &str) -> (Head, Self) {
        let mut wire = Self::connect(server);
        wire.request("GET", target, fields, b"");
        (wire.head(), wire)
    }

    pub fn request(&mut self, method: &str, target: &str, fields: &str, body: &[u8]) {
        let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        self.send(format!("{method} {target} HTTP/1.1\r\nhost: localhost\r\n{length}{fields}\r\n").as_bytes());
        self.send(body);
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    pub fn head(&mut self) -> Head {
        let lines = std::iter::from_fn(|| self.line()).take_while(|line| !line.is_empty());
        let fields = lines.collect::<Vec<_>>().join("\n").to_ascii_lowercase();
        Head { status: fields.split(' ').nth(1).expect("a status line").parse().unwrap(), fields }
    }

    pub fn exactly(&mut self, bytes: usize) -> Vec<u8> {
        let mut exact = vec![0; bytes];
        self.0.read_exact(&mut exact).unwrap();
        exact
    }

    /// Everything up to the end of the connection, however that came.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        if let Err(error) = self.0.read_to_end(&mut rest) {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
        rest
    }

    fn has_ended(&mut self) -> bool {
        self.0.fill_buf().unwrap().is_empty()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.strip_suffix("\r\n").map(str::to_owned)
    }

    /// The next chunk: empty for the last one, `None` when the body was cut off.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let bytes = usize::from_str_radix(&self.line()?, 16).unwrap();
        let mut chunk = self.exactly(bytes + 2);
        assert_eq!(chunk.split_off(bytes), b"\r\n");
        Some(chunk)
    }

    /// The body that `content-length` announces.
    pub fn body(&mut self, head: &Head) -> String {
        let bytes = head.field("content-length").map_or(0, |length| length.parse().unwrap());
        String::from_utf8(self.exactly(bytes)).unwrap()
    }

    /// Opcode and payload of the next WebSocket frame, which must be whole and unmasked.
    pub fn frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.exactly(2);
        assert_eq!((head[0] & 0xf0, head[1] & 0x80), (0x80, 0), "final and unmasked");
        let bytes = match head[1] {
            126 => u16::from_be_bytes(self.exactly(2).try_into().unwrap()) as usize,
            127 => u64::from_be_bytes(self.exactly(8).try_into().unwrap()) as usize,
            bytes => bytes as usize,
        };
        (head[0] & 0xf, self.exactly(bytes))
    }

    /// The next frame, if one begins to come within the socket's time.
    pub fn try_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        self.0.fill_buf().ok().filter(|bytes| !bytes.is_empty())?;
        Some(self.frame())
    }

    /// Sends a client's frame, with a mask of zeros.
    pub fn send_frame(&mut self, opcode: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | opcode];
        match payload.len() {
            bytes @ 0..126 => frame.push(0x80 | bytes as u8),
            bytes @ 126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend((bytes as u16).to_be_bytes());
            }
            bytes => {
                frame.push(0x80 | 127);
                frame.extend((bytes as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        self.send(&frame);
    }

    /// The socket itself; what was read ahead is left behind.
    pub fn stream(&mut self) -> &mut TcpStream {
        self.0.get_mut()
    }

    pub fn hang_up(&mut self) {
        self.0.get_mut().shutdown(Shutdown::Both).unwrap();
    }
}

/// Headers that open a transport.
pub const fn opening(transport: Transport) -> &'static str {
    match transport {
        Transport::Sse | Transport::LongPoll | Transport::HttpStream => "",
        Transport::RawTcp => "connection: upgrade\r\nupgrade: raw-tcp\r\n",
        Transport::WebSocket => {
            "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        }
    }
}

/// How a stream ended.
#[derive(Debug, PartialEq, Eq, Clone)]
pub enum Ending {
    /// As the transport says that all is well; with the status or close code, if it has one.
    Clean(u16),
    /// In the middle of nothing.
    Cut,
}

/// A subscription over any transport: payloads, messages and heartbeats as they come.
pub struct Subscriber {
    transport: Transport,
    query: String,
    pub wire: Wire,
    pub missed: Option<u64>,
    polled: VecDeque<Vec<u8>>,
    payload_bytes: usize,
    pub ending: Option<Ending>,
    pub heartbeats: u64,
}

impl Subscriber {
    pub fn open(server: &Server, transport: Transport, query: &str) -> Self {
        Self::open_with(server, transport, query, "")
    }

    /// Opens with more header lines. A long-polling one asks for the first time when it is read.
    pub fn open_with(server: &Server, transport: Transport, query: &str, fields: &str) -> Self {
        let payload_bytes = wire::Subscription::from_query(query).unwrap().payload_bytes;
        let (wire, missed) = match transport {
            Transport::LongPoll => (Wire::connect(server), None),
            _ => {
                let target = format!("{}?{query}", transport.path());
                let (head, wire) = Wire::get(server, &target, &(opening(transport).to_owned() + fields));
                assert!(matches!(head.status, 101 | 200), "{transport}: {head:?}");
                (wire, missed(&head))
            }
        };
        let (query, polled) = (query.to_owned(), VecDeque::new());
        Self { transport, query, wire, missed, polled, payload_bytes, ending: None, heartbeats: 0 }
    }

    /// The next payload or message; `None` when the stream has ended.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        match self.transport {
            Transport::Sse => self.next_event(),
            Transport::WebSocket => self.next_message(),
            Transport::LongPoll => self.next_polled(),
            Transport::HttpStream => self.chunk(),
            Transport::RawTcp => self.next_bare(),
        }
    }

    /// Sequence numbers of the next `n` events.
    pub fn seqs(&mut self, n: usize) -> Vec<u64> {
        (0..n).map(|_| Stamp::read(&self.next().expect("an event")).unwrap().seq).collect()
    }

    /// Stamps of all events up to the end.
    pub fn stamps(&mut self) -> Vec<Stamp> {
        std::iter::from_fn(|| self.next()).map(|payload| Stamp::read(&payload).unwrap()).collect()
    }

    fn chunk(&mut self) -> Option<Vec<u8>> {
        let chunk = self.wire.chunk();
        match &chunk {
            None => self.ending = Some(Ending::Cut),
            Some(chunk) if chunk.is_empty() => self.ending = Some(Ending::Clean(200)),
            Some(_) => {}
        }
        chunk.filter(|chunk| !chunk.is_empty())
    }

    fn next_event(&mut self) -> Option<Vec<u8>> {
        loop {
            let event = String::from_utf8(self.chunk()?).unwrap();
            let body = event.strip_suffix("\n\n").expect("one chunk for each event");
            if body.starts_with(':') {
                self.heartbeats += 1;
                continue;
            }
            return Some(body.rsplit_once("data: ").unwrap().1.as_bytes().to_vec());
        }
    }

    fn next_message(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.wire.frame() {
                (1 | 2, payload) => return Some(payload),
                (8, payload) => {
                    self.ending = Some(Ending::Clean(u16::from_be_bytes([payload[0], payload[1]])));
                    self.wire.send_frame(8, &payload[..2]);
                    return None;
                }
                (9, _) => self.heartbeats += 1,
                (opcode, _) => panic!("opcode {opcode}"),
            }
        }
    }

    fn next_bare(&mut self) -> Option<Vec<u8>> {
        if self.wire.has_ended() {
            self.ending = Some(Ending::Clean(101));
            return None;
        }
        Some(self.wire.exactly(self.payload_bytes))
    }

    fn next_polled(&mut self) -> Option<Vec<u8>> {
        while self.polled.is_empty() {
            self.wire.request("GET", &format!("/long-poll?{}", self.query), "", b"");
            let head = self.wire.head();
            self.missed = missed(&head);
            let body = self.wire.body(&head);
            match head.status {
                200 => self.polled.extend(body.lines().map(|line| line.as_bytes().to_vec())),
                204 => {}
                status => {
                    self.ending = Some(Ending::Clean(status));
                    return None;
                }
            }
            // What follows continues where this poll ended; only the first one resumes from elsewhere.
            self.query = without_after(&self.query);
        }
        self.polled.pop_front()
    }
}

fn without_after(query: &str) -> String {
    query.split('&').filter(|pair| !pair.starts_with("after=")).collect::<Vec<_>>().join("&")
}

fn missed(head: &Head) -> Option<u64> {
    head.field("pushbench-missed").map(|missed| missed.parse().unwrap())
}

/// Status and body of one request on its own connection.
pub fn ask(server: &Server, method: &str, target: &str, fields: &str, body: &[u8]) -> (u16, String) {
    let mut wire = Wire::connect(server);
    wire.request(method, target, fields, body);
    let head = wire.head();
    (head.status, wire.body(&head))
}

pub fn vitals(server: &Server) -> Vitals {
    serde_json::from_str(&ask(server, "GET", "/vitals", "", b"").1).unwrap()
}

/// Waits, within a bound, until the counters say what is expected.
pub fn wait_until(server: &Server, expected: impl Fn(&Vitals) -> bool) -> Vitals {
    for _ in 0..1000 {
        let vitals = vitals(server);
        if expected(&vitals) {
            return vitals;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never came to that: {:?}", vitals(server));
}
