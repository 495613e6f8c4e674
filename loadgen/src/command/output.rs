//! What every measuring command is told about its results, and does with them: seed, place and language, the first line of
//! the records, how the run goes, the report.

use super::{command_line, default_out, summary};
use crate::interrupt::Interrupt;
use crate::journal::{self, Journal};
use crate::progress::Display;
use crate::runner::{self, Progress, RunOptions};
use crate::{print, tool};
use anyhow::Context as _;
use clap::Args;
use reports::{Language, Records};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use trial::check::{clock, events, network};
use trial::{Line, Plan, Run};

/// Flags about results, shared by every command that writes records.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Seed of everything that is drawn: the order of trials, every schedule, every bootstrap
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Directory for report.html, charts, summary.md and records.jsonl.gz [default: pushbench-results/TIME]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Language of terminal and report
    #[arg(long, value_name = "en|zh", default_value = "en")]
    pub lang: Language,
    /// Print records as JSON lines instead of progress and results
    #[arg(long)]
    pub json: bool,
    /// Keep every duration of each slice of a window in the records, not only count, median and p99
    #[arg(long)]
    pub slices: bool,
}

/// Which builds may measure: `compare`, `capacity`, `agent`. What `llm` asks is mostly somebody else's and slow.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// Measure debug builds all the same; the record says so
    #[arg(long)]
    allow_debug: bool,
}

/// How the measuring ended.
pub struct Ended {
    /// Whether it was told to stop.
    pub interrupted: bool,
    /// Trials or loops that were finished.
    pub finished: u64,
    /// Those that the run would have come to, finished ones included.
    pub planned: u64,
    /// Why others failed.
    pub failures: Vec<String>,
}

impl Ended {
    /// The exit status of a run to its end or an interrupt.
    ///
    /// # Errors
    /// When any trial failed: how many, and why the first did.
    pub fn status(&self) -> anyhow::Result<u8> {
        let (finished, planned) = (self.finished, self.planned);
        if self.interrupted {
            print::say(format_args!("interrupted after {finished} of {planned} trials; what was measured is kept"));
            return Ok(130);
        }
        match self.failures.first() {
            Some(first) => anyhow::bail!("{} of {finished} trials failed; the first: {first}", self.failures.len()),
            None => Ok(0),
        }
    }
}

impl OutputArgs {
    /// Where results go.
    pub fn directory(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(default_out)
    }

    /// The first line of the records of a plan against `target`, in words that may be shown, or against servers of our own.
    pub fn first_line(&self, plan: Plan, target: Option<String>) -> Run {
        let place = if target.is_some() { events::long_lived_server() } else { network::loopback() };
        let run = tool::run(command_line(), self.seed, plan);
        let warnings = clock::build("loadgen", &run.tool.profile).into_iter().chain([place]).collect();
        Run { target, warnings, ..run }
    }

    /// Opens the records in `out` with their first line, and says what is to be known before anything is measured.
    pub fn open(&self, out: &Path, run: Run) -> anyhow::Result<Journal> {
        let mut journal = Journal::create(out, self.json)?.with_whole_slices(self.slices);
        for warning in &run.warnings {
            print::say(warning);
        }
        journal.append(&Line::Run(Box::new(run)))?;
        Ok(journal)
    }

    /// Runs a plan into its records, showing how it goes.
    pub async fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        journal: &mut Journal,
        interrupt: &mut Interrupt,
    ) -> anyhow::Result<Ended> {
        let mut display = Display::new(self.json);
        let progress = runner::run(plan, options, journal, interrupt, |progress| display.show(progress)).await?;
        display.finish();
        let Progress { finished, planned, failures, .. } = progress;
        Ok(Ended { interrupted: interrupt.came(), finished, planned, failures })
    }

    /// Compresses the records. Answers on the terminal, for its width and whether it takes colours; renders the report beside the records and, last,
    /// says where.
    pub fn conclude(&self, out: &Path) -> anyhow::Result<Records> {
        journal::pack(out);
        let records = reports::load(out)?;
        let mut stdout = print::stdout();
        if !self.json {
            writeln!(print::painted(), "{}", summary(&records, self.lang))?;
        }
        reports::render(std::slice::from_ref(&records), out, self.lang)
            .context("the records are kept; render them later with 'loadgen report'")?;
        if !self.json {
            writeln!(stdout, "{}", out.display())?;
        }
        Ok(records)
    }
}

impl BuildArgs {
    /// Refuses this program when it is a debug build, unless that is allowed.
    pub fn refuse_debug(&self) -> anyhow::Result<()> {
        self.refuse_debug_of("loadgen", &tool::facts().profile)
    }

    /// The same of another program.
    pub fn refuse_debug_of(&self, program: &str, profile: &str) -> anyhow::Result<()> {
        match clock::build(program, profile).filter(|_| !self.allow_debug) {
            Some(warning) => anyhow::bail!("{warning} (--allow-debug measures all the same, and says so)"),
            None => Ok(()),
        }
    }
}
