//! What a server is started with, and the flags that say it. Refuses to open a socket.

use crate::ServeError;
use crate::access::{self, Access, Gate};
use crate::budget::Budget;
use crate::carrier::args::{CarrierArgs, CertificateFiles};
use crate::clock::Disguise;
use crate::listener;
use crate::llm::LlmOptions;
use crate::run::{SPARE_FILES, raise_open_files};
use crate::secret::{ApiKey, Secret};
use crate::state::Defense;
use clap::ArgAction;
use clap::builder::{StringValueParser, TypedValueParser as _};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::available_parallelism;
use std::time::Duration;
use wire::{Carrier, Flush, Limits, MAX_PAYLOAD_BYTES, MIN_PAYLOAD_BYTES, Preset, Rate, Tuning};

/// Most runtime threads that one server may start.
const MAX_THREADS: usize = 256;

/// Longest tick of a pacer.
const MAX_TICK: Duration = Duration::from_secs(1);
/// Longest time that a pacer stays awake for an event.
const MAX_SPIN: Duration = Duration::from_millis(1);

/// Fewest characters of a token that somebody made up.
const MIN_TOKEN_BYTES: usize = 16;
/// Least memory for clients: one request of the largest size, and some streams.
const MIN_MEMORY_BYTES: usize = 16 << 20;

/// Most that a byte of a request may cost: with the default limit on requests, about a second.
const MAX_COST_PER_BYTE_NS: u64 = 1_000;

/// Everything that a server needs to start.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Carriers to listen for beside cleartext HTTP/1.1, each with its port on the same address; 0 takes a free one.
    pub carriers: Vec<(Carrier, u16)>,
    /// What is shown over TLS; a certificate is made where there is none.
    pub certificate: Option<CertificateFiles>,
    /// Runtime threads, each with its own listeners; the pacer has one more of its own.
    pub threads: usize,
    /// Knobs of sockets and libraries.
    pub tuning: Tuning,
    /// Bounds on what clients may ask.
    pub limits: Limits,
    /// The language-model service.
    pub llm: LlmOptions,
    /// Who may ask.
    pub access: Access,
    /// Whether clients may order damage where the server listens beyond loopback; on loopback they always may.
    pub allow_faults: bool,
    /// Bytes that all clients together may make the server keep: messages, texts, histories, frames.
    pub max_memory_bytes: usize,
    /// Whether `run` ends when stdin does: a child that does not outlive its parent.
    pub exit_with_stdin: bool,
    /// Whether the heap is accounted for, and `/heap` answers.
    pub heap_profile: bool,
    /// Whom the server pretends to be; for tests, and no flag.
    pub disguise: Option<Disguise>,
}

impl ServeOptions {
    /// A server on a free loopback port with the knobs of `preset`, the default limits and a thread for each CPU.
    ///
    /// Where the host refuses the preset's congestion control, its default stays in force and `/facts` states it.
    pub fn of(preset: Preset) -> Self {
        let mut tuning = Tuning::of(preset);
        tuning.congestion_control = tuning.congestion_control.filter(|name| listener::can_use_congestion(name));
        let limits = Limits { max_connections: default_connections(), ..DEFAULT_LIMITS };
        let llm = LlmOptions::default();
        Self {
            bind: LOOPBACK,
            carriers: Vec::new(),
            certificate: None,
            threads: cpus(),
            tuning,
            limits,
            llm,
            access: Access::default(),
            allow_faults: false,
            max_memory_bytes: DEFAULT_MEMORY_BYTES,
            exit_with_stdin: false,
            heap_profile: false,
            disguise: None,
        }
    }

    /// What stands between the server on that port and its clients.
    pub(crate) fn guard(&self, port: u16) -> io::Result<Defense> {
        Ok(Defense {
            gate: Gate::new(self.access.clone(), port, self.llm.key.is_some())?,
            budget: Budget::new(self.max_memory_bytes),
            allows_faults: self.allow_faults || self.bind.ip().is_loopback(),
        })
    }
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self::of(Preset::default())
    }
}

const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

const DEFAULT_LIMITS: Limits =
    Limits { max_connections: 20_000, max_rate: 1e6, max_payload_bytes: MAX_PAYLOAD_BYTES, max_request_bytes: 1 << 20 };

