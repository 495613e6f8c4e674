//! One arm slower by a known delay of microseconds: whether the interval of the difference holds it, and how wide it is.
//!
//! ```text
//!  server ── event ──► proxy: reads, spins for base + delay, writes ──► generator      the base arm: the same without delay
//!                             └─ residence, measured here: the truth ──┘
//! ```

use super::bench::{Bench, cell, measured};
use super::{Answer, Finding};
use crate::acceptor::Acceptor;
use crate::target::OwnServer;
use reports::stats::{SignedRank, median};
use servers::clock::now;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use trial::{Case, Figure, Metric, Quantile, Start};
use wire::{MonoTime, Transport};

pub(super) const TEXTS: [&str; 3] = [
    "V25 small delays",
    "a delay of 20, 100, 300 and 1,000 µs put into one arm by a proxy",
    "the 95 % interval of the difference holds it; its half-width is at most half of it from 100 µs on",
];

/// The delays, in nanoseconds.
const DELAYS_NS: [u64; 4] = [20_000, 100_000, 300_000, 1_000_000];
/// What every arm is held, in nanoseconds: until the server has gone to sleep, so that it is in no arm's way where CPUs are few.
const BASE_NS: u64 = 300_000;
/// Blocks: each holds the base and every delay once.
const BLOCKS: u32 = 12;
/// From this delay on, in nanoseconds, the interval must be narrow: its half-width at most this share of the delay.
const NARROW: (u64, f64) = (100_000, 0.5);
/// What each read costs a proxy in all, whatever of it is delay: an arm that keeps its CPU awake is faster for that alone
/// (by 20 to 30 µs on a shared guest), so all arms spin alike, and longer than the generator takes to read.
const SPIN_NS: u64 = 1_200_000;
/// What one read takes at most.
const BUFFER_BYTES: usize = 64 << 10;

/// A proxy that holds what a server sends for a fixed time.
struct Proxy {
    acceptor: Acceptor,
    /// How long each read stayed here, in nanoseconds.
    residences: Arc<Mutex<Vec<f64>>>,
}

impl Proxy {
    fn open(server: SocketAddr, delay_ns: u64) -> io::Result<Self> {
        let residences = Arc::default();
        let kept = Arc::clone(&residences);
        let acceptor = Acceptor::open(move |client| join(client, server, delay_ns, &kept))?;
        Ok(Self { acceptor, residences })
    }

    fn url(&self) -> String {
        format!("http://{}", self.acceptor.address())
    }

    /// The median of all residences so far.
    fn residence_ns(&self) -> f64 {
        median(&self.residences.lock().unwrap_or_else(PoisonError::into_inner)).unwrap_or_default()
    }
}

/// Carries one connection until its ends have closed it, a thread for each direction.
fn join(client: TcpStream, server: SocketAddr, delay_ns: u64, residences: &Arc<Mutex<Vec<f64>>>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let residences = Arc::clone(residences);
    thread::Builder::new().name("proxy-up".to_owned()).spawn(move || carry(&from_client, &to_server, [0, 0]))?;
    thread::Builder::new().name("proxy-down".to_owned()).spawn(move || {
        let held = carry(&server, &client, [delay_ns, SPIN_NS]);
        residences.lock().unwrap_or_else(PoisonError::into_inner).extend(held);
    })?;
    Ok(())
}

/// Carries one direction to its end, each read after `delay_ns` of spinning (a sleep is not as exact) and with `spin_ns` of it
/// in all. How long each was held.
fn carry(mut from: &TcpStream, mut to: &TcpStream, [delay_ns, spin_ns]: [u64; 2]) -> Vec<f64> {
    let (mut buffer, mut held) = (vec![0; BUFFER_BYTES], Vec::new());
    while let Ok(bytes @ 1..) = from.read(&mut buffer) {
        let read = now();
        held.push(spin(read, delay_ns) as f64);
        if to.write_all(&buffer[..bytes]).is_err() {
            break;
        }
        spin(read, spin_ns);
    }
    // Either end may have closed already.
    let _ = (to.shutdown(Shutdown::Write), from.shutdown(Shutdown::Read));
    held
}

/// Spins until so many nanoseconds after `from`; how many it were.
fn spin(from: MonoTime, length_ns: u64) -> u64 {
    loop {
        let passed_ns = now().nanos_since(from);
        if passed_ns >= length_ns {
            return passed_ns;
        }
        std::hint::spin_loop();
    }
}

