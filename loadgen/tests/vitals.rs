//! A server that no longer answers `/vitals` when a window is over: what was received is kept, and the trial says what is missing.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use bench_side::{cell, cell_of, order_at, push, server};
use client::Dialer;
use loadgen::control::Control;
use loadgen::workload::{self, Observer};
use servers::Server;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use trial::check::events::USAGE_LOST;
use trial::{Action, Arm, Cell, Figure, Measurement, Outcome, Push, Scenario, Workload};
use wire::Transport;

/// Passes everything on, and hangs up on whoever asks for `/vitals` once more than `answered` times.
async fn in_front_of(server: &Server, answered: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = format!("http://{}", listener.local_addr().unwrap());
    let upstream: SocketAddr = server.url().trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, upstream, answered));
        }
    });
    place
}

async fn pass(client: TcpStream, upstream: SocketAddr, answered: usize) {
    let server = TcpStream::connect(upstream).await.unwrap();
    for side in [&client, &server] {
        side.set_nodelay(true).unwrap();
    }
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let down = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let (mut bytes, mut asked) = (vec![0; 16 << 10], 0);
    while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
        asked += usize::from(bytes[..read].starts_with(b"GET /vitals"));
        if asked > answered || to_server.write_all(&bytes[..read]).await.is_err() {
            break;
        }
    }
    down.abort();
}

/// What came of a trial, and why it lacks what the server would have said.
async fn kept(cell: Cell, transport: Transport, answered: usize) -> (Measurement, Option<String>) {
    let server = server();
    let url = in_front_of(&server, answered).await;
    let trial = workload::trial(order_at(url, cell, Arm::of(transport)), Observer::nobody()).await;
    let lost = trial.warnings.iter().find(|warning| warning.is(&USAGE_LOST) && warning.action() == Action::Warn);
    let lost = lost.and_then(|warning| warning.value("why"));
    match trial.outcome {
        Outcome::Measured(measurement) => (*measurement, lost),
        other => panic!("{transport}: {other:?}"),
    }
}

/// The same for both transports and each number of answers in turn, all at once: they mostly wait.
fn kept_each(cell: &Cell, answered: [usize; 2]) -> Vec<(Transport, Measurement, Option<String>)> {
    let ways =
        [Transport::Sse, Transport::WebSocket].into_iter().flat_map(|way| answered.map(|answered| (way, answered)));
    std::thread::scope(|scope| {
        let run = |(transport, answered)| {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let (measurement, lost) = runtime.block_on(kept(cell.clone(), transport, answered));
                (transport, measurement, lost)
            })
        };
        let running: Vec<_> = ways.map(run).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

#[test]
fn a_window_is_kept_when_the_server_does_not_answer_at_its_end() {
    for (scenario, connections) in [(Scenario::Push, 1), (Scenario::Echo, 1), (Scenario::Relay, 2)] {
        let cell = cell_of(scenario, Push { connections, ..push() });
        for (transport, m, lost) in kept_each(&cell, [0, 1]) {
            let expected = 50 * u64::from(connections);
            assert_eq!((m.counters.in_window, m.counters.lost), (expected, 0), "{scenario:?} {transport}");
            assert!(lost.is_some_and(|why| why.contains("/vitals")), "{scenario:?} {transport}");
            assert!(m.server.is_none() && m.client.is_some(), "{scenario:?} {transport}");
            assert_eq!(Figure::ServerCpuPerEvent.of(&m).or(Figure::ClientCpuPerEvent.of(&m)), None);
        }
    }
}

#[tokio::test]
async fn a_count_of_connections_is_kept_too() {
    let connect = cell_of(Scenario::Connect, push());
    let (m, lost) = kept(connect, Transport::Sse, 1).await;
    assert!(m.counters.in_window > 0 && m.server.is_none() && lost.is_some());
}

#[tokio::test]
async fn a_server_that_answers_lacks_nothing() {
    let (m, lost) = kept(cell(), Transport::Sse, 2).await;
    assert!(m.server.is_some() && lost.is_none(), "{lost:?}");
}

#[tokio::test]
async fn memory_keeps_the_steps_that_were_read() {
    // Two questions a step at least: a step that has to wait for its connections asks more often.
    let server = server();
    let url = in_front_of(&server, 12).await;
    let order = |steps: &[u32]| {
        let workload =
            Workload::Memory { steps: steps.to_vec(), content: push().content, faults: wire::Faults::default() };
        order_at(url.clone(), Cell { workload, ..cell() }, Arm::of(Transport::Sse))
    };
    let steps: Vec<u32> = (1..=12).map(|step| 5 * step).collect();
    let trial = workload::trial(order(&steps), Observer::nobody()).await;
    let Outcome::Measured(m) = &trial.outcome else { panic!("{:?}", trial.outcome) };
    assert!((2..=6).contains(&m.memory.len()), "{:?}", m.memory);
    assert!(trial.warnings.iter().any(|warning| warning.is(&USAGE_LOST)));
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_is_opened_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let answers = tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            assert!(client.read(&mut [0; 4096]).await.unwrap() > 0);
            client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
        }
    });
    let dialer = Dialer::resolve(&endpoint, None, Duration::from_secs(5)).await.unwrap();
    let mut control = Control::connect(&dialer, &endpoint, &[]).await.unwrap();
    for _ in 0..3 {
        let answer: serde_json::Value = control.get("/anything").await.unwrap();
        assert_eq!(answer, serde_json::json!({}));
        // The end of the connection is noticed meanwhile.
        sleep(Duration::from_millis(100)).await;
    }
    answers.abort();
}
