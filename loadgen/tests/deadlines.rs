//! Whatever an exchange waits for, it ends: sockets stop being ready at the n-th poll, for every n.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use client::endpoint::Endpoint;
use client::recorder::{Reading, Recorder};
use client::stream::{Stream, StreamSpec};
use client::tls;
use client::window::{Basis, Window};
use client::worker::Worker;
use client::{Dialer, Link, Overdue, Request, stuck};
use llm::exchange::{Ask, Way};
use llm::failure::Failure;
use llm::format::{Format, message};
use loadgen::control::Control;
use servers::{ServeOptions, Server};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use trial::Arm;
use wire::{Preset, Transport};

/// The deadline of each wait.
const LIMIT: Duration = Duration::from_millis(100);
/// No exchange here needs as many polls.
const MOST_POLLS: usize = 500;

fn server() -> Server {
    Server::start(ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) }).unwrap()
}

async fn dialer(url: &str) -> (Endpoint, Dialer) {
    let endpoint: Endpoint = url.parse().unwrap();
    let dialer = Dialer::resolve(&endpoint, None, LIMIT).await.unwrap();
    (endpoint, dialer)
}

/// Runs an exchange over sockets that stop at every poll there is; `waits` is how many deadlines it may use up.
async fn at_every_poll(waits: u32, mut exchange: impl AsyncFnMut() -> Result<(), String>) {
    for polls in 0..MOST_POLLS {
        stuck::after(polls);
        let begin = Instant::now();
        let ended = exchange().await;
        let (took, was_stuck) = (begin.elapsed(), stuck::release());
        assert!(took < LIMIT * waits * 5, "{took:?} at poll {polls}: {ended:?}");
        if was_stuck {
            continue;
        }
        // A busy host may have been too slow for these deadlines once.
        if ended.is_ok() {
            assert!(polls > 2, "{polls} polls were enough");
            return;
        }
    }
    panic!("no exchange ended well in {MOST_POLLS} polls");
}

fn way(dialer: Dialer, endpoint: &Endpoint) -> Way {
    let way = Way::new(dialer, &endpoint.authority, "/", Format::OpenaiResponses, [], LIMIT);
    Way { longest: Duration::from_secs(60), cancels: true, ..way }
}

#[tokio::test]
async fn a_request_ends_within_its_deadline_wherever_the_socket_stops() {
    let server = server();
    let (endpoint, dialer) = dialer(&server.url()).await;
    for (transport, cancel_after) in
        [(Transport::Sse, None), (Transport::WebSocket, None), (Transport::WebSocket, Some(1))]
    {
        let order = Some("tokens=3&speed=1000");
        let body = message(transport, Format::OpenaiResponses.body("chat", "hello", 3, order));
        let ask = Ask { number: 0, arm: Arm::of(transport), body: &body, due: None, cancel_after };
        // Dial, handshake, request, answer, cancel: each is given its time.
        at_every_poll(5, async || {
            let done = way(dialer.clone(), &endpoint).ask(&ask).await;
            done.failure.map_or(Ok(()), |failure| Err(failure.to_string()))
        })
        .await;
    }
}

#[tokio::test]
async fn a_question_ends_within_its_deadline_wherever_the_socket_stops() {
    let server = server();
    let (endpoint, dialer) = dialer(&server.url()).await;
    at_every_poll(3, async || {
        let mut control = Control::connect(&dialer, &endpoint, &[]).await.map_err(|error| error.to_string())?;
        control.facts().await.map_err(|error| error.to_string())?;
        control.vitals(false).await.map(|_| ()).map_err(|error| error.to_string())
    })
    .await;
}

