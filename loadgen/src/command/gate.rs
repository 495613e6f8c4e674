//! `--threshold`, `--baseline`, `--counts`, `--junit`, `--github`: a run as a test of a build. What passes is decided in
//! `reports`; this writes it down.

use anyhow::Context as _;
use clap::{ArgGroup, Args};
use reports::ci::{self, Counts, Judgement, Threshold};
use reports::{Comparison, Language, Records};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The file that GitHub Actions shows as the summary of a job.
const GITHUB_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Flags that turn a run into a test; shared by `compare` and `report`.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("judged").args(["thresholds", "baseline", "counts"]).multiple(true))]
pub struct GateArgs {
    /// Exit with 99 unless this holds, such as 'response:p99<5ms' or 'sse.cpu{throughput/*}<20us' (repeatable)
    #[arg(long = "threshold", value_name = "FIGURE<VALUE")]
    thresholds: Vec<Threshold>,
    /// Exit with 99 when a headline figure is worse than in this earlier run by more than its margin
    #[arg(long, value_name = "DIR")]
    baseline: Option<PathBuf>,
    /// Exit with 99 when what an event costs (instructions, allocations, system calls; --exact) is more than this file keeps
    #[arg(long, value_name = "FILE")]
    counts: Option<PathBuf>,
    /// Have the file of --counts keep what this run counted
    #[arg(long, requires = "counts")]
    renew: bool,
    /// Write what was judged to $GITHUB_STEP_SUMMARY, and annotations to standard output
    #[arg(long, requires = "judged")]
    github: bool,
    /// Write what was judged as JUnit XML
    #[arg(long, value_name = "FILE", requires = "judged")]
    junit: Option<PathBuf>,
}

/// What is needed to judge, read before anything is measured.
pub struct Gate<'a> {
    args: &'a GateArgs,
    baseline: Option<Records>,
    counts: Option<Counts>,
    github: Option<PathBuf>,
}

impl GateArgs {
    /// Reads baseline and counts and finds the summary file, so that a mistake in any of them costs no measuring. `None`
    /// where nothing is to be judged.
    pub fn open(&self) -> anyhow::Result<Option<Gate<'_>>> {
        let baseline = self.baseline.as_deref().map(reports::load).transpose().context("--baseline")?;
        let summary = || std::env::var_os(GITHUB_SUMMARY).filter(|path| !path.is_empty()).map(PathBuf::from);
        let missing = || format!("--github: {GITHUB_SUMMARY} is not set; it names the summary inside GitHub Actions");
        let github = self.github.then(|| summary().with_context(missing)).transpose()?;
        let kept = |path: &Path| anyhow::Ok(serde_json::from_slice(&std::fs::read(path)?)?);
        let read = |path: &PathBuf| kept(path).with_context(|| format!("--counts {}", path.display()));
        let counts = self.counts.as_ref().filter(|_| !self.renew).map(read).transpose()?;
        let judges = baseline.is_some() || self.counts.is_some() || !self.thresholds.is_empty();
        Ok(judges.then_some(Gate { args: self, baseline, counts, github }))
    }
}

impl Gate<'_> {
    /// Judges a run, writes it down wherever asked, and returns the exit status: 0, 1, 3 or 99.
    ///
    /// `out` takes the lines for the user: standard output, or standard error where that belongs to records.
    pub fn judge(&self, records: &Records, lang: Language, out: &mut impl std::io::Write) -> anyhow::Result<u8> {
        let comparison = Comparison::of(records);
        let baseline = self.baseline.as_ref().map(Comparison::of);
        let mut judgement = Judgement::of(&comparison, &self.args.thresholds, baseline.as_ref(), lang);
        if let Some(counts) = &self.counts {
            judgement = judgement.beside(counts, &comparison, lang);
        } else if let Some(path) = &self.args.counts {
            keep(path, &Counts::of(&comparison)).with_context(|| format!("--renew {}", path.display()))?;
        }
        for line in judgement.lines(lang) {
            writeln!(out, "{line}")?;
        }
        if let Some(path) = &self.args.junit {
            std::fs::write(path, ci::junit(&judgement)).with_context(|| format!("--junit {}", path.display()))?;
        }
        if let Some(path) = &self.github {
            append(path, &ci::summary(&judgement, lang)).with_context(|| format!("--github {}", path.display()))?;
            for annotation in ci::annotations(&judgement, lang) {
                writeln!(out, "{annotation}")?;
            }
        }
        Ok(judgement.status())
    }
}

fn keep(path: &Path, counts: &Counts) -> anyhow::Result<()> {
    anyhow::ensure!(!counts.is_empty(), "nothing was counted");
    Ok(std::fs::write(path, serde_json::to_string_pretty(counts)? + "\n")?)
}

/// Other steps may have written to the summary before.
fn append(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}
