//! TLS for the client side through rustls: bundled roots, a CA of one's own, or no check at all on request.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whom to believe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// The public roots that ship with the program.
    #[default]
    PublicRoots,
    /// The certificates of one PEM file, and no others.
    File(PathBuf),
    /// Anybody: for test servers with self-signed certificates.
    Anybody,
}

/// Why no TLS configuration could be made.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The CA file is not readable PEM.
    #[error("--cacert {path}: {problem}", path = .0.display(), problem = .1)]
    File(PathBuf, String),
    /// rustls refused its own defaults.
    #[error("TLS: {0}")]
    Rustls(#[from] rustls::Error),
}

impl Trust {
    /// What `--cacert` and `--insecure` say: anybody, else the file, else the public roots.
    pub fn from_flags(cacert: Option<PathBuf>, insecure: bool) -> Self {
        match (cacert, insecure) {
            (_, true) => Self::Anybody,
            (Some(path), false) => Self::File(path),
            (None, false) => Self::PublicRoots,
        }
    }

    /// A configuration for connections, shared by all of them.
    ///
    /// # Errors
    /// [`TrustError`] when the CA file cannot be used.
    pub fn config(&self) -> Result<Arc<ClientConfig>, TrustError> {
        let provider = Arc::new(ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let config = match self {
            Self::PublicRoots => {
                let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<RootCertStore>();
                builder.with_root_certificates(roots).with_no_client_auth()
            }
            Self::File(path) => {
                let refused = |problem: String| TrustError::File(path.clone(), problem);
                let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots_in(path)?), provider)
                    .build()
                    .map_err(|error| refused(error.to_string()))?;
                builder.with_webpki_verifier(verifier).with_no_client_auth()
            }
            Self::Anybody => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(NoCheck(provider))).with_no_client_auth()
            }
        };
        Ok(Arc::new(config))
    }
}

fn roots_in(path: &Path) -> Result<RootCertStore, TrustError> {
    let refused = |problem: &str| TrustError::File(path.to_owned(), problem.to_owned());
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| refused(&error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| refused(&error.to_string()))?;
        roots.add(certificate).map_err(|error| refused(&error.to_string()))?;
    }
    if roots.is_empty() { Err(refused("holds no certificate in PEM form")) } else { Ok(roots) }
}

/// Accepts every certificate; signatures are still checked, so that the handshake costs what it costs.
#[derive(Debug)]
struct NoCheck(Arc<CryptoProvider>);

impl ServerCertVerifier for NoCheck {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
