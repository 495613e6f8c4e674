//! `report`: pages from records, without measuring anything.

use super::gate::GateArgs;
use crate::print;
use anyhow::Context as _;
use clap::Args;
use reports::Language;
use std::io::Write as _;
use std::path::PathBuf;

/// Flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Directories (or records files) of earlier runs; several are shown side by side
    #[arg(required = true, value_name = "DIR")]
    directories: Vec<PathBuf>,
    /// Where to write [default: the first directory]
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Language of the report
    #[arg(long, value_name = "en|zh", default_value = "en")]
    lang: Language,
    /// Rewrite the records in today's form and compress them, instead of rendering; every number stays as it is
    #[arg(long, conflicts_with_all = ["out", "judged"])]
    repack: bool,
    #[command(flatten)]
    gate: GateArgs,
}

/// Renders, prints where, and judges where asked.
pub fn main(args: &ReportArgs) -> anyhow::Result<u8> {
    if args.repack {
        return repack(&args.directories);
    }
    let gate = args.gate.open()?;
    let records = args.directories.iter().map(|directory| reports::load(directory)).collect::<Result<Vec<_>, _>>()?;
    for warning in records.iter().flat_map(|records| records.said(args.lang)) {
        print::say(warning);
    }
    let out = args.out.as_ref().or(args.directories.first()).context("no directory given")?;
    let out = if out.is_file() { out.parent().unwrap_or(out) } else { out };
    let rendered = reports::render(&records, out, args.lang)?;
    let mut stdout = print::stdout();
    for file in rendered.files {
        writeln!(stdout, "{}", file.display())?;
    }
    match (gate, records.as_slice()) {
        (None, _) => Ok(0),
        (Some(gate), [run]) => gate.judge(run, args.lang, &mut stdout),
        (Some(_), _) => anyhow::bail!("--threshold, --baseline and --counts judge one run: name one directory"),
    }
}

fn repack(directories: &[PathBuf]) -> anyhow::Result<u8> {
    let mut stdout = print::stdout();
    for directory in directories {
        writeln!(stdout, "{}", reports::repack(directory)?.display())?;
    }
    Ok(0)
}
