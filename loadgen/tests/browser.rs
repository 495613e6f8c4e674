//! The live probe without a browser: fake executables, a fake server, and nothing left behind.

#![allow(clippy::unwrap_used, reason = "a test's own helpers may panic like the test")]

use loadgen::browser::{Browser, Engine, installed_in, probe};
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Says its version, writes down what it is and how it was called, and does nothing more, with a child that does so too.
const QUIET: &str = r#"#!/bin/sh
[ "$1" = --version ] && { echo "Quiet 1.2 built by hand"; exit; }
echo "$@" > "$0.arguments"
sleep 300 &
echo $$ $! > "$0.part" && mv "$0.part" "$0.processes"
exec sleep 300
"#;
const BROKEN: &str = "#!/bin/sh\n[ \"$1\" = --version ] && exit\necho noise >&2\necho no display here >&2\nexit 3\n";

/// Every fake is written before the first process of this test binary starts: a process that is just being started may
/// hold a file open for writing that another test is about to execute.
static FAKES: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fake-browsers");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    for name in ["silent", "cancelled", "killed", "answered", "firefox"] {
        script(&directory.join(name), QUIET);
    }
    script(&directory.join("broken"), BROKEN);
    directory
});

fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn fake(name: &str, engine: Engine) -> Browser {
    Browser { name: name.to_owned(), executable: FAKES.join(name), engine }
}

fn notes(browser: &Browser, what: &str) -> PathBuf {
    PathBuf::from(format!("{}.{what}", browser.executable.display()))
}

/// The processes that a quiet fake wrote down; waits until it has.
async fn processes(browser: &Browser) -> Vec<String> {
    for _ in 0..500 {
        if let Ok(text) = fs::read_to_string(notes(browser, "processes")) {
            return text.split_whitespace().map(str::to_owned).collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the fake browser did not start");
}

/// Whether a process has ended; one that nobody collected yet (`Z`) has.
fn is_gone(process: &str) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "stat=", "-p", process]).output().unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    state.trim().is_empty() || state.starts_with('Z')
}

async fn assert_gone(browser: &Browser) {
    for process in processes(browser).await {
        let mut patience = 500;
        while !is_gone(&process) && patience > 0 {
            patience -= 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(patience > 0, "process {process} of {} is still there", browser.name);
    }
}

/// A server that has no result twice, then `outcome`, and its URL.
async fn server(outcome: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for request in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let _ = stream.read(&mut [0; 1024]).await;
            let reply = match outcome.filter(|_| request >= 2) {
                Some(json) => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{json}", json.len()),
                None => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            };
            let _ = stream.write_all(reply.as_bytes()).await;
        }
    });
    url
}

const RESULT: &str = r#"{"sse_events":20,"websocket_events":19,"sse_resumed":true,"websocket_resumed":false}"#;

#[tokio::test]
async fn a_silent_browser_is_a_failure_and_is_killed_with_its_children() {
    let browser = fake("silent", Engine::Blink);
    let live = probe(&browser, &server(None).await, &[], 20, Duration::from_millis(1500)).await;
    assert_eq!(live.failure.as_deref(), Some("no result within 1s 500ms"));
    assert_eq!((live.name.as_str(), live.version.as_str(), live.asked), ("silent", "Quiet 1.2", 20));
    assert_gone(&browser).await;
}

#[tokio::test]
async fn a_cancelled_probe_leaves_nothing_behind() {
    let browser = fake("cancelled", Engine::Blink);
    let url = server(None).await;
    let task = tokio::spawn({
        let browser = browser.clone();
        async move { probe(&browser, &url, &[], 20, Duration::from_secs(60)).await }
    });
    processes(&browser).await;
    task.abort();
    assert_gone(&browser).await;
}

#[tokio::test]
#[ignore = "runs in a process of its own: see below"]
async fn probe_until_killed() {
    let executable = PathBuf::from(env::var_os("FAKE_BROWSER").unwrap());
    let browser = Browser { name: "killed".to_owned(), executable, engine: Engine::Blink };
    probe(&browser, &server(None).await, &[], 20, Duration::from_secs(60)).await;
}

