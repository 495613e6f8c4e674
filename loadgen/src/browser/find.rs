//! Which browsers are installed: well-known names on `PATH` and in a few other places. Refuses to start any of them.

use Engine::{Blink, Gecko, WebKit};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// What renders the page, hence how the browser is told to run without a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium and its relatives.
    Blink,
    /// Firefox.
    Gecko,
    /// Safari, WebKitGTK: no way to run without a display.
    WebKit,
}

/// A browser on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browser {
    /// Name of the executable.
    pub name: String,
    /// Where it is.
    pub executable: PathBuf,
    /// What it is built on.
    pub engine: Engine,
}

/// Names on `PATH`; those of one line are one browser, often one starting the other.
const COMMANDS: [(&[&str], Engine); 10] = [
    (&["chromium", "chromium-browser"], Blink),
    (&["google-chrome", "google-chrome-stable", "chrome"], Blink),
    (&["microsoft-edge", "microsoft-edge-stable", "msedge"], Blink),
    (&["brave-browser"], Blink),
    (&["vivaldi", "vivaldi-stable"], Blink),
    (&["opera"], Blink),
    (&["chromium-headless-shell"], Blink),
    (&["firefox", "firefox-esr"], Gecko),
    (&["MiniBrowser"], WebKit),
    (&["epiphany"], WebKit),
];

/// Application bundles of macOS, by what stands before and behind `.app/Contents/MacOS/`.
const BUNDLES: [(&str, &str, Engine); 7] = [
    ("Google Chrome", "Google Chrome", Blink),
    ("Chromium", "Chromium", Blink),
    ("Microsoft Edge", "Microsoft Edge", Blink),
    ("Brave Browser", "Brave Browser", Blink),
    ("Vivaldi", "Vivaldi", Blink),
    ("Firefox", "firefox", Gecko),
    ("Safari", "Safari", WebKit),
];

/// Every known browser of this machine.
pub fn installed() -> Vec<Browser> {
    let path = env::var_os("PATH").unwrap_or_default();
    // WebKitGTK's test browser is installed beside its libraries.
    let libraries = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
    let hidden = ["webkit2gtk-4.0", "webkit2gtk-4.1", "webkitgtk-6.0"].map(|name| Path::new(&libraries).join(name));
    let directories = env::split_paths(&path).chain(hidden);
    env::join_paths(directories).map_or_else(|_| Vec::new(), |path| installed_in(&path, Path::new("/Applications")))
}

/// Every known browser in the directories of `path` (as in `PATH`) and among the bundles in `applications`.
pub fn installed_in(path: &OsStr, applications: &Path) -> Vec<Browser> {
    let places = |name: &str| env::split_paths(path).map(|directory| directory.join(name)).collect::<Vec<_>>();
    let commands = COMMANDS
        .iter()
        .filter_map(|(names, engine)| names.iter().find_map(|name| Browser::first_of(name, places(name), *engine)));
    let bundles = BUNDLES.iter().filter_map(|(bundle, name, engine)| {
        let place = applications.join(format!("{bundle}.app/Contents/MacOS/{name}"));
        Browser::first_of(name, vec![place], *engine)
    });
    commands.chain(bundles).collect()
}

impl Browser {
    fn first_of(name: &str, places: Vec<PathBuf>, engine: Engine) -> Option<Self> {
        let executable = places.into_iter().find(|place| is_executable(place))?;
        Some(Self { name: name.to_owned(), executable, engine })
    }
}

fn is_executable(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