/// A gigabyte: 20,000 streams of 16 KiB events, or 1,000 requests of the largest size.
const DEFAULT_MEMORY_BYTES: usize = 1 << 30;

/// As many as the default says, or as the limit on open files has room for.
fn default_connections() -> usize {
    let room = raise_open_files().saturating_sub(SPARE_FILES).max(1);
    usize::try_from(room).unwrap_or(usize::MAX).min(DEFAULT_LIMITS.max_connections)
}

fn cpus() -> usize {
    available_parallelism().map_or(1, usize::from).min(MAX_THREADS)
}

/// Flags of the `servers` program and of `loadgen serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeArgs {
    /// Address and port to listen on. Port 0 takes a free one; beyond loopback every request needs the server's token.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = LOOPBACK)]
    bind: SocketAddr,
    #[command(flatten)]
    carrier: CarrierArgs,
    /// Runtime threads, each with its own listeners [default: one for each CPU]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS as i64))]
    threads: Option<u16>,
    /// Knobs to start from: `equal` gives every transport the same, `stock` leaves what the libraries do by themselves.
    #[arg(long, value_name = "stock|equal", default_value_t)]
    preset: Preset,
    /// When framed events are written: one `each`, all that are `ready`, or as the `library` does [default: the preset's]
    #[arg(long, value_name = "each|ready|library")]
    flush: Option<Flush>,
    /// TCP_NODELAY on accepted sockets [default: the preset's]
    #[arg(long, value_name = "on|off", value_parser = on_or_off)]
    nodelay: Option<bool>,
    /// TCP congestion control, or `host` for the host's default [default: the preset's]
    #[arg(long, value_name = "NAME")]
    congestion: Option<String>,
    /// Least time from one round of due events to the next on each thread: fewer wake-ups, for later events.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    tick: Duration,
    /// Time before an event is due that its thread stays awake for it: earlier events, for one busy CPU a thread.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    spin: Duration,
    /// Most connections at one time; one more is answered 503 [default: 20000, or what the open-files limit allows]
    #[arg(long, value_name = "N")]
    max_connections: Option<usize>,
    /// Most events a second on one stream.
    #[arg(long, value_name = "EVENTS", default_value_t = DEFAULT_LIMITS.max_rate)]
    max_rate: f64,
    /// Largest payload of an event, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_LIMITS.max_payload_bytes)]
    max_payload: usize,
    /// Largest request body or client message, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_LIMITS.max_request_bytes)]
    max_request: usize,
    /// Nanoseconds of computing for each byte of a request to /v1/…, as a server pays that reads the history again.
    #[arg(long, value_name = "NS", default_value_t = 0)]
    server_cost_per_byte: u64,
    /// Most answers that /v1/… generates at one time; one more is refused with 429 and retry-after.
    #[arg(long, value_name = "N", default_value_t = LlmOptions::default().max_answers)]
    llm_max_answers: usize,
    /// Key that requests to /v1/… must carry; none is asked for without it.
    #[arg(long, value_name = "KEY", env = "PUSHBENCH_LLM_KEY", hide_env_values = true, value_parser = StringValueParser::new().map(Secret::unchecked))]
    llm_key: Option<ApiKey>,
    /// Token that every request must carry as `Authorization: Bearer TOKEN`; others on this host can read it where it stands
    /// in a command line [default: a random one beyond loopback, printed once; none on loopback]
    #[arg(long, value_name = "TOKEN", value_parser = StringValueParser::new().map(Secret::unchecked), conflicts_with_all = ["token_env", "open"])]
    token: Option<Secret>,
    /// Environment variable that holds the token.
    #[arg(long, value_name = "NAME", conflicts_with = "open")]
    token_env: Option<String>,
    /// Ask for no token beyond loopback: anyone who reaches the server can use it, by its address.
    #[arg(long, action = ArgAction::SetTrue)]
    open: bool,
    /// Let pages of that origin use this server, as `https://HOST[:PORT]`; may be given several times.
    #[arg(long, value_name = "ORIGIN", value_parser = access::origin)]
    allow_origin: Vec<String>,
    /// Let clients order damage (faults, mishaps) beyond loopback as well.
    #[arg(long, action = ArgAction::SetTrue)]
    allow_faults: bool,
    /// Most bytes that all clients together may make this server keep: messages, texts, histories, frames.
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_MEMORY_BYTES)]
    max_memory: usize,
    /// End when stdin ends.
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    exit_with_stdin: bool,
    /// Account for the heap by call stack, and answer GET /heap with it; for measuring memory, not speed.
    #[arg(long, action = ArgAction::SetTrue)]
    heap_profile: bool,
}

