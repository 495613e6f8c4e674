//! `reports DIR… [-o OUT] [--lang zh] [--splice README.md]`: renders records again, without measuring anything. `reports replicate`
//! and `reports study` keep what several runs say.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod command;

use anyhow::Context as _;
use clap::Parser;
use reports::{Comparison, Language, Printed, Records, load, one_line, readme_part, render, splice};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Render the records of one or several runs; several are shown side by side.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<command::Command>,
    /// Output directories of runs, or records files
    #[arg(required = true)]
    records: Vec<PathBuf>,
    /// Where to write report.html, summary.md and charts/ [default: the first directory]
    #[arg(short, long)]
    out: Option<PathBuf>,
    /// Language of the report: en or zh
    #[arg(long, default_value_t)]
    lang: Language,
    /// Put what the first run says between its markers in this Markdown file (pushbench:table, :streams, :cells or :agent)
    #[arg(long, value_name = "FILE")]
    splice: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("Error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A line on standard error. Nobody is left to be told where that fails.
fn say(line: &str) {
    let _ = writeln!(Printed::plain(io::stderr().lock()), "{}", one_line(line));
}

/// A line on standard output.
fn print(line: impl std::fmt::Display) -> anyhow::Result<()> {
    Ok(writeln!(Printed::plain(io::stdout().lock()), "{line}")?)
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    if let Some(command) = &cli.command {
        return command::run(command);
    }
    let records = cli.records.iter().map(|path| load(path)).collect::<Result<Vec<Records>, _>>()?;
    let out = cli.out.clone().or_else(|| directory(&cli.records)).context("where to? say -o DIR")?;
    for warning in records.iter().flat_map(|records| records.said(cli.lang)) {
        say(&format!("warning: {warning}"));
    }
    print(render(&records, &out, cli.lang)?.page.display())?;
    if let (Some(readme), Some(records)) = (&cli.splice, records.first()) {
        splice_into(readme, records)?;
    }
    Ok(())
}

/// The directory that holds the first records.
fn directory(paths: &[PathBuf]) -> Option<PathBuf> {
    let first = paths.first()?;
    let directory = if first.is_dir() { Some(first.as_path()) } else { first.parent() };
    directory.filter(|path| !path.as_os_str().is_empty()).map(Path::to_owned)
}

fn splice_into(readme: &Path, records: &Records) -> anyhow::Result<()> {
    let name = readme.display();
    let text = std::fs::read_to_string(readme).with_context(|| format!("cannot read {name}"))?;
    let (part, said) = readme_part(&Comparison::of(records));
    let spliced = splice(&text, part, &said).with_context(|| name.to_string())?;
    std::fs::write(readme, spliced).with_context(|| format!("cannot write {name}"))
}
