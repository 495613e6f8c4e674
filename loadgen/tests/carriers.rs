//! Carriers beside cleartext HTTP/1.1: bytes below TLS to the byte, whom a client trusts, and what is said where both ends do not
//! speak the same.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bench_side;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bench_side::{cell, measured, order, order_at, push, pushed, server};
use client::stream::Stream;
use client::tls::Trust;
use client::window::{Basis, Window};
use client::worker::Worker;
use client::{Dialer, recorder};
use loadgen::workload::{self, Observer, Session};
use servers::{CertificateFiles, ServeOptions, Server};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use trial::{Arm, Line, Outcome, Push};
use wire::{Carrier, Limits, Preset, Sharing, Transport};

/// A TLS 1.3 record around its payload: header 5, content type 1, tag 16 (RFC 8446, section 5.2).
const RECORD_BYTES: u64 = 22;

fn over_tls(protocol: Transport) -> Arm {
    Arm::of(protocol).over(Carrier::H1Tls)
}

fn tls_port(server: &Server) -> u16 {
    server.facts().carriers[&Carrier::H1Tls]
}

/// What one push of events over TLS against that URL says that it cannot do.
async fn refusal(url: String, cacert: Option<&Path>) -> String {
    let order =
        workload::Order { cacert: cacert.map(Path::to_owned), ..order_at(url, cell(), over_tls(Transport::Sse)) };
    match workload::trial(order, Observer::nobody()).await.outcome {
        Outcome::Failed(why) | Outcome::Unsupported(why) => why,
        Outcome::Measured(measurement) => panic!("{measurement:?}"),
    }
}

