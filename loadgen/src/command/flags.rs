//! Flags that several commands share, and how their values are read.

use crate::runner::RunOptions;
use crate::sources::Sources;
use anyhow::{Context as _, ensure};
use clap::Args;
use client::tls::Trust;
use llm::format::Key;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;
use trial::Arm;
use wire::Rate;

/// Flags about the way to the server, shared by `compare` and `run`.
#[derive(Debug, Clone, Args)]
pub struct ConnectionArgs {
    /// Header for every request, such as 'Authorization: Bearer …' (repeatable)
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// Trust the certificates in this PEM file, and no others
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Do not check certificates (test servers)
    #[arg(short = 'k', long, conflicts_with = "cacert")]
    pub insecure: bool,
    /// Addresses of this host that connections come from, in turn: a list with commas of addresses and IPv4 ranges, such as
    /// 127.0.0.2-127.0.0.9 [default: the kernel's choice; several of 127.0.0.0/8 for over 14000 connections to it]
    #[arg(long, value_name = "LIST", value_parser = Sources::from_str)]
    source_address: Option<Sources>,
    /// The token of one of our servers
    #[command(flatten)]
    pub token: TokenArgs,
    /// Worker threads of the load generator [default: half of the CPUs]
    #[arg(short = 't', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
    /// Connections opened a second [default: 2000, where the endpoint is none of our servers 500]
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub connect_rate: Option<Rate>,
}

impl ConnectionArgs {
    /// Whose certificates to accept.
    pub fn trust(&self) -> Trust {
        Trust::from_flags(self.cacert.clone(), self.insecure)
    }

    /// Headers for every request, the token's among them.
    ///
    /// # Errors
    /// When no token is to be had where one is asked for.
    pub fn headers(&self) -> anyhow::Result<Vec<(String, String)>> {
        self.token.join(&self.headers)
    }

    /// How trials are run, against `target` where there is one.
    ///
    /// # Errors
    /// As [`Self::headers`].
    pub fn run_options(&self, seed: u64, target: Option<String>) -> anyhow::Result<RunOptions> {
        Ok(RunOptions {
            target,
            headers: self.headers()?,
            cacert: self.cacert.clone(),
            insecure: self.insecure,
            connect_rate: self.connect_rate,
            sources: self.sources()?,
            ..RunOptions::local(seed, self.threads())
        })
    }

    /// Addresses that connections come from; none where none is named.
    ///
    /// # Errors
    /// When this host does not have one of them.
    pub fn sources(&self) -> anyhow::Result<Vec<IpAddr>> {
        self.source_address.as_ref().map_or(Ok(Vec::new()), Sources::of_this_host).context("--source-address")
    }

    /// Worker threads to use.
    pub fn threads(&self) -> usize {
        self.threads.map_or_else(crate::host::default_threads, usize::from)
    }
}

/// The token of one of our servers, for every command that may meet one.
#[derive(Debug, Clone, Default, Args)]
pub struct TokenArgs {
    /// Environment variable that holds the token which one of our servers asks for (`serve --token`); it goes with every
    /// request, and is never shown or recorded
    #[arg(long, value_name = "NAME")]
    pub token_env: Option<String>,
}

impl TokenArgs {
    /// These headers, and the one that carries the token.
    ///
    /// # Errors
    /// When the variable holds no token, or the headers already say who is asking.
    pub fn join(&self, headers: &[(String, String)]) -> anyhow::Result<Vec<(String, String)>> {
        let token = self.token_env.as_deref().map(|name| key_of_variable("--token-env", name)).transpose()?;
        let known = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        ensure!(token.is_none() || !known, "--token-env and -H 'Authorization: …' say the same: give one of them");
        Ok(headers.iter().cloned().chain(token.map(|token| token.bearer())).collect())
    }
}

/// The key in an environment variable, which `flag` names.
pub(super) fn key_of_variable(flag: &str, name: &str) -> anyhow::Result<Key> {
    let value = std::env::var(name).ok().with_context(|| format!("{flag}: no variable {name} is set"))?;
    value.parse().map_err(|why| anyhow::anyhow!("{flag}: the value of {name} is {why}"))
}

/// `NAME: VALUE`.
pub(super) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected 'NAME: VALUE'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// An arm that can be run, such as `sse` or `websocket!library`. The null twin is no choice: a plan has it or has it not.
pub fn arm(text: &str) -> Result<Arm, String> {
    let arm: Arm = text.parse().map_err(|error: trial::ParseArmError| error.to_string())?;
    if arm.twin {
        return Err("the null twin is added where a plan has one".to_owned());
    }
    arm.supported().map_err(|error| error.to_string())?;
    Ok(arm)
}

/// A rate with an optional suffix: `500`, `1.5k`, `2m`.
pub fn rate(text: &str) -> Result<Rate, String> {
    let (digits, factor) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1e3),
        Some((at, 'm' | 'M')) => (&text[..at], 1e6),
        _ => (text, 1.0),
    };
    let rate = digits.parse::<f64>().ok().and_then(|rate| Rate::per_second(rate * factor));
    rate.ok_or_else(|| "expected events a second above zero, such as 100 or 2.5k".to_owned())
}

/// A duration such as `10s`, `250ms` or `2m`; a bare number is seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds));
    match seconds {
        Some(seconds) => Ok(Duration::from_secs_f64(seconds)),
        None => humantime::parse_duration(text).map_err(|_| "expected a duration such as 10s, 250ms or 2m".to_owned()),
    }
}

/// A size in bytes with an optional suffix: `64`, `16k`, `1m` (powers of 1,024).
pub fn bytes(text: &str) -> Result<usize, String> {
    let (digits, factor) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
        _ => (text, 1),
    };
    let size = digits.parse::<usize>().ok().and_then(|size| size.checked_mul(factor));
    let range = wire::MIN_PAYLOAD_BYTES..=wire::MAX_PAYLOAD_BYTES;
    size.filter(|size| range.contains(size))
        .ok_or_else(|| format!("expected {} (the stamp) to {} bytes, such as 64 or 16k", range.start(), range.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_understood() {
        assert_eq!(rate("2.5k").unwrap().get(), 2500.0);
        assert_eq!(duration("1.5").unwrap(), Duration::from_millis(1500));
        assert_eq!(duration("2m").unwrap(), Duration::from_secs(120));
        assert_eq!(bytes("16k").unwrap(), 16_384);
        for text in ["", "k", "-1", "0", "x", "1e400"] {
            assert!(rate(text).is_err() && bytes(text).is_err(), "{text}");
        }
        assert!(duration("-1").is_err() && duration("soon").is_err());
        assert_eq!(arm("websocket!library").unwrap().to_string(), "websocket!library");
        assert_eq!(arm("sse/h2").unwrap_err(), "sse/h2: carrier h2 is not supported yet");
        assert!(arm("sse'").is_err() && arm("see").is_err());
        assert_eq!(header("A: b:c").unwrap(), ("A".to_owned(), "b:c".to_owned()));
    }
}
