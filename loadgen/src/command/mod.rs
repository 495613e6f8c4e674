//! What each subcommand does.

pub mod agent;
pub mod capacity;
pub mod compare;
pub mod endpoints;
pub mod flags;
pub mod gate;
pub mod list;
pub mod llm;
pub mod measure;
pub mod output;
pub mod report;
pub mod run;
pub mod selfcheck;
pub mod trial;

use crate::workload::Session;
use client::endpoint::Endpoint;
use client::redact;
use flags::ConnectionArgs;
use reports::{Comparison, Extent, Language, Records};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use terminal_size::terminal_size;

/// Where results go unless `--out` says otherwise.
fn default_out() -> PathBuf {
    Path::new("pushbench-results").join(crate::timestamp::compact())
}

/// Reaches the server of `--target` once, so that what is wrong with it is said before anything is measured.
async fn reach(url: &str, connection: &ConnectionArgs) -> anyhow::Result<Session> {
    let endpoint: Endpoint = url.parse()?;
    anyhow::ensure!(
        endpoint.path_and_query == "/",
        "--target takes a base URL, such as http://host:8080, without a path"
    );
    Ok(Session::open(&endpoint, &connection.trust(), &connection.headers()?).await?)
}

/// Columns of the terminal, by `COLUMNS` or by asking it; 100 elsewhere.
fn terminal_width() -> usize {
    let stated = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    stated.or_else(|| terminal_size().map(|(width, _)| usize::from(width.0))).unwrap_or(100)
}

/// What a run says, for the terminal of this process.
fn summary(records: &Records, lang: Language) -> String {
    let document = reports::document(&[Comparison::of(records)], lang, Extent::Summary);
    reports::terminal(&document, terminal_width(), std::io::stdout().is_terminal())
}

/// The command line as the user typed it, without credentials, quoted where a shell would need it.
fn command_line() -> String {
    let quoted = |word: String| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=./:,@%+".contains(&byte);
        if !word.is_empty() && word.bytes().all(plain) { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    let mut words = redact::words(std::env::args()).into_iter();
    let program = words.next().unwrap_or_default();
    let name = Path::new(&program).file_name().map_or("loadgen".into(), |name| name.to_string_lossy().into_owned());
    std::iter::once(name).chain(words).map(quoted).collect::<Vec<_>>().join(" ")
}
