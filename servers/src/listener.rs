//! Listening sockets with every knob set before `listen`, so that accepted sockets inherit them. Refuses to accept.

use crate::ServeError;
use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use wire::Tuning;

/// Quiet time after which the kernel asks whether a peer still exists: one that vanished keeps no place for ever. Longer than
/// any trial is quiet, whose bytes are counted.
const QUIET: Duration = Duration::from_secs(300);
/// Time between two such questions.
const PROBE: Duration = Duration::from_secs(30);
/// Unanswered questions after which the connection ends.
const PROBES: u32 = 4;

/// One listener for each thread, all on one port (`SO_REUSEPORT`: the kernel spreads connections over them).
pub(crate) fn listen(bind: SocketAddr, tuning: &Tuning, threads: usize) -> Result<Vec<TcpListener>, ServeError> {
    // SO_REUSEPORT would let a second server take a share of the first one's connections in silence, on a port that the
    // kernel picks as well. So the port is first claimed without it, and until all listeners are there.
    let claimed = claim(bind).and_then(|claim| Ok((claim.local_addr()?, claim)));
    let (addr, claim) = claimed.map_err(|source| cannot_bind(bind, source))?;
    let addr = addr.as_socket().unwrap_or(bind);
    let listeners = (0..threads.max(1)).map(|_| open(addr, tuning)).collect();
    drop(claim);
    listeners
}

/// That an address cannot be listened on, and why, as far as the host says.
pub(crate) fn cannot_bind(addr: SocketAddr, source: io::Error) -> ServeError {
    let why = match (source.kind(), addr.port()) {
        (io::ErrorKind::AddrInUse, 0) => {
            let read = |path| fs::read_to_string(path).unwrap_or_default();
            let range = read("/proc/sys/net/ipv4/ip_local_port_range");
            let range = range.split_whitespace().collect::<Vec<_>>().join(" to ");
            format!(
                ": no port of {range} (net.ipv4.ip_local_port_range) is free, {} TCP sockets are in use or in TIME_WAIT",
                tcp_sockets(&read("/proc/net/sockstat"))
            )
        }
        (io::ErrorKind::AddrInUse, port) => {
            format!(": another program has the port (ss -tanp 'sport = :{port}' says which)")
        }
        (io::ErrorKind::AddrNotAvailable, _) => ": no interface of this host has that address".to_owned(),
        (io::ErrorKind::PermissionDenied, _) => {
            ": this user may not take that port (net.ipv4.ip_unprivileged_port_start)".to_owned()
        }
        _ => String::new(),
    };
    ServeError::Bind { addr, source, why }
}

/// The `inuse` and `tw` figures of the `TCP:` line, together.
fn tcp_sockets(sockstat: &str) -> u64 {
    let line = sockstat.lines().find_map(|line| line.strip_prefix("TCP:")).unwrap_or_default();
    let words: Vec<_> = line.split_whitespace().collect();
    let figures = words.chunks_exact(2).filter(|pair| ["inuse", "tw"].contains(&pair[0]));
    figures.filter_map(|pair| pair[1].parse::<u64>().ok()).sum()
}

fn claim(bind: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(bind), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&bind.into())?;
    Ok(socket)
}

fn open(bind: SocketAddr, tuning: &Tuning) -> Result<TcpListener, ServeError> {
    let cannot_bind = |source| cannot_bind(bind, source);
    let socket = Socket::new(Domain::for_address(bind), Type::STREAM, Some(Protocol::TCP)).map_err(cannot_bind)?;
    if let Some(name) = &tuning.congestion_control {
        let refused = |source| ServeError::Congestion { name: name.clone(), available: available_congestion(), source };
        socket.set_tcp_congestion(name.as_bytes()).map_err(refused)?;
    }
    finish(&socket, bind, tuning).map_err(cannot_bind)?;
    Ok(socket.into())
}

