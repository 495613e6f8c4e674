//! `loadgen llm` as its users meet it, against our own service, its mishaps and a proxy that collects events.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde_json::Value;
use servers::{ServeOptions, Server};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;
use trial::check::events;
use trial::{Figure, Line, LlmCounts, Measurement, Metric, Outcome, Quantile, Trial};

const PROGRAM: &str = env!("CARGO_BIN_EXE_loadgen");

fn options() -> ServeOptions {
    ServeOptions { threads: 1, ..ServeOptions::default() }
}

fn server(options: ServeOptions) -> (Server, String) {
    let server = Server::start(options).unwrap();
    let url = format!("http://{}", server.addr());
    (server, url)
}

/// Runs `loadgen llm` into a directory of its own.
fn llm(out: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("llm").args(args).arg("-o").arg(out).env("TEST_KEY", "s3cret").stdin(Stdio::null());
    command.output().unwrap()
}

fn trials(out: &Path) -> Vec<Trial> {
    let text = trial::container::text(out).unwrap();
    assert!(!text.contains("s3cret"), "a key in the records");
    let lines = text.lines().map(|line| Line::parse(line).unwrap());
    lines.filter_map(|line| if let Line::Trial(trial) = line { Some(*trial) } else { None }).collect()
}

fn measured(trial: &Trial) -> (&Measurement, &LlmCounts) {
    let Outcome::Measured(measurement) = &trial.outcome else { panic!("{:?}", trial.outcome) };
    (measurement, measurement.llm.as_ref().unwrap())
}

/// The only trial of a run, and what the run printed.
#[track_caller]
fn one(args: &[&str], status: i32) -> (Trial, String) {
    let out = tempfile::tempdir().unwrap();
    let output = llm(out.path(), args);
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(!said.contains("s3cret") && !said.contains("panicked"), "{said}");
    let mut trials = trials(out.path());
    assert_eq!(trials.len(), 1);
    (trials.remove(0), said)
}

/// Times of one request as its log tells them.
#[derive(Default)]
struct Logged {
    begin_ns: u64,
    contents_ns: Vec<u64>,
    text: String,
    tokens: u64,
}