#[tokio::test]
async fn each_event_is_one_record_and_a_record_is_22_bytes() {
    let server = server();
    for (protocol, framed) in [(Transport::Sse, 256 + 15), (Transport::WebSocket, 256 + 4)] {
        for connections in [1, 3] {
            let sharing = Sharing::Private;
            let m = measured(&server, pushed(Push { connections, sharing, ..push() }), over_tls(protocol)).await;
            let layers = m.layers.unwrap();
            // Above TLS: exactly what goes over cleartext.
            assert_eq!(m.bytes.stream_in - m.bytes.close_in, 50 * u64::from(connections) * framed, "{protocol}");
            // On the wire: what TLS made of it.
            assert!(layers.span_events >= 40 * u64::from(connections), "{protocol}: {layers:?}");
            let per_event = layers.span.back.payload_bytes as f64 / layers.span_events as f64;
            assert_eq!(per_event, (framed + RECORD_BYTES) as f64, "{protocol}: {layers:?}");
            let handshakes = [layers.handshakes.out_bytes, layers.handshakes.back_bytes];
            assert!(
                handshakes.iter().all(|bytes| (200..2_000).contains(&(bytes / u64::from(connections)))),
                "{layers:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_record_of_a_trial_keeps_the_ports_and_leaves_the_certificate_out() {
    let server = server();
    let trial = workload::trial(order(&server, cell(), over_tls(Transport::WebSocket)), Observer::nobody()).await;
    let facts = trial.server.clone().unwrap();
    assert_eq!((facts.carriers[&Carrier::H1Tls], facts.certificate), (tls_port(&server), None));
    let line = serde_json::to_string(&Line::Trial(Box::new(trial))).unwrap();
    assert!(line.contains("\"arm\":\"websocket/h1+tls\"") && !line.contains("CERTIFICATE"), "{line}");
}

/// A certificate and its key in files of a directory.
fn files(directory: &Path, name: &str) -> CertificateFiles {
    let own = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let [chain, key] = ["certificate.pem", "key.pem"].map(|file| directory.join(file));
    let pem = |kind: &str, der: &[u8]| {
        format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", BASE64_STANDARD.encode(der))
    };
    fs::write(&chain, pem("CERTIFICATE", own.cert.der())).unwrap();
    fs::write(&key, pem("PRIVATE KEY", &own.signing_key.serialize_der())).unwrap();
    CertificateFiles { chain, key }
}

fn showing(certificate: CertificateFiles) -> ServeOptions {
    let (carriers, certificate) = (vec![(Carrier::H1Tls, 0)], Some(certificate));
    ServeOptions { threads: 1, carriers, certificate, ..ServeOptions::of(Preset::Equal) }
}

#[tokio::test]
async fn exactly_the_stated_certificate_is_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let own = Server::start(showing(files(directory.path(), "127.0.0.1"))).unwrap();
    assert!(measured(&own, cell(), over_tls(Transport::Sse)).await.counters.received > 0);
    let another = files(tempfile::tempdir_in(directory.path()).unwrap().keep().as_path(), "127.0.0.1").chain;
    let why = refusal(own.url(), Some(&another)).await;
    assert!(why.contains("is not trusted: nobody who is trusted has signed it"), "{why}");
    let elsewhere = Server::start(showing(files(directory.path(), "elsewhere"))).unwrap();
    let why = refusal(elsewhere.url(), None).await;
    assert!(why.contains("not valid for name") && why.contains("elsewhere") && !why.contains('\n'), "{why}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_shown_is_one_line() {
    let [directory, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (own, theirs) = (files(directory.path(), "a"), files(other.path(), "a"));
    let missing = directory.path().join("missing.pem");
    for (chain, key, said) in [
        (&missing, &own.key, "missing.pem"),
        (&own.key, &own.key, "holds no certificate in PEM form"),
        (&own.chain, &own.chain, "certificate.pem"),
        (&own.chain, &theirs.key, "certificate: "),
    ] {
        let error = Server::start(showing(CertificateFiles { chain: chain.clone(), key: key.clone() })).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("certificate: ") && error.contains(said) && !error.contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn ends_that_do_not_speak_the_same_say_so_and_the_server_serves_on() {
    let server = server();
    let tls = format!("http://127.0.0.1:{}", tls_port(&server));
    let said = |url: String| {
        let output = Command::new(env!("CARGO_BIN_EXE_loadgen")).args(["run", &url, "-d", "100ms"]).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let cleartext = said(format!("{tls}/sse"));
    assert!(cleartext.contains("the peer speaks TLS on this port: use https://"), "{cleartext}");
    let encrypted = said(format!("{}/sse", server.url().replace("http", "https")));
    assert!(encrypted.contains("does not speak TLS there: use http://"), "{encrypted}");
    let garbage = said(tls.replace("http", "wss") + "/websocket");
    assert!(garbage.contains("is not trusted"), "a certificate of its own is known to who asks for it: {garbage}");
    let plain = Server::start(ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) }).unwrap();
    let why = refusal(plain.url(), None).await;
    assert!(why.ends_with("has no carrier h1+tls: start it with --carrier h1+tls"), "{why}");
    let behind = order_at(tls.replace("http", "https"), cell(), Arm::of(Transport::Sse));
    let behind = workload::trial(workload::Order { insecure: true, ..behind }, Observer::nobody()).await;
    assert!(matches!(&behind.outcome, Outcome::Unsupported(why) if why.contains("is behind TLS")), "{behind:?}");
    for arm in [Arm::of(Transport::Sse), over_tls(Transport::Sse)] {
        assert_eq!(measured(&server, cell(), arm).await.counters.received, 50);
    }
}

#[tokio::test]
async fn a_peer_that_agrees_to_nothing_is_named() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = builder.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://localhost:{}/", listener.local_addr().unwrap().port()).parse().unwrap();
    tokio::spawn(async move { TlsAcceptor::from(Arc::new(config)).accept(listener.accept().await.unwrap().0).await });
    let config = Trust::Anybody.config_for(Carrier::H1Tls).unwrap();
    let dialer = Dialer::resolve(&endpoint, Some(config), Duration::from_secs(5)).await.unwrap();
    let why = dialer.dial(None).await.err().unwrap().to_string();
    assert!(why.contains("did not agree to speak http/1.1 over TLS"), "{why}");
}

#[tokio::test]
async fn one_connection_too_many_is_told_over_tls_too() {
    let limits = Limits { max_connections: 2, ..ServeOptions::of(Preset::Equal).limits };
    let carriers = vec![(Carrier::H1Tls, 0)];
    let options = ServeOptions { threads: 1, carriers, limits, ..ServeOptions::of(Preset::Equal) };
    let server = Server::start(options).unwrap();
    let (order, trust) = (order(&server, cell(), over_tls(Transport::Sse)), Trust::PublicRoots);
    let mut session = Session::open(&server.url().parse().unwrap(), &trust, &[]).await.unwrap();
    session.carry(Carrier::H1Tls, &trust).await.unwrap();
    let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, Duration::from_secs(1)));
    let worker = Worker::new(recorder::Recorder::new(recorder::Reading::Foreign, window, 0, None));
    let spec = session.spec(&order, &wire::Subscription::default(), 0);
    let mut first = Stream::open(&session.dialer, &spec, &worker).await.unwrap();
    first.opened(Duration::from_secs(5)).await.unwrap();
    let mut second = Stream::open(&session.dialer, &spec, &worker).await.unwrap();
    let why = second.opened(Duration::from_secs(5)).await.unwrap_err().to_string();
    assert!(why.contains("503") && why.contains("connections"), "{why}");
}

/// Whoever opens a connection and does not come through the handshake keeps no place, and stops nobody.
#[tokio::test]
async fn a_handshake_that_does_not_come_ends() {
    let server = server();
    let connect = || TcpStream::connect(("127.0.0.1", tls_port(&server))).unwrap();
    let mut silent = connect();
    let mut half = connect();
    // A record of 16 KiB is announced, and does not come.
    half.write_all(&[0x16, 3, 1, 0x40, 0]).unwrap();
    let mut garbage = connect();
    garbage.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut told = Vec::new();
    garbage.read_to_end(&mut told).unwrap();
    assert_eq!(told[0], 0x15, "an alert: {told:?}");
    assert_eq!(measured(&server, cell(), over_tls(Transport::Sse)).await.counters.received, 50);
    for peer in [&mut silent, &mut half] {
        peer.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        peer.read_to_end(&mut Vec::new()).unwrap();
    }
}

#[test]
fn arms_of_one_cell_differ_in_their_carrier_from_plan_to_page() {
    let directory = tempfile::tempdir().unwrap();
    let [plan, out] = ["plan.toml", "out"].map(|name| directory.path().join(name));
    let head = "name = 't'\nwhy = 'w'\nblocks = 1\nredo = 0\n[[cell]]\nname = 'c'\nwhy = 'w'\nscenario = 'push'\n";
    let arms = ["sse", "websocket", "sse/h1+tls", "websocket/h1+tls", "raw-tcp/h1+tls"];
    fs::write(&plan, format!("{head}arms = {arms:?}\nrate = 200\nwindow = '300ms'\nwarmup = '50ms'\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.args(["compare", "--allow-debug", "--preflight", "quick", "--plan"]).arg(&plan).arg("-o").arg(&out);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let records = trial::container::text(&out).unwrap();
    for arm in arms {
        let line = records.lines().find(|line| line.contains(&format!("\"arm\":\"{arm}\""))).unwrap();
        let Line::Trial(trial) = Line::parse(line).unwrap() else { panic!("{line}") };
        match (&trial.outcome, trial.cell.workload.supports(trial.arm)) {
            (Outcome::Measured(m), Ok(())) => assert_eq!((m.counters.lost, m.counters.corrupt), (0, 0), "{arm}"),
            (Outcome::Unsupported(said), Err(why)) => assert_eq!(*said, why),
            (outcome, supported) => panic!("{arm}: {outcome:?}, {supported:?}"),
        }
    }
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    for shown in ["SSE/h1+tls", "WebSocket/h1+tls", "raw-tcp is the floor"] {
        assert!(page.contains(shown), "{shown}");
    }
    let charts: Vec<_> = page.split("<svg").skip(1).filter(|chart| chart.contains("WebSocket/h1+tls")).collect();
    assert!(charts.len() >= 2, "a legend names every arm");
    assert!(said.contains("SSE/h1+tls"), "{said}");
}
