//! Bytes below TLS are counted apart from those above it: 22 for each record, and the handshake by itself.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use client::Dialer;
use client::recorder::{Reading, Recorder};
use client::tls::Trust;
use client::window::{Basis, Window};
use client::worker::Worker;
use rustls::pki_types::PrivateKeyDer;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use trial::Layers;

/// A TLS 1.3 record around its payload: header 5, content type 1, tag 16 (RFC 8446, section 5.2).
const RECORD_BYTES: u64 = 22;
const ASKED: usize = 100;
const ANSWERED: usize = 1_000;

fn acceptor() -> TlsAcceptor {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
    // Tickets would come behind the handshake and be counted with what follows it.
    config.send_tls13_tickets = 0;
    TlsAcceptor::from(Arc::new(config))
}

/// A peer that answers each request with so many records.
async fn peer(records: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut stream = acceptor().accept(listener.accept().await.unwrap().0).await.unwrap();
        stream.read_exact(&mut [0; ASKED]).await.unwrap();
        for _ in 0..records {
            stream.write_all(&[7; ANSWERED]).await.unwrap();
            stream.flush().await.unwrap();
        }
        // Stays open: the client closes first.
        std::future::pending::<()>().await;
    });
    format!("https://localhost:{port}/")
}

/// Asks once, reads all, closes, and says what the link folded into the recorder.
async fn exchange(records: usize) -> Layers {
    let window = Arc::new(Window::new(Basis::Receipt, Duration::ZERO, Duration::from_secs(1)));
    let worker = Worker::new(Recorder::new(Reading::Foreign, window, 0, None));
    let trust = Trust::Anybody.config().unwrap();
    let endpoint = peer(records).await.parse().unwrap();
    let dialer = Dialer::resolve(&endpoint, Some(trust), Duration::from_secs(5)).await.unwrap();
    let (mut link, _) = dialer.dial(Some(&worker)).await.unwrap();
    link.write_all(&[9; ASKED]).await.unwrap();
    link.flush().await.unwrap();
    link.read_exact(&mut vec![0; records * ANSWERED]).await.unwrap();
    drop(link);
    worker.finish().unwrap().finish().0.layers.unwrap()
}

#[tokio::test]
async fn each_record_adds_22_bytes_and_the_handshake_is_kept_apart() {
    for records in [1, 5] {
        let layers = exchange(records).await;
        let above = [ASKED as u64, (records * ANSWERED) as u64];
        let below = [
            layers.below_tls.out_bytes - layers.handshakes.out_bytes,
            layers.below_tls.back_bytes - layers.handshakes.back_bytes,
        ];
        assert_eq!(below, [above[0] + RECORD_BYTES, above[1] + RECORD_BYTES * records as u64], "{layers:?}");
        assert!(layers.handshakes.out_bytes > 0 && layers.handshakes.back_bytes > 0, "{layers:?}");
        // TCP carried what TLS gave it, and nothing else.
        let carried = [layers.whole.out.payload_bytes, layers.whole.back.payload_bytes];
        assert_eq!(carried, [layers.below_tls.out_bytes, layers.below_tls.back_bytes], "{layers:?}");
    }
}