#[tokio::test]
async fn a_killed_probe_takes_its_browser_along() {
    let browser = fake("killed", Engine::Blink);
    let mut command = std::process::Command::new(env::current_exe().unwrap());
    command.args(["--exact", "probe_until_killed", "--ignored"]);
    command.env("FAKE_BROWSER", &browser.executable).env("TMPDIR", &*FAKES);
    let mut prober = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    processes(&browser).await;
    prober.kill().unwrap();
    prober.wait().unwrap();
    assert_gone(&browser).await;
}

#[tokio::test]
async fn a_result_is_what_the_server_was_told() {
    let browser = fake("answered", Engine::Blink);
    let live = probe(&browser, &server(Some(RESULT)).await, &[], 20, Duration::from_secs(60)).await;
    assert_eq!((live.failure, live.sse_events, live.websocket_events), (None, Some(20), Some(19)));
    assert_eq!((live.sse_resumed, live.websocket_resumed), (Some(true), Some(false)));
}

#[tokio::test]
async fn each_engine_is_called_in_its_own_words_with_a_profile_that_is_gone_afterwards() {
    let browser = fake("firefox", Engine::Gecko);
    let url = server(None).await;
    probe(&browser, &url, &[], 20, Duration::from_millis(1500)).await;
    let arguments = fs::read_to_string(notes(&browser, "arguments")).unwrap();
    let words: Vec<_> = arguments.split_whitespace().collect();
    assert_eq!(words[..3], ["-headless", "-no-remote", "-profile"]);
    assert!(words[4].starts_with(&format!("{url}/browser?asked=20&token=")), "{arguments}");
    assert!(!Path::new(words[3]).exists(), "{} is still there", words[3]);
}

#[tokio::test]
async fn what_cannot_run_says_why_in_one_line() {
    let url = server(None).await;
    let seconds = Duration::from_secs(60);
    let failure = |live: trial::LiveBrowser| live.failure.unwrap_or_default();
    let broken = failure(probe(&fake("broken", Engine::Blink), &url, &[], 20, seconds).await);
    assert_eq!(broken, "ended without a result: exit status: 3: no display here");
    let missing = failure(probe(&fake("missing", Engine::Blink), &url, &[], 20, seconds).await);
    assert!(
        missing.starts_with("ended without a result: exit status: 127: ") && missing.contains("missing"),
        "{missing}"
    );
    let webkit = failure(probe(&fake("missing", Engine::WebKit), &url, &[], 20, seconds).await);
    assert_eq!(webkit, "found, but cannot be started: it has no mode without a display");
    let tls = failure(probe(&fake("missing", Engine::Blink), "https://127.0.0.1:1", &[], 20, seconds).await);
    assert!(tls.starts_with("not tried over TLS"), "{tls}");
}

#[test]
fn browsers_are_found_once_and_only_when_they_can_be_executed() {
    let root = TempDir::new().unwrap();
    let (first, second) = (root.path().join("first"), root.path().join("second"));
    let bundle = root.path().join("Applications/Firefox.app/Contents/MacOS");
    for directory in [&first, &second, &bundle] {
        fs::create_dir_all(directory).unwrap();
    }
    script(&second.join("chromium"), "#!/bin/sh\n");
    script(&first.join("chromium-browser"), "#!/bin/sh\n");
    script(&first.join("firefox-esr"), "#!/bin/sh\n");
    fs::write(first.join("chromium"), "not executable").unwrap();
    fs::create_dir(second.join("google-chrome")).unwrap();
    script(&first.join("MiniBrowser"), "#!/bin/sh\n");
    script(&bundle.join("firefox"), "#!/bin/sh\n");
    let path = env::join_paths([&first, &second]).unwrap();
    let found = installed_in(&path, &root.path().join("Applications"));
    let expected = [
        ("chromium", second.join("chromium"), Engine::Blink),
        ("firefox-esr", first.join("firefox-esr"), Engine::Gecko),
        ("MiniBrowser", first.join("MiniBrowser"), Engine::WebKit),
        ("firefox", bundle.join("firefox"), Engine::Gecko),
    ];
    let expected = expected.map(|(name, executable, engine)| Browser { name: name.to_owned(), executable, engine });
    assert_eq!(found, expected);
    assert_eq!(installed_in("".as_ref(), root.path()), []);
}
