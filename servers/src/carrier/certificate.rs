//! Whom a server says it is over TLS: a certificate of the user's, or one that it makes when it starts.

use super::args::CertificateFiles;
use crate::ServeError;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use nix::ifaddrs::getifaddrs;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::IpAddr;
use std::path::Path;

/// A certificate with its key.
pub(super) struct Certificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Certificate {
    /// The user's, or else one for every name that a server on that address has.
    ///
    /// # Errors
    /// [`ServeError::Certificate`], which names the file and what is wrong with it.
    pub(super) fn of(files: Option<&CertificateFiles>, bind: IpAddr) -> Result<Self, ServeError> {
        files.map_or_else(|| Self::made(bind).map_err(refused), Self::read)
    }

    fn read(CertificateFiles { chain, key }: &CertificateFiles) -> Result<Self, ServeError> {
        let in_file = |path: &Path, problem: &dyn Display| refused(format!("{}: {problem}", path.display()));
        let certificates = CertificateDer::pem_file_iter(chain).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let certificates = certificates.map_err(|error| in_file(chain, &error))?;
        if certificates.is_empty() {
            return Err(in_file(chain, &"holds no certificate in PEM form"));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| in_file(key, &error))?;
        Ok(Self { chain: certificates, key })
    }

    /// Signed by itself, with a key on P-256.
    fn made(bind: IpAddr) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(names(bind))?.self_signed(&key)?;
        let chain = vec![certificate.der().clone()];
        Ok(Self { chain, key: PrivateKeyDer::Pkcs8(key.serialize_der().into()) })
    }

    /// The certificates and the key, for a configuration.
    pub(super) fn parts(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        (self.chain.clone(), self.key.clone_key())
    }

    /// The certificate itself in PEM.
    pub(super) fn pem(&self) -> String {
        let text = BASE64_STANDARD.encode(&self.chain[0]);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }
}

fn refused(problem: impl Display) -> ServeError {
    ServeError::Certificate(problem.to_string())
}

/// The names under which a server on that address is dialled: the address, and on all addresses those of every interface.
fn names(bind: IpAddr) -> Vec<String> {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    let local = [Some("localhost".to_owned()), host].into_iter().flatten();
    if !bind.is_unspecified() {
        return local.chain([bind.to_string()]).collect();
    }
    let interfaces = getifaddrs().into_iter().flatten().filter_map(|interface| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::from(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::from(v6.ip())))
    });
    let addresses: BTreeSet<IpAddr> = interfaces.collect();
    local.chain(addresses.iter().map(IpAddr::to_string)).collect()
}