#[tokio::test]
async fn a_stream_opens_within_its_deadline_wherever_the_socket_stops() {
    let server = server();
    let (endpoint, dialer) = dialer(&server.url()).await;
    for transport in [Transport::Sse, Transport::WebSocket, Transport::RawTcp, Transport::HttpStream] {
        let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, LIMIT));
        let worker = Worker::new(Recorder::new(Reading::Foreign, window, 0, None));
        let path = format!("{}?rate=1000&payload=64", transport.path());
        let request = Request { payload_bytes: Some(64), ..Request::get(&endpoint.authority, path) };
        let spec = StreamSpec { transport, request, expected: None, first_seq: None, leaves: false };
        at_every_poll(2, async || {
            let mut stream = Stream::open(&dialer, &spec, &worker).await.map_err(|error| error.to_string())?;
            stream.opened(LIMIT).await.map_err(|error| error.to_string())
        })
        .await;
    }
}

#[tokio::test]
async fn a_handshake_of_tls_ends_within_its_deadline_wherever_the_socket_stops() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut tls = rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            std::thread::spawn(move || std::io::copy(&mut tls, &mut std::io::sink()));
        }
    });
    let endpoint: Endpoint = url.parse().unwrap();
    let trust = tls::Trust::Anybody.config().unwrap();
    let dialer = Dialer::resolve(&endpoint, Some(trust), LIMIT).await.unwrap();
    at_every_poll(2, async || dialer.dial(None).await.map(|_| ()).map_err(|error| error.to_string())).await;
}

/// A link, and its peer, which does nothing by itself.
async fn pair() -> (Link, tokio::net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_, dialer) = dialer(&format!("http://{}/", listener.local_addr().unwrap())).await;
    let (dialled, accepted) = tokio::join!(dialer.dial(None), listener.accept());
    (dialled.unwrap().0, accepted.unwrap().0)
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_given_up() {
    let (mut link, _peer) = pair().await;
    let mut outbox = vec![0; 64 << 20];
    let error = link.send(&mut outbox).await.unwrap_err();
    assert_eq!(Overdue::of(&error), Some(Overdue::Writing(LIMIT)), "{error}");
    assert!(!outbox.is_empty());
}

#[tokio::test]
async fn bytes_that_keep_coming_do_not_put_the_deadline_off() {
    let (mut link, mut peer) = pair().await;
    let flood = tokio::spawn(async move { while peer.write_all(&[0; 1 << 16]).await.is_ok() {} });
    link.expect(LIMIT);
    let (begin, mut buffer) = (Instant::now(), vec![0; 1 << 10]);
    let error = loop {
        match link.read(&mut buffer).await {
            Ok(bytes) => assert!(bytes > 0 && begin.elapsed() < LIMIT * 5),
            Err(error) => break error,
        }
    };
    assert_eq!(Overdue::of(&error), Some(Overdue::Reading(LIMIT)), "{error}");
    assert!(begin.elapsed() >= LIMIT);
    link.expect(Duration::from_secs(60));
    assert!(link.read(&mut buffer).await.is_ok(), "whoever expects something new begins anew");
    flood.abort();
}

#[tokio::test]
async fn an_answer_whose_events_come_without_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (endpoint, dialer) = dialer(&format!("http://{}/", listener.local_addr().unwrap())).await;
    let drip = tokio::spawn(async move {
        let mut peer = listener.accept().await.unwrap().0;
        peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n").await.unwrap();
        let event = b"data: {\"type\":\"response.output_text.delta\",\"delta\":\"word \"}\n\n";
        while peer.write_all(event).await.is_ok() {
            tokio::time::sleep(LIMIT / 10).await;
        }
    });
    let way = Way { silence: Duration::from_secs(60), longest: LIMIT * 3, ..way(dialer, &endpoint) };
    let ask = Ask { number: 0, arm: Arm::of(Transport::Sse), body: b"{}", due: None, cancel_after: None };
    let begin = Instant::now();
    let done = way.ask(&ask).await;
    assert!(matches!(done.failure, Some(Failure::Endless(limit)) if limit == LIMIT * 3), "{:?}", done.failure);
    assert!(begin.elapsed() >= LIMIT * 3 && done.answer.marks.len() > 1, "each of them put the silence off");
    drip.abort();
}
