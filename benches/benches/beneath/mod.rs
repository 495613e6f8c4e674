//! The floor: a plain writer and a plain reader on system calls alone, for the benches that show what ours cost beside it.

use floor::writer::{self, Account};
use floor::{Framing, Load, reader};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

/// The framings that have a floor, and what a bench calls it.
pub(crate) const FLOORS: [(Framing, &str); 2] = [(Framing::Sse, "floor-sse"), (Framing::WebSocket, "floor-websocket")];

/// A writer in a thread of its own, which ends with the process.
pub(crate) struct Beneath(SocketAddr);

impl Beneath {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let addr = listener.local_addr().expect("a listener has an address");
        thread::spawn(move || writer::serve(&listener, &Account::new()));
        Self(addr)
    }

    /// What `events` further events to each of `readers` take, all of one topic, written as fast as they are read.
    pub(crate) fn take(&self, framing: Framing, readers: u32, events: u64) -> Duration {
        let load = Load {
            framing,
            connections: u64::from(readers),
            rate: 1e9,
            count: events + 1,
            payload_bytes: 64,
            shared: true,
        };
        let reading = reader::read(self.0, &load, None).expect("a floor is read to its end");
        Duration::from_nanos((reading.wall_ns_per_event * (events * load.connections) as f64) as u64)
    }
}
