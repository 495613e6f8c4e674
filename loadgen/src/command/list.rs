//! `list` and `man`: what there is, and why.

use crate::{plans, print};
use clap::Args;
use std::io::{self, Write as _};
use trial::{Action, DETECTORS, Detector, Scenario};
use wire::Transport;

/// Flags of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print this built-in plan as TOML, to start one's own from
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,
    /// Print the 32 validity checks, with threshold and consequence
    #[arg(long, conflicts_with = "plan")]
    detectors: bool,
}

/// Prints transports, scenarios and plans.
pub fn main(args: &ListArgs) -> anyhow::Result<u8> {
    let mut out = print::stdout();
    if let Some(name) = &args.plan {
        write!(out, "{}", plans::built_in(name)?.text)?;
        return Ok(0);
    }
    if args.detectors {
        return detectors(&mut out);
    }
    writeln!(out, "Transports (--transports, --transport)")?;
    for transport in Transport::ALL {
        writeln!(out, "  {transport:<12} {}", transport.why())?;
    }
    writeln!(out, "\nScenarios (in plans)")?;
    for scenario in Scenario::ALL {
        writeln!(out, "  {}", scenario.why())?;
    }
    for built_in in plans::BUILT_IN {
        let plan = built_in.plan();
        let length = humantime::format_duration(std::time::Duration::from_secs(plan.expected_length().as_secs()));
        writeln!(out, "\nPlan {} ({} trials, about {length}): {}", plan.name, plan.trials(), plan.why)?;
        for cell in &plan.cells {
            writeln!(out, "  {:<38} {}", cell.name, cell.why)?;
        }
    }
    Ok(0)
}

fn detectors(out: &mut impl io::Write) -> anyhow::Result<u8> {
    for Detector { rule, mistake, threshold, actions } in DETECTORS {
        let actions: Vec<_> = actions.iter().map(Action::to_string).collect();
        writeln!(out, "{rule:>3}  {mistake} -> {}\n     {threshold}", actions.join(", "))?;
    }
    writeln!(out, "\nSeveral consequences belong to the thresholds in their order. Reasons: reports/method/checks.md")?;
    Ok(0)
}

/// Prints the manual page.
pub fn manual(command: clap::Command) -> anyhow::Result<u8> {
    clap_mangen::Man::new(command).render(&mut print::stdout())?;
    Ok(0)
}
