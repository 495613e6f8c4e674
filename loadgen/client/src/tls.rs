//! TLS for the client side through rustls: bundled roots, a CA of one's own, or no check at all on request.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whose certificates to accept.
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
                let (roots, given) = certificates_in(path)?;
                let authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                    .build()
                    .map_err(|error| refused(error.to_string()))?;
                let verifier = Arc::new(OrItself { authority, given });
                builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
            }
            Self::Anybody => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(NoCheck(provider))).with_no_client_auth()
            }
        };
        Ok(Arc::new(config))
    }
}

/// The certificates of a file, as authorities and as they are.
fn certificates_in(path: &Path) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), TrustError> {
    let refused = |problem: &str| TrustError::File(path.to_owned(), problem.to_owned());
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| refused(&error.to_string()))?;
    let (mut roots, mut given) = (RootCertStore::empty(), Vec::new());
    for certificate in certificates {
        let certificate = certificate.map_err(|error| refused(&error.to_string()))?;
        roots.add(certificate.clone()).map_err(|error| refused(&error.to_string()))?;
        given.push(certificate);
    }
    if given.is_empty() { Err(refused("holds no certificate in PEM form")) } else { Ok((roots, given)) }
}

/// Accepts what the given authorities have signed, and a given certificate itself: `openssl req -x509` makes one that is
/// its own authority, which no server may show. Its name and dates are checked as those of any other.
#[derive(Debug)]
struct OrItself {
    authority: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for OrItself {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.authority.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The dates are looked at before the role is: they hold.
            Err(rustls::Error::InvalidCertificate(why)) if is_authority(&why) && self.given.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authority.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authority.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authority.supported_verify_schemes()
    }
}

/// Whether a certificate was refused because it is that of an authority.
fn is_authority(why: &CertificateError) -> bool {
    let CertificateError::Other(other) = why else { return false };
    other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}

/// Why a certificate is not trusted, and what would help.
pub(crate) fn advice(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired: renew it, or set this host's clock".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet: set this host's clock, or wait".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("{why}: use a name that it is for, or have it made for this one")
        }
        // Another certificate of the same issuer's name, which was made anew, shows by its signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "nobody who is trusted has signed it: use --cacert FILE with the certificate of who has, \
             or --insecure for a test server"
                .to_owned()
        }
        _ if is_authority(why) => {
            "it is a certificate authority's own: use --cacert FILE with this very certificate".to_owned()
        }
        _ => format!("{why}: have it made anew, or use --insecure for a test server"),
    }
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
