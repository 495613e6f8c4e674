//! TLS for the client side through rustls: bundled roots, a CA of one's own, or no check at all on request.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::PathBuf;
use std::sync::Arc;
use wire::Carrier;

/// Whose certificates to accept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// The public roots that ship with the program.
    #[default]
    PublicRoots,
    /// The certificates of one PEM file, and no others.
    File(PathBuf),
    /// The certificate that one of our servers states (PEM), and no other.
    Stated(String),
    /// Anybody: for test servers with self-signed certificates.
    Anybody,
}

/// Why no TLS configuration could be made.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The CA file is not readable PEM.
    #[error("--cacert {path}: {problem}", path = .0.display(), problem = .1)]
    File(PathBuf, String),
    /// What a server states is no certificate.
    #[error("the certificate that the server states: {0}")]
    Stated(String),
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
    /// [`TrustError`] when the certificates that it names cannot be used.
    pub fn config(&self) -> Result<Arc<ClientConfig>, TrustError> {
        Ok(Arc::new(self.built()?))
    }

    /// The same for a carrier whose protocol both ends must agree on.
    ///
    /// # Errors
    /// As [`Self::config`].
    pub fn config_for(&self, carrier: Carrier) -> Result<Arc<ClientConfig>, TrustError> {
        let alpn_protocols = carrier.alpn().into_iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let mut config = self.built()?;
        config.alpn_protocols = alpn_protocols;
        Ok(Arc::new(config))
    }

    fn built(&self) -> Result<ClientConfig, TrustError> {
        let provider = Arc::new(ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let pinned = |certificates, refused: &dyn Fn(String) -> TrustError| {
            let verifier = Arc::new(OrItself::of(certificates, provider.clone()).map_err(refused)?);
            Ok::<_, TrustError>(
                builder.clone().dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth(),
            )
        };
        match self {
            Self::PublicRoots => {
                let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<RootCertStore>();
                Ok(builder.with_root_certificates(roots).with_no_client_auth())
            }
            Self::File(path) => {
                let refused = |problem| TrustError::File(path.clone(), problem);
                pinned(CertificateDer::pem_file_iter(path).and_then(Iterator::collect), &refused)
            }
            Self::Stated(pem) => pinned(CertificateDer::pem_slice_iter(pem.as_bytes()).collect(), &TrustError::Stated),
            Self::Anybody => {
                let verifier = Arc::new(NoCheck(provider));
                Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
            }
        }
    }
}

/// Accepts what the given authorities have signed, and a given certificate itself: `openssl req -x509` makes one that is
/// its own authority, which no server may show, and who is given a server's alone does not have its authority's. Its name
/// and dates are checked as those of any other.
#[derive(Debug)]
struct OrItself {
    authority: Arc<WebPkiServerVerifier>,
    given: Vec<CertificateDer<'static>>,
}

impl OrItself {
    /// Of certificates as they were read, or else in words why not.
    fn of(
        read: Result<Vec<CertificateDer<'static>>, pem::Error>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let given = read.map_err(|error| error.to_string())?;
        if given.is_empty() {
            return Err("holds no certificate in PEM form".to_owned());
        }
        let mut roots = RootCertStore::empty();
        given.iter().try_for_each(|one| roots.add(one.clone())).map_err(|error| error.to_string())?;
        let authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(Self { authority: authority.map_err(|error| error.to_string())?, given })
    }
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
            // The dates are looked at before the role and the issuer are: they hold.
            Err(rustls::Error::InvalidCertificate(why))
                if (is_authority(&why) || why == CertificateError::UnknownIssuer)
                    && self.given.contains(end_entity) =>
            {
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