pub(super) async fn delays(bench: &Bench) -> Answer {
    // So few events that the longest spinning is less than half of a CPU.
    let cell = cell("push", "rate=300\nwarmup='150ms'\nwindow='300ms'");
    let server = OwnServer::start(&cell, Start::default()).await.map_err(|error| error.to_string())?;
    let address = server.url().trim_start_matches("http://").trim_end_matches('/');
    let address: SocketAddr = address.parse().map_err(|error| format!("{address}: {error}"))?;
    let open = |delay_ns| Proxy::open(address, BASE_NS + delay_ns).map_err(|error| error.to_string());
    let proxies: Vec<Proxy> = std::iter::once(0).chain(DELAYS_NS).map(open).collect::<Result<_, _>>()?;
    let (mut random, mut medians) = (fastrand::Rng::with_seed(bench.options.seed), vec![Vec::new(); proxies.len()]);
    for _ in 0..BLOCKS {
        let mut arms: Vec<usize> = (0..proxies.len()).collect();
        random.shuffle(&mut arms);
        for arm in arms {
            let measurement = measured(&bench.trial_at(&proxies[arm].url(), &cell, Transport::Sse).await)?;
            let p50 = Figure::Duration(Metric::JudgedTime, Quantile::P50).of(&measurement);
            medians[arm].push(p50.ok_or("no witness: nothing was judged")?);
        }
    }
    server.stop().await;
    let residences: Vec<f64> = proxies.iter().map(Proxy::residence_ns).collect();
    let case = |(arm, &delay_ns): (usize, &u64)| {
        compare(delay_ns, [&medians[0], &medians[arm + 1]], residences[arm + 1] - residences[0])
    };
    let cases: Option<Vec<Case>> = DELAYS_NS.iter().enumerate().map(case).collect();
    Ok(Finding::Cases(cases.ok_or("too few blocks")?))
}

/// The difference of the medians over blocks against the difference of the residences.
fn compare(delay_ns: u64, [base, slower]: [&[f64]; 2], truth_ns: f64) -> Option<Case> {
    let differences: Vec<f64> = base.iter().zip(slower).map(|(base, slower)| slower - base).collect();
    let ranks = SignedRank::of(&differences)?;
    let (low, high) = ranks.interval(0.05)?;
    let narrow = delay_ns < NARROW.0 || (high - low) / 2.0 <= NARROW.1 * truth_ns;
    let [truth, found, low_us, high_us] = [truth_ns, ranks.estimate, low, high].map(|ns| format!("{:.1}", ns / 1e3));
    Some(Case {
        injected: format!("{} µs", delay_ns / 1_000),
        expected: format!("{truth} µs longer"),
        found: format!("{found} [{low_us}, {high_us}] µs longer"),
        pass: (low..=high).contains(&truth_ns) && narrow,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn a_delay_is_held_and_everything_comes() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let proxy = Proxy::open(listener.local_addr().unwrap(), 300_000).unwrap();
        let mut client = TcpStream::connect(proxy.acceptor.address()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(b"ping").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut received = Vec::new();
        server.read_to_end(&mut received).unwrap();
        server.write_all(&received.repeat(1_000)).unwrap();
        drop(server);
        let mut answered = Vec::new();
        client.read_to_end(&mut answered).unwrap();
        assert_eq!((answered.len(), &received[..]), (4_000, &b"ping"[..]));
        // Told when the connection has ended, which the end of the answer is a moment ahead of.
        while proxy.residence_ns() == 0.0 {
            thread::yield_now();
        }
        assert!(proxy.residence_ns() >= 300_000.0);
    }

    #[test]
    fn a_difference_must_hold_the_truth_and_be_narrow() {
        let case = |truth_ns, noise_ns: f64| {
            let base = [50_000.0; 8];
            let slower: Vec<f64> = (0..8).map(|i| 150_000.0 + noise_ns * f64::from(i - 4)).collect();
            compare(100_000, [&base, &slower], truth_ns).unwrap()
        };
        assert!(case(100_000.0, 1_000.0).pass);
        assert!(!case(110_000.0, 1_000.0).pass, "off");
        assert!(!case(100_000.0, 40_000.0).pass, "wide");
    }
}
