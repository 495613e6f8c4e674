//! Flags about carriers.

use std::path::PathBuf;
use wire::{Carrier, ParseCarrierError};

/// Which carriers are asked for, and what is shown over TLS.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CarrierArgs {
    /// Also listen for that carrier, on a port of its own: h1+tls is HTTP/1.1 over TLS 1.3. Its port stands in /facts.
    #[arg(long = "carrier", value_name = "CARRIER[=PORT]", value_parser = carrier)]
    pub(crate) carriers: Vec<(Carrier, u16)>,
    /// Show this certificate over TLS (PEM, with those of its issuers after it) [default: one made at the start, told in /facts]
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The key of --cert (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

/// A certificate of the user's.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The certificate, and those of who signed it after it, in PEM.
    pub chain: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

impl CarrierArgs {
    /// The user's certificate, where there is one.
    pub(crate) fn certificate(&self) -> Option<CertificateFiles> {
        self.cert.clone().zip(self.key.clone()).map(|(chain, key)| CertificateFiles { chain, key })
    }
}

/// A carrier and its port; 0 where none is named.
fn carrier(text: &str) -> Result<(Carrier, u16), String> {
    let (name, port) = text.split_once('=').unwrap_or((text, "0"));
    let port = port.parse().map_err(|_| format!("`{port}` is no port"))?;
    Ok((name.parse().map_err(|error: ParseCarrierError| error.to_string())?, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        args: CarrierArgs,
    }

    fn parsed(line: &str) -> Result<CarrierArgs, String> {
        let words = std::iter::once("servers").chain(line.split(' '));
        Program::try_parse_from(words).map(|program| program.args).map_err(|error| error.to_string())
    }

    #[test]
    fn a_carrier_has_a_port_and_a_certificate_its_key() {
        assert_eq!(parsed("--carrier h1+tls").unwrap().carriers, [(Carrier::H1Tls, 0)]);
        assert_eq!(parsed("--carrier h1+tls=8443").unwrap().carriers, [(Carrier::H1Tls, 8443)]);
        let files = parsed("--cert a --key b").unwrap().certificate().unwrap();
        assert_eq!([files.chain, files.key], ["a", "b"].map(PathBuf::from));
        for (line, said) in [
            ("--carrier h1+tls=no", "`no` is no port"),
            ("--carrier h4", "unknown carrier `h4`, expected one of `h1`, `h1+tls`"),
            ("--cert a", "--key <FILE>"),
            ("--key a", "--cert <FILE>"),
        ] {
            let refused = parsed(line).unwrap_err();
            assert!(refused.contains(said), "{line}: {refused}");
        }
    }
}
