//! Whose certificates `--cacert` accepts: authorities, and one certificate itself; names and dates hold for both.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::{Engine as _, prelude::BASE64_STANDARD as STANDARD};
use client::Dialer;
use client::tls::Trust;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A certificate and its key.
struct Own {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// As `openssl req -x509` makes it: its own issuer, and an authority's.
fn own(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Own {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    Own { certificate: params.self_signed(&key).unwrap(), key }
}

impl Own {
    fn write(&self, path: &Path) -> Trust {
        let text = STANDARD.encode(self.certificate.der());
        fs::write(path, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")).unwrap();
        Trust::File(path.to_owned())
    }

    /// A server that shows it; its URL.
    async fn serve(&self) -> String {
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let chain = vec![self.certificate.der().clone()];
        let config = builder.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let (acceptor, listener) =
            (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let _ = acceptor.accept(listener.accept().await.unwrap().0).await;
            }
        });
        format!("https://localhost:{port}/")
    }
}

/// What comes of a handshake.
async fn dial(url: &str, trust: &Trust) -> Result<(), String> {
    let endpoint = url.parse().unwrap();
    let dialer = Dialer::resolve(&endpoint, Some(trust.config().unwrap()), Duration::from_secs(5)).await.unwrap();
    dialer.dial(None).await.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_given_certificate_is_trusted_itself_but_not_beyond_its_name_and_its_dates() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("own.pem");
    let good = own("localhost", |_| ());
    assert_eq!(dial(&good.serve().await, &good.write(&path)).await, Ok(()));
    let refused = |change: fn(&mut CertificateParams), name: &'static str| {
        let bad = own(name, change);
        let path = path.clone();
        async move { dial(&bad.serve().await, &bad.write(&path)).await.unwrap_err() }
    };
    let wrong = refused(|_| (), "elsewhere").await;
    assert!(wrong.contains("not valid for name") && wrong.contains("elsewhere"), "{wrong}");
    let over = refused(|params| params.not_after = date_time_ymd(2001, 1, 1), "localhost").await;
    assert!(over.contains("it has expired: renew it"), "{over}");
    let early = refused(|params| params.not_before = date_time_ymd(2090, 1, 1), "localhost").await;
    assert!(early.contains("it is not valid yet"), "{early}");
}

#[tokio::test]
async fn another_certificate_of_the_same_name_is_refused_with_advice_that_helps() {
    let directory = tempfile::tempdir().unwrap();
    let given = own("localhost", |_| ()).write(&directory.path().join("given.pem"));
    let url = own("localhost", |_| ()).serve().await;
    let shown = dial(&url, &given).await.unwrap_err();
    assert!(shown.contains("use --cacert FILE with this very certificate"), "{shown}");
    let leaf = own("localhost", |params| params.is_ca = IsCa::NoCa);
    let unknown = dial(&leaf.serve().await, &given).await.unwrap_err();
    assert!(unknown.contains("nobody who is trusted has signed it: use --cacert FILE"), "{unknown}");
    let itself = leaf.write(&directory.path().join("leaf.pem"));
    assert_eq!(dial(&leaf.serve().await, &itself).await, Ok(()));
}