fn finish(socket: &Socket, bind: SocketAddr, tuning: &Tuning) -> io::Result<()> {
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_tcp_nodelay(tuning.nodelay)?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(QUIET).with_interval(PROBE).with_retries(PROBES))?;
    if let Some(bytes) = tuning.send_buffer_bytes {
        socket.set_send_buffer_size(bytes)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&bind.into())?;
    socket.listen(i32::try_from(tuning.backlog).unwrap_or(i32::MAX))
}

/// Whether this process may use a congestion control on this host.
pub(crate) fn can_use_congestion(name: &str) -> bool {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP));
    socket.is_ok_and(|socket| socket.set_tcp_congestion(name.as_bytes()).is_ok())
}

fn available_congestion() -> String {
    let known = fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control");
    known.map_or("unknown".to_owned(), |names| names.split_whitespace().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;
    use wire::Preset;

    fn loopback() -> SocketAddr {
        "127.0.0.1:0".parse().unwrap()
    }

    #[test]
    fn accepted_sockets_inherit_every_knob() {
        for nodelay in [true, false] {
            let congestion_control = Some("reno".to_owned());
            let tuning =
                Tuning { nodelay, send_buffer_bytes: Some(65_536), congestion_control, ..Tuning::of(Preset::Equal) };
            let listeners = listen(loopback(), &tuning, 1).unwrap();
            listeners[0].set_nonblocking(false).unwrap();
            let _client = TcpStream::connect(listeners[0].local_addr().unwrap()).unwrap();
            let accepted = Socket::from(listeners[0].accept().unwrap().0);
            assert_eq!(accepted.tcp_nodelay().unwrap(), nodelay);
            assert_eq!((accepted.keepalive().unwrap(), accepted.tcp_keepalive_time().unwrap()), (true, QUIET));
            // The kernel doubles what is asked for, to leave room for its own bookkeeping.
            assert_eq!(accepted.send_buffer_size().unwrap(), 2 * 65_536);
            assert!(accepted.tcp_congestion().unwrap().starts_with(b"reno"));
        }
    }

    #[test]
    fn an_unknown_congestion_control_is_answered_with_the_known_ones() {
        let tuning = Tuning { congestion_control: Some("teleport".to_owned()), ..Tuning::of(Preset::Equal) };
        let error = listen(loopback(), &tuning, 1).unwrap_err().to_string();
        assert!(error.starts_with("congestion control 'teleport' cannot be used (available: "), "{error}");
        assert!(error.contains("reno"), "{error}");
    }

    #[test]
    fn an_address_that_cannot_be_had_says_why() {
        let says = |addr: &str, kind: io::ErrorKind| cannot_bind(addr.parse().unwrap(), kind.into()).to_string();
        let none_left = says("127.0.0.1:0", io::ErrorKind::AddrInUse);
        assert!(none_left.contains(": no port of ") && none_left.contains(" to "), "{none_left}");
        assert!(says("127.0.0.1:8080", io::ErrorKind::AddrInUse).ends_with("(ss -tanp 'sport = :8080' says which)"));
        assert!(says("192.0.2.1:0", io::ErrorKind::AddrNotAvailable).ends_with("has that address"));
        assert!(says("0.0.0.0:80", io::ErrorKind::PermissionDenied).contains("ip_unprivileged_port_start"));
        let bound = listen("192.0.2.1:0".parse().unwrap(), &Tuning::of(Preset::Stock), 1).unwrap_err().to_string();
        assert!(bound.ends_with(": no interface of this host has that address"), "{bound}");
        assert_eq!(tcp_sockets("sockets: used 9\nTCP: inuse 5 orphan 0 tw 2 alloc 6 mem 7\nUDP: inuse 3\n"), 7);
    }

    #[test]
    fn threads_share_a_port_but_servers_do_not() {
        let tuning = Tuning { congestion_control: None, ..Tuning::of(Preset::Equal) };
        let listeners = listen(loopback(), &tuning, 3).unwrap();
        let addr = listeners[0].local_addr().unwrap();
        assert!(listeners.iter().all(|listener| listener.local_addr().unwrap() == addr));
        assert!(matches!(listen(addr, &tuning, 1), Err(ServeError::Bind { .. })));
    }
}
