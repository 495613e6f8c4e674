//! `selfcheck`: the instrument measured by known damage, one line a check.

use crate::print;
use crate::selfcheck::{Bench, Probe, run};
use anyhow::Context as _;
use clap::Args;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use trial::{Case, ProbeResult, SelfCheck};

/// The file that the report looks for beside `records.jsonl`.
const FILE_NAME: &str = "selfcheck.json";

/// Flags of `selfcheck`.
#[derive(Debug, Args)]
pub struct SelfCheckArgs {
    /// Only these checks, by number (V2,V5)
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = probes)]
    only: Vec<Probes>,
    /// A finished run whose null arms V9 and V10 replay
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Also write selfcheck.json into this directory: beside records.jsonl it becomes a part of their report
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed of schedules and shuffles
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print the checks as JSON instead of lines
    #[arg(long)]
    json: bool,
    /// Worker threads of the load generator [default: half of the CPUs]
    #[arg(short = 't', long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

/// The probes of one number: V2 has two.
#[derive(Debug, Clone)]
struct Probes(Vec<Probe>);

fn probes(word: &str) -> Result<Probes, String> {
    let number = |probe: &Probe| probe.name().split(' ').next().map(|number| number.trim_end_matches('\'').to_owned());
    let of_word = |probe: &&Probe| number(probe).is_some_and(|number| number.eq_ignore_ascii_case(word));
    let found: Vec<Probe> = Probe::ALL.iter().filter(of_word).copied().collect();
    let last = || Probe::ALL.iter().filter_map(number).next_back().unwrap_or_default();
    if found.is_empty() { Err(format!("expected V1 to {}", last())) } else { Ok(Probes(found)) }
}

/// Runs the checks; 1 when one failed.
pub fn main(args: &SelfCheckArgs) -> anyhow::Result<u8> {
    let records = args.records.as_deref().map(reports::load).transpose()?;
    if let Some(out) = &args.out {
        fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    }
    let threads = args.threads.map_or_else(crate::host::default_threads, usize::from);
    let chosen: Vec<Probe> = args.only.iter().flat_map(|probes| probes.0.iter().copied()).collect();
    let chosen = if chosen.is_empty() { Probe::ALL.to_vec() } else { chosen };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let bench = Bench::new(args.seed, threads, records);
    let found = runtime.block_on(run(&bench, &chosen, |check| {
        if !args.json {
            // Nothing that happens downstream stops the checks.
            let _ = writeln!(print::stdout(), "{}", line(check));
        }
    }));
    conclude(args, &found)
}

fn conclude(args: &SelfCheckArgs, found: &SelfCheck) -> anyhow::Result<u8> {
    let mut stdout = print::stdout();
    if args.json {
        serde_json::to_writer_pretty(&mut stdout, found)?;
        writeln!(stdout)?;
    } else {
        let passed = found.checks.iter().filter(|check| check.pass == Some(true)).count();
        let not_run = found.checks.iter().filter(|check| check.pass.is_none()).count();
        writeln!(stdout, "{passed} passed, {} failed, {not_run} not measured", found.failures())?;
    }
    if let Some(out) = &args.out {
        let path = out.join(FILE_NAME);
        let text = serde_json::to_vec_pretty(found)?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(u8::from(found.failures() > 0))
}

/// Injected, expected, found, and what follows; below it a line for each case.
fn line(result: &ProbeResult) -> String {
    let ProbeResult { name, injected, expected, found, pass, note, cases } = result;
    let mark = mark(*pass);
    let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
    let found = if found.is_empty() { String::new() } else { format!("; found: {found}") };
    let cases: String = cases.iter().map(case_line).collect();
    format!("{mark} {name}: {injected}; expected: {expected}{found}{note}{cases}")
}

fn case_line(Case { injected, expected, found, pass }: &Case) -> String {
    format!("\n  {} {injected}; expected: {expected}; found: {found}", mark(Some(*pass)))
}

const fn mark(pass: Option<bool>) -> &'static str {
    match pass {
        Some(true) => "✓",
        Some(false) => "✗",
        None => "–",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_chosen_by_their_number() {
        assert_eq!(probes("V2").unwrap().0, [Probe::Freeze, Probe::BlindFreeze]);
        assert_eq!(probes("v21").unwrap().0, [Probe::KernelStamps]);
        assert_eq!(probes("V1").unwrap().0, [Probe::Delay]);
        let last = probes("V99").unwrap_err();
        assert!(probes(last.rsplit(' ').next().unwrap()).is_ok() && probes("").is_err(), "{last}");
    }
}
