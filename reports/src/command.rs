//! Subcommands of `reports` that keep what was found over several runs: a set of replicates, a study. Refuses to compute.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reports::compare::headline_tests;
use reports::replicate::Set;
use reports::study::{self, Effect, Finding, Found};
use reports::{Comparison, Records, load};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use trial::Plan;

/// What is kept over several runs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add runs to a set of replicates and write its page again
    Replicate(ReplicateArgs),
    /// Add runs to a study of the method and write its page again
    Study(StudyArgs),
}

/// Flags of `replicate`.
#[derive(Debug, Args)]
pub(crate) struct ReplicateArgs {
    /// Output directories of the runs to add; none only writes the page again
    runs: Vec<PathBuf>,
    /// The set
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
}

/// Flags of `study`; without a run only the page is written.
#[derive(Debug, Args)]
pub(crate) struct StudyArgs {
    /// Where what was found is kept
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// A run of one cell with a null arm
    #[arg(long, value_name = "RUN", group = "run")]
    null: Option<PathBuf>,
    /// A run of two cells of which the second burns CPU
    #[arg(long, value_name = "RUN", group = "run", requires = "family_of")]
    burn: Option<PathBuf>,
    /// … print how many nanoseconds to burn for this share, and keep nothing
    #[arg(long, value_name = "SHARE", requires = "burn")]
    calibrate: Option<f64>,
    /// The plan whose headline tests the adjusted interval is for
    #[arg(long, value_name = "PLAN.toml")]
    family_of: Option<PathBuf>,
    /// A run of two cells of one load, with long trials and with short ones
    #[arg(long, value_name = "RUN", group = "run")]
    short_long: Option<PathBuf>,
    /// A run whose trials drew their layout
    #[arg(long, value_name = "RUN", group = "run")]
    layout: Option<PathBuf>,
}

/// Times that levels are dealt anew, and the seed of that.
const DEALS: (usize, u64) = (10_000, 1);

pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Replicate(args) => replicate(args),
        Command::Study(args) => study(args),
    }
}

fn replicate(args: &ReplicateArgs) -> anyhow::Result<()> {
    let mut set = Set::open(&args.into)?;
    for run in &args.runs {
        let records = load(run)?;
        crate::print(set.add(&Comparison::of(&records))?.display())?;
    }
    Ok(set.write()?)
}

/// The files of a study: findings, a line a run; entries of the last run; Markdown of another program.
const NULL: &str = "null.jsonl";
const BURN: &str = "burn.jsonl";
const SHORT_LONG: &str = "short-long.json";
const LAYOUT: &str = "layout.json";
const COVERAGE: &str = "coverage.md";

fn study(args: &StudyArgs) -> anyhow::Result<()> {
    let few = "the run has too few blocks for an interval";
    if let Some(run) = &args.null {
        append(&args.into.join(NULL), &study::null(&Comparison::of(&load(run)?)).context(few)?)?;
    }
    if let (Some(run), Some(plan)) = (&args.burn, &args.family_of) {
        let found = study::burn(&Comparison::of(&load(run)?), family(plan)?).context(few)?;
        match args.calibrate {
            Some(share) => return crate::print(study::calibrated(&found, share)),
            None => append(&args.into.join(BURN), &found)?,
        }
    }
    if let Some(run) = &args.short_long {
        let path = args.into.join(SHORT_LONG);
        let mut known: Vec<Finding> = kept(&path)?;
        known.extend(study::short_long(&Comparison::of(&load(run)?)));
        keep(&path, &known)?;
    }
    if let Some(run) = &args.layout {
        let records: Records = load(run)?;
        keep(&args.into.join(LAYOUT), &study::effects(&records, DEALS.1, DEALS.0))?;
    }
    let page = args.into.join("README.md");
    write(&page, study::page(&found(&args.into)?).as_bytes())?;
    crate::print(page.display())
}

/// The headline tests of a plan.
fn family(plan: &Path) -> anyhow::Result<usize> {
    let text = fs::read_to_string(plan).with_context(|| plan.display().to_string())?;
    Ok(Plan::from_toml(&text)?.cells.iter().map(headline_tests).sum())
}

/// Everything that is kept in a directory.
fn found(directory: &Path) -> anyhow::Result<Found> {
    let lines = |name: &str| -> anyhow::Result<Vec<Finding>> {
        let text = text(&directory.join(name))?.unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).with_context(|| name.to_owned())).collect()
    };
    Ok(Found {
        null: lines(NULL)?,
        burn: lines(BURN)?,
        short_long: kept(&directory.join(SHORT_LONG))?,
        effects: kept::<Vec<Effect>>(&directory.join(LAYOUT))?,
        coverage: text(&directory.join(COVERAGE))?,
    })
}

/// A file; `None` where there is none.
fn text(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        text => Ok(Some(text.with_context(|| path.display().to_string())?)),
    }
}

fn kept<T: DeserializeOwned + Default>(path: &Path) -> anyhow::Result<T> {
    let text = text(path)?;
    text.map_or_else(
        || Ok(T::default()),
        |text| serde_json::from_str(&text).with_context(|| path.display().to_string()),
    )
}

fn keep(path: &Path, thing: &impl Serialize) -> anyhow::Result<()> {
    write(path, format!("{}\n", serde_json::to_string_pretty(thing)?).as_bytes())
}

fn append(path: &Path, finding: &Finding) -> anyhow::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    Ok(file.write_all(format!("{}\n", serde_json::to_string(finding)?).as_bytes())?)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
