//! A browser as a group of processes with a profile of its own, gone when dropped. Refuses to touch a user's profile.

use super::{Browser, Engine};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// Longest wait for `--version`.
const VERSION_LIMIT: Duration = Duration::from_secs(5);
/// Bytes read of what a browser says, and characters kept of it.
const MAX_SAID_BYTES: u64 = 4096;
const MAX_LINE_CHARS: usize = 160;

/// No window, no GPU, no sync, no updates, no crash handler (it would leave the group), no proxy, no rewriting of the
/// URL: the one page and nothing else.
const CHROMIUM: [&str; 12] = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=HttpsUpgrades",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
];

/// The same in Firefox's words.
const FIREFOX_PREFERENCES: &str = r#"
user_pref("app.normandy.enabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.safebrowsing.update.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("dom.security.https_first", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.proxy.type", 0);
user_pref("services.settings.server", "");
user_pref("toolkit.telemetry.enabled", false);
"#;

/// Runs "$@" and, should this program be killed before it can tidy up, ends with it: then standard input closes.
const TIED_TO_US: &str = r#"exec 3<&0; "$@" 3<&- & browser=$!; { read -r _ <&3; kill -KILL 0; } & wait "$browser""#;

/// The browser's name and version as it states them, without what follows ("built on …"); empty when it does not.
pub(super) async fn version(browser: &Browser) -> String {
    let mut command = Command::new(&browser.executable);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut group) = Group::spawn(&mut command) else { return String::new() };
    let mut said = Vec::new();
    if let Some(stdout) = group.leader.stdout.take() {
        // What came before the limit counts, so neither error matters.
        let _ = timeout(VERSION_LIMIT, stdout.take(MAX_SAID_BYTES).read_to_end(&mut said)).await;
    }
    let first = line(String::from_utf8_lossy(&said).lines().next());
    let number = first.split(' ').position(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    first.split(' ').take(number.map_or(usize::MAX, |number| number + 1)).collect::<Vec<_>>().join(" ")
}

/// A browser at work.
pub(super) struct Running {
    // Dropped in this order: no process writes into the profile while it is removed.
    group: Group,
    profile: TempDir,
}

impl Running {
    /// Starts the browser with a fresh profile on one page.
    pub(super) fn launch(browser: &Browser, page: &str) -> io::Result<Self> {
        let profile = TempDir::with_prefix("pushbench-browser-")?;
        let mut command = command(browser, profile.path())?;
        command.arg(page).stdin(Stdio::piped()).stdout(Stdio::null());
        command.stderr(File::create(profile.path().join("stderr"))?);
        Ok(Self { group: Group::spawn(&mut command)?, profile })
    }

    /// How the browser ended and its last words; `None` while it runs.
    pub(super) fn ended(&mut self) -> Option<String> {
        let status = self.group.leader.try_wait().ok().flatten()?;
        let words = last_words(&self.profile.path().join("stderr")).unwrap_or_default();
        Some(if words.is_empty() { status.to_string() } else { format!("{status}: {words}") })
    }

    /// Kills every process of the browser and removes its profile.
    pub(super) async fn end(mut self) {
        self.group.end().await;
    }
}

fn command(browser: &Browser, profile: &Path) -> io::Result<Command> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", TIED_TO_US, "sh"]).arg(&browser.executable);
    // HOME itself stays: a browser that is a snap refuses to start with another one.
    for directory in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env(directory, profile);
    }
    fs::write(profile.join("user-dirs.dirs"), format!("XDG_DOWNLOAD_DIR=\"{}\"\n", profile.display()))?;
    match browser.engine {
        Engine::Blink => {
            command.args(CHROMIUM).arg(format!("--user-data-dir={}", profile.display()));
            // Chromium's sandbox refuses root; whoever owns what this process has just created is its user.
            if fs::metadata(profile)?.uid() == 0 {
                command.arg("--no-sandbox");
            }
        }
        Engine::Gecko => {
            fs::write(profile.join("user.js"), FIREFOX_PREFERENCES)?;
            command.args(["-headless", "-no-remote", "-profile"]).arg(profile).env("MOZ_CRASHREPORTER_DISABLE", "1");
        }
        Engine::WebKit => return Err(io::Error::other("it has no mode without a display")),
    }
    Ok(command)
}

/// The last line of a log.
fn last_words(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(MAX_SAID_BYTES)))?;
    let mut tail = Vec::new();
    file.take(MAX_SAID_BYTES).read_to_end(&mut tail)?;
    Ok(line(String::from_utf8_lossy(&tail).lines().rfind(|line| !line.trim().is_empty())))
}

fn line(text: Option<&str>) -> String {
    text.unwrap_or_default().trim().chars().filter(|c| !c.is_control()).take(MAX_LINE_CHARS).collect()
}

/// A child that leads a process group of its own; the whole group is killed with it.
struct Group {
    leader: Child,
    id: Pid,
}

impl Group {
    fn spawn(command: &mut Command) -> io::Result<Self> {
        let leader = command.process_group(0).kill_on_drop(true).spawn()?;
        let id = leader.id().and_then(|id| i32::try_from(id).ok()).ok_or(io::ErrorKind::NotFound)?;
        Ok(Self { leader, id: Pid::from_raw(id) })
    }

    /// Kills the group and waits until nothing of it is left, which takes milliseconds.
    async fn end(&mut self) {
        self.kill();
        let gone = async {
            let _ = self.leader.wait().await;
            while killpg(self.id, None).is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        // Where init is slow to collect orphans they stay listed for longer, dead all the same.
        let _ = timeout(Duration::from_millis(500), gone).await;
    }

    fn kill(&self) {
        // An error means that nothing is left to kill.
        let _ = killpg(self.id, Signal::SIGKILL);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