impl ServeArgs {
    /// The options that these flags ask for.
    ///
    /// # Errors
    /// [`ServeError::Flag`] for a value that no server can have.
    pub fn options(self) -> Result<ServeOptions, ServeError> {
        let (limits, llm, access) = (self.limits()?, self.llm(), self.access()?);
        self.check_cadence()?;
        let (allow_faults, max_memory_bytes) = (self.allow_faults, self.max_memory);
        let own = ServeOptions::of(self.preset);
        let mut options = ServeOptions { limits, llm, access, allow_faults, max_memory_bytes, bind: self.bind, ..own };
        (options.certificate, options.carriers) = (self.carrier.certificate(), self.carrier.carriers);
        options.threads = self.threads.map_or(options.threads, usize::from);
        options.exit_with_stdin = self.exit_with_stdin;
        options.heap_profile = self.heap_profile;
        let tuning = &mut options.tuning;
        tuning.flush = self.flush.unwrap_or(tuning.flush);
        tuning.nodelay = self.nodelay.unwrap_or(tuning.nodelay);
        if let Some(name) = self.congestion {
            tuning.congestion_control = (name != "host").then_some(name);
        }
        (tuning.tick_ns, tuning.spin_ns) = (self.tick.as_nanos() as u64, self.spin.as_nanos() as u64);
        Ok(options)
    }

    fn check_cadence(&self) -> Result<(), ServeError> {
        for (length, longest, flag, expected) in [
            (self.tick, MAX_TICK, "--tick", "a time of at most 1s"),
            (self.spin, MAX_SPIN, "--spin", "a time of at most 1ms: a CPU is busy meanwhile"),
        ] {
            if length > longest {
                return Err(ServeError::Flag { flag, expected });
            }
        }
        Ok(())
    }

    /// Beyond loopback there is a token, unless the user wants none.
    fn access(&self) -> Result<Access, ServeError> {
        let named = self.token_env.as_deref().map(|name| Secret::unchecked(std::env::var(name).unwrap_or_default()));
        for (token, flag) in [(&self.token, "--token"), (&named, "--token-env")] {
            if token.as_ref().is_some_and(|token| !token.fits(MIN_TOKEN_BYTES)) {
                return Err(ServeError::Flag { flag, expected: "16 to 256 visible ASCII characters" });
            }
        }
        let token = match self.token.clone().or(named) {
            None if !self.open && !self.bind.ip().is_loopback() => {
                let generated = Secret::generate();
                Some(generated.map_err(|source| ServeError::System { what: "get random bytes", source })?)
            }
            given => given,
        };
        Ok(Access { token, origins: self.allow_origin.clone() })
    }

    /// Whether the token is of our making, so that somebody must be told.
    pub(crate) const fn generates_token(&self) -> bool {
        self.token.is_none() && self.token_env.is_none()
    }

    fn llm(&self) -> LlmOptions {
        let (cost_per_byte_ns, max_answers) = (self.server_cost_per_byte, self.llm_max_answers);
        LlmOptions { key: self.llm_key.clone(), max_answers, cost_per_byte_ns }
    }