fn read_log(path: &Path) -> BTreeMap<(String, u64), Logged> {
    let mut requests: BTreeMap<(String, u64), Logged> = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let key = (entry["transport"].as_str().unwrap().to_owned(), entry["request"].as_u64().unwrap());
        let (logged, at) = (requests.entry(key).or_default(), entry["at_ns"].as_u64().unwrap());
        match entry["what"].as_str().unwrap() {
            "begin" => logged.begin_ns = at,
            "event" => {
                let data: Value = serde_json::from_str(entry["data"].as_str().unwrap()).unwrap();
                match data["type"].as_str().unwrap() {
                    "response.output_text.delta" => {
                        logged.contents_ns.push(at);
                        logged.text.push_str(data["delta"].as_str().unwrap());
                    }
                    "response.completed" | "response.incomplete" => {
                        logged.tokens = data["response"]["usage"]["output_tokens"].as_u64().unwrap();
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    requests
}

/// The median as HdrHistogram takes it: the value at rank ceil(n / 2).
fn median(mut values: Vec<u64>) -> f64 {
    values.sort_unstable();
    values[values.len().div_ceil(2) - 1] as f64
}

#[test]
fn times_agree_with_the_event_log_and_texts_with_each_other() {
    let (_server, url) = server(options());
    let out = tempfile::tempdir().unwrap();
    let log = out.path().join("events.jsonl");
    let log_text = log.display().to_string();
    let args = [&url, "--model", "chat", "--transport", "both", "-n", "8", "--max-tokens", "20", "--order", "speed=20"];
    let output = llm(out.path(), &[&args[..], &["--log", &log_text, "-c", "2", "--slo", "ttft=20s,tpot=10s"]].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("TTFT") && said.contains("TPOT") && said.contains("goodput"), "{said}");
    assert!(said.contains("WebSocket / SSE") && said.contains("WebSocket minus SSE, p50"), "{said}");
    let logged = read_log(&log);
    let trials = trials(out.path());
    assert_eq!((trials.len(), logged.len()), (24, 24), "eight blocks of a pair and the null arm");
    let twins = trials.iter().filter(|trial| trial.arm.twin && trial.arm.protocol == wire::Transport::Sse);
    assert_eq!(twins.count(), 8);
    let mut counted = 0;
    for trial in &trials {
        let (m, counts) = measured(trial);
        let name = trial.arm.protocol.name();
        assert_eq!((counts.sent, counts.answered, counts.good), (1, 1, Some(1)));
        // A block holds one request here: its figures are those of one answer in the log.
        let figure = |metric| Figure::Duration(metric, Quantile::P50).of(m).unwrap();
        let near = |ours: f64, theirs: f64| (ours - theirs).abs() <= theirs * 0.002 + 2.0;
        let same = logged.iter().filter(|((transport, _), logged)| {
            let ttft = (logged.contents_ns[0] - logged.begin_ns) as f64;
            transport == name && near(figure(Metric::FirstContent), ttft)
        });
        let found = same.filter(|(_, logged)| {
            let (first, last) = (logged.contents_ns[0], *logged.contents_ns.last().unwrap());
            let gaps: Vec<u64> = logged.contents_ns.windows(2).map(|pair| pair[1] - pair[0]).collect();
            counts.output_tokens == logged.tokens
                && near(figure(Metric::PerOutputToken), ((last - first) / (logged.tokens - 1)) as f64)
                && near(figure(Metric::InterChunk), median(gaps))
                && near(figure(Metric::EndToEnd), (last - logged.begin_ns) as f64)
        });
        counted += usize::from(found.count() >= 1);
        assert!(m.distributions.contains_key(&Metric::ResponseTime), "our events say when they were due");
    }
    assert_eq!(counted, 24, "every block agrees with the log");
    let texts = |name: &str| {
        let of = logged.iter().filter(|((transport, _), _)| transport == name);
        // Request numbers count turns: three to a question.
        of.map(|((_, request), logged)| (request / 3, logged.text.clone())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(texts("sse"), texts("websocket"));
    assert_eq!(texts("sse").len(), 8);
    let page = std::fs::read_to_string(out.path().join("report.html")).unwrap();
    assert!(page.contains("TTFT (first content)") && page.contains("met ttft=20s,tpot=10s"));
}

#[test]
fn each_api_is_read_and_an_open_loop_keeps_its_count() {
    let (_server, url) = server(options());
    for format in ["openai-chat", "openai-responses", "anthropic"] {
        let args = [&url, "--model", "chat-batched", "--format", format, "-n", "5", "--max-tokens", "16"];
        let open = ["--request-rate", "200", "--burstiness", "0.5", "--order", "speed=100&tokens=16"];
        let (trial, said) = one(&[&args[..], &open].concat(), 0);
        let (m, counts) = measured(&trial);
        assert_eq!((counts.answered, counts.output_tokens, counts.uncounted), (5, 80, 0), "{format}: {said}");
        assert!(counts.bursts.events < 80, "several tokens an event");
        assert_eq!(m.distributions[&Metric::GeneratorLag].len(), 5);
        assert!(said.contains("sending 5 requests to http://") && said.contains("80 in all"), "{said}");
    }
}

#[test]
fn a_trace_sets_lengths() {
    let (_server, url) = server(options());
    let trace = ["--trace", "azure2023_conv", "--trace-speed", "1000", "--order", "speed=1000", "-n", "3"];
    let (trial, _) = one(&[&[url.as_str(), "--model", "chat"][..], &trace].concat(), 0);
    let counts = measured(&trial).1;
    let recorded = script::Trace::built_in("azure2023_conv").unwrap();
    let tokens: u32 = recorded.requests().iter().take(3).map(|request| request.output_tokens.min(256)).sum();
    assert_eq!((counts.answered, counts.output_tokens), (3, u64::from(tokens)));
}

/// What a request with this mishap is recorded as; two requests, so that one failure does not end the run.
#[track_caller]
fn fails(url: &str, model: &str, extra: &[&str], why: &str) {
    let args = [url, "--model", model, "-n", "2", "--max-tokens", "9"];
    let (trial, said) = one(&[&args[..], extra].concat(), 1);
    let counts = measured(&trial).1;
    assert_eq!((counts.sent, counts.answered), (2, 0), "{said}");
    // Asked to come later, a request is repeated twice and no more; everything else is final.
    assert_eq!(counts.retries, if why.starts_with("429") { 4 } else { 0 }, "{why}: {said}");
    assert!(counts.main_failure().unwrap().contains(why), "{why}: {:?}", counts.failures);
    assert!(!counts.main_failure().unwrap().contains('\n'));
    assert!(
        trial.warnings.iter().any(|warning| warning.is(&events::REQUESTS_FAILED) && warning.number("failed") == 2.0)
    );
    assert!(said.contains("failed: 2 × "), "{said}");
}

#[test]
fn mishaps_are_one_clear_line_each_over_both_transports() {
    let (_server, url) = server(options());
    for transport in ["sse", "websocket"] {
        let way = ["--transport", transport];
        let order = |mishap: &str| format!("speed=1000&tokens=9&mishaps={mishap}");
        for (mishap, why) in [
            ("status:500", "500: the endpoint failed"),
            ("status:429", "429: rate limit"),
            ("error:6", "reported an error in the stream"),
            ("cut:6", "the peer closed the connection"),
            ("invalid:6", "no JSON of openai-responses"),
        ] {
            fails(&url, "chat", &[&way[..], &["--order", &order(mishap)]].concat(), why);
        }
        fails(
            &url,
            "chat",
            &[&way[..], &["--order", &order("silent:6"), "--timeout", "300ms"]].concat(),
            "no event for 300ms",
        );
    }
    fails(&url, "gpt", &["--order", "speed=1000"], "404: no such path or model");
}

#[test]
fn the_others_go_on_when_one_fails_and_a_large_event_is_read() {
    let (_server, url) = server(options());
    let args = ["--model", "chat", "-n", "2", "--max-tokens", "9", "--order", "speed=1000&tokens=9&mishaps=large:6"];
    for transport in ["sse", "websocket"] {
        let (trial, said) = one(&[&[url.as_str(), "--transport", transport][..], &args].concat(), 0);
        let (m, counts) = measured(&trial);
        assert_eq!(counts.answered, 2, "{said}");
        assert!(m.bytes.stream_in > 10_000_000);
    }
}

#[test]
fn a_key_is_asked_for_sent_and_kept_secret() {
    let mut options = options();
    options.llm.key = Some("s3cret".parse().unwrap());
    let (_server, url) = server(options);
    for transport in ["sse", "websocket"] {
        fails(&url, "chat", &["--transport", transport], "401: the key is missing or wrong");
    }
    let args =
        ["--model", "chat", "-n", "1", "--max-tokens", "5", "--order", "speed=1000", "--api-key-env", "TEST_KEY"];
    for (format, transport) in [("openai-responses", "websocket"), ("openai-chat", "sse"), ("anthropic", "sse")] {
        let way = [url.as_str(), "--format", format, "--transport", transport];
        let (trial, said) = one(&[&way[..], &args].concat(), 0);
        assert_eq!(measured(&trial).1.answered, 1, "{format}: {said}");
        assert!(said.contains("with the key in TEST_KEY"), "{said}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_before_it_starts() {
    let (_server, url) = server(options());
    let out = tempfile::tempdir().unwrap();
    for (args, why) in [
        (vec!["--format", "openai-chat", "--transport", "both"], "openai-chat has no WebSocket form"),
        (vec!["--token-cap", "100"], "above --token-cap 100"),
        (vec!["--api-key-env", "NO_SUCH_KEY"], "no variable NO_SUCH_KEY is set"),
        (vec!["--trace", "nosuch"], "no trace 'nosuch' is built in"),
        (vec!["--order", "speed=0"], "--order: speed=0: a factor, 0.001 to 1000000"),
    ] {
        let output = llm(&out.path().join("never"), &[&[url.as_str(), "--model", "chat"][..], &args].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(why) && said.trim_end().lines().count() == 1, "{said}");
        assert!(!out.path().join("never").exists(), "nothing is recorded");
    }
}

#[test]
fn an_endpoint_without_websocket_says_so() {
    let (_server, url) = server(options());
    let (trial, said) =
        one(&[&format!("{url}/v1/chat/completions"), "--model", "chat", "--transport", "websocket", "-n", "1"], 1);
    assert!(measured(&trial).1.main_failure().unwrap().contains("no WebSocket at this endpoint"), "{said}");
}

/// A proxy that hands on what the server sends only every 80 ms. Returns its address.
fn collecting_proxy(server: std::net::SocketAddr) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut server) = (client.unwrap(), TcpStream::connect(server).unwrap());
            let (mut up, mut down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut up, &mut down));
            thread::spawn(move || {
                let mut bytes = vec![0; 1 << 20];
                loop {
                    thread::sleep(Duration::from_millis(80));
                    match server.read(&mut bytes) {
                        Ok(read @ 1..) if client.write_all(&bytes[..read]).is_ok() => {}
                        _ => return,
                    }
                }
            });
        }
    });
    address
}

#[test]
fn a_proxy_that_collects_events_is_called_that() {
    let (server, url) = server(options());
    let proxy = format!("http://{}", collecting_proxy(server.addr()));
    // Events are due 7.5 ms apart on average: about ten to a batch.
    let args = ["--model", "chat", "-n", "2", "--max-tokens", "60", "--order", "speed=2&tokens=60"];
    for transport in ["sse", "websocket"] {
        let buffered = |base: &str| {
            let (trial, said) = one(&[&[base, "--transport", transport][..], &args].concat(), 0);
            let found = trial
                .warnings
                .iter()
                .any(|warning| warning.is(&events::ANSWERS_BUFFERED) && warning.value("proven") == Some(true));
            assert_eq!(found, said.contains("buffered: "), "{said}");
            found
        };
        assert!(buffered(&proxy), "{transport} through the proxy");
        assert!(!buffered(&url), "{transport} without it");
    }
}
