//! A round trip that the host does not have: a relay that holds what it carries. Refuses to lose, to reorder and to be slow.
//!
//! ```text
//!  client ── read at t ──► written at max(t, accepted + rtt) + rtt/2 ──► server
//!  client ◄── written at t + rtt/2 ◄──────────────────────── read at t ── server
//! ```
//!
//! The round trip more before the first byte stands for TCP's handshake, which the client has with the relay at once. There
//! is no loss, no bandwidth and no slow start: a new connection may send its whole request in one flight, which no network
//! allows. Two threads carry each direction, since a sleeping thread is punctual to some tens of microseconds and a timer of
//! tokio to a millisecond.

use crate::acceptor::Acceptor;
use servers::clock;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;
use wire::MonoTime;

/// What one read takes at most.
const BUFFER_BYTES: usize = 64 << 10;
/// Reads on the way in one direction; one more waits, as behind a full window.
const QUEUED_READS: usize = 1_024;

/// A relay on loopback; it takes no more connections once it is dropped.
#[derive(Debug)]
pub(crate) struct Distance(Acceptor);

/// When what was read may be written.
#[derive(Debug, Clone, Copy)]
struct Hold {
    /// Before this nothing can have left.
    open: MonoTime,
    /// Half of the round trip.
    leg_ns: u64,
}

impl Hold {
    fn until(self, read: MonoTime) -> MonoTime {
        read.max(self.open).plus_nanos(self.leg_ns)
    }
}

impl Distance {
    /// Listens on loopback and carries every connection to `server`, `rtt_ns` away.
    ///
    /// # Errors
    /// When there is no socket or no thread to be had.
    pub(crate) fn open(server: SocketAddr, rtt_ns: u64) -> io::Result<Self> {
        Ok(Self(Acceptor::open(move |client| join(client, server, rtt_ns))?))
    }

    /// Where to dial instead of the server.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

/// Carries one connection in both directions until its ends have closed it.
fn join(client: TcpStream, server: SocketAddr, rtt_ns: u64) -> io::Result<()> {
    let (accepted, leg_ns) = (clock::now(), rtt_ns / 2);
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client, server) = (Arc::new(client), Arc::new(server));
    let up = Hold { open: accepted.plus_nanos(rtt_ns), leg_ns };
    carry(&client, &server, up)?;
    carry(&server, &client, Hold { open: accepted, leg_ns })
}

/// One direction.
fn carry(from: &Arc<TcpStream>, to: &Arc<TcpStream>, hold: Hold) -> io::Result<()> {
    let (held, due) = sync_channel(QUEUED_READS);
    let (source, refused, sink) = (Arc::clone(from), Arc::clone(from), Arc::clone(to));
    thread::Builder::new().name("distance-read".to_owned()).spawn(move || read(&source, hold, &held))?;
    let write = move || {
        if write(&sink, &due).is_err() {
            // The reader would go on for somebody who has gone; both ends may have closed already.
            let _ = refused.shutdown(Shutdown::Both);
        }
    };
    thread::Builder::new().name("distance-write".to_owned()).spawn(write).map(|_| ())
}

/// Reads until the end, which is held like bytes: an empty one.
fn read(mut from: &TcpStream, hold: Hold, held: &SyncSender<(MonoTime, Vec<u8>)>) {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let bytes = from.read(&mut buffer).unwrap_or(0);
        let sent = held.send((hold.until(clock::now()), buffer[..bytes].to_vec()));
        if bytes == 0 || sent.is_err() {
            return;
        }
    }
}

fn write(mut to: &TcpStream, due: &Receiver<(MonoTime, Vec<u8>)>) -> io::Result<()> {
    // Without this the kernel may add 50 µs to every sleep; refused only where prctl is filtered.
    let _ = nix::sys::prctl::set_timerslack(1);
    for (at, bytes) in due {
        sleep_until(at);
        if bytes.is_empty() {
            return to.shutdown(Shutdown::Write);
        }
        to.write_all(&bytes)?;
    }
    Ok(())
}

fn sleep_until(at: MonoTime) {
    while let left @ 1.. = at.nanos_since(clock::now()) {
        thread::sleep(Duration::from_nanos(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn bytes_are_held_for_half_a_round_trip_and_a_new_connection_for_one_more() {
        let at = MonoTime::from_nanos;
        let up = Hold { open: at(1_000 + 20), leg_ns: 10 };
        assert_eq!(
            [1_000, 1_005, 1_020, 1_500].map(|read| up.until(at(read)).as_nanos()),
            [1_030, 1_030, 1_030, 1_510]
        );
        let down = Hold { open: at(1_000), leg_ns: 10 };
        assert_eq!(down.until(at(1_040)).as_nanos(), 1_050);
    }

    /// Answers each byte with two of the same, in order, until its client closes.
    fn doubling() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut all = Vec::new();
                stream.read_to_end(&mut all).unwrap();
                stream.write_all(&all.iter().flat_map(|byte| [*byte; 2]).collect::<Vec<_>>()).unwrap();
            }
        });
        address
    }

    #[test]
    fn everything_comes_once_and_in_order_in_both_directions_on_every_connection() {
        let distance = Distance::open(doubling(), 2_000_000).unwrap();
        for bytes in [0, 1, 300_000] {
            let mut stream = TcpStream::connect(distance.address()).unwrap();
            let sent: Vec<u8> = (0..bytes).map(|i| (i % 251) as u8).collect();
            stream.write_all(&sent).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut received = Vec::new();
            stream.read_to_end(&mut received).unwrap();
            assert!(received == sent.iter().flat_map(|byte| [*byte; 2]).collect::<Vec<_>>(), "{bytes} bytes");
        }
    }

    #[test]
    fn nobody_is_let_in_once_it_is_dropped() {
        let distance = Distance::open(doubling(), 0).unwrap();
        let address = distance.address();
        drop(distance);
        assert!(TcpStream::connect(address).is_err());
    }
}