    fn limits(&self) -> Result<Limits, ServeError> {
        let payloads = MIN_PAYLOAD_BYTES..=MAX_PAYLOAD_BYTES;
        let checks = [
            (self.max_connections != Some(0), "--max-connections", "a number above zero"),
            (Rate::per_second(self.max_rate).is_some(), "--max-rate", "events a second, a number above zero"),
            (payloads.contains(&self.max_payload), "--max-payload", "bytes, 48 (the stamp) to 1048576"),
            (self.max_request > 0, "--max-request", "bytes, a number above zero"),
            (self.max_memory >= MIN_MEMORY_BYTES, "--max-memory", "bytes, 16777216 or more"),
            (self.llm_key.as_ref().is_none_or(|key| key.fits(1)), "--llm-key", "1 to 256 visible ASCII characters"),
            (self.llm_max_answers > 0, "--llm-max-answers", "a number above zero"),
            (
                self.server_cost_per_byte <= MAX_COST_PER_BYTE_NS,
                "--server-cost-per-byte",
                "nanoseconds a byte, 0 to 1000: a runtime thread stands still meanwhile",
            ),
        ];
        for (fits, flag, expected) in checks {
            if !fits {
                return Err(ServeError::Flag { flag, expected });
            }
        }
        Ok(Limits {
            max_connections: self.max_connections.unwrap_or_else(default_connections),
            max_rate: self.max_rate,
            max_payload_bytes: self.max_payload,
            max_request_bytes: self.max_request,
        })
    }
}

fn on_or_off(word: &str) -> Result<bool, &'static str> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected on or off"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn options(flags: &[&str]) -> Result<ServeOptions, ServeError> {
        Program::try_parse_from([&["servers"], flags].concat()).unwrap().serve.options()
    }

    #[test]
    fn flags_change_the_preset_one_by_one() {
        let plain = options(&[]).unwrap();
        assert!(plain.bind.ip().is_loopback() && plain.tuning.nodelay && plain.tuning.flush == Flush::Each);
        let changed = options(&["--preset", "stock", "--flush", "ready", "--nodelay", "on", "--threads", "3"]).unwrap();
        let expected = Tuning { flush: Flush::Ready, nodelay: true, ..Tuning::of(Preset::Stock) };
        assert_eq!((changed.tuning, changed.threads), (expected, 3));
        let paced = options(&["--tick", "100us", "--spin", "30us"]).unwrap().tuning;
        assert_eq!((paced.tick_ns, paced.spin_ns), (100_000, 30_000));
        assert_eq!(options(&["--congestion", "host"]).unwrap().tuning.congestion_control, None);
        assert_eq!(options(&["--congestion", "x"]).unwrap().tuning.congestion_control.as_deref(), Some("x"));
    }

    #[test]
    fn beyond_loopback_a_token_is_asked_for_unless_the_user_says_otherwise() {
        let given = "0123456789abcdef";
        for (flags, asked) in [
            (&[][..], false),
            (&["--bind", "[::1]:0"], false),
            (&["--token", given], true),
            (&["--bind", "0.0.0.0:0"], true),
            (&["--bind", "10.0.0.1:0", "--token", given], true),
            (&["--bind", "0.0.0.0:0", "--open"], false),
        ] {
            assert_eq!(options(flags).unwrap().access.token.is_some(), asked, "{flags:?}");
        }
        let token = |flags: &[&str]| options(flags).unwrap().access.token.unwrap();
        assert!(token(&["--token", given]).is(given.as_bytes()));
        let (one, other) = (token(&["--bind", "0.0.0.0:0"]), token(&["--bind", "0.0.0.0:0"]));
        assert!(!one.is(other.reveal().as_bytes()));
        for wrong in [&["--token", given, "--open"][..], &["--allow-origin", "a.example"]] {
            assert!(Program::try_parse_from([&["servers"], wrong].concat()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn impossible_limits_name_the_flag() {
        for (flag, value) in [
            ("--llm-max-answers", "0"),
            ("--max-connections", "0"),
            ("--max-rate", "nan"),
            ("--max-payload", "47"),
            ("--max-request", "0"),
            ("--max-memory", "16777215"),
            ("--token-env", "PUSHBENCH_NO_SUCH_VARIABLE"),
            ("--token", "too-short"),
            ("--llm-key", "two words"),
            ("--server-cost-per-byte", "1001"),
            ("--tick", "2s"),
            ("--spin", "2ms"),
        ] {
            let error = options(&[flag, value]).unwrap_err().to_string();
            assert!(error.starts_with(flag) && !error.contains("too-short"), "{error}");
        }
    }
}
