//! `list` and `man`: what there is, and why.

use crate::runner::order::longest;
use crate::{plans, print};
use clap::Args;
use std::io::{self, Write as _};
use trial::{Scenario, check};
use wire::Transport;

/// Flags of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print this built-in plan as TOML, to start one's own from
    #[arg(long, value_name = "NAME")]
    plan: Option<String>,
    /// Print the validity checks, with threshold, consequence and the self-check that proves it
    #[arg(long, alias = "detectors", conflicts_with = "plan")]
    checks: bool,
}

/// Prints transports, scenarios and plans.
pub fn main(args: &ListArgs) -> anyhow::Result<u8> {
    let mut out = print::stdout();
    if let Some(name) = &args.plan {
        write!(out, "{}", plans::built_in(name)?.text)?;
        return Ok(0);
    }
    if args.checks {
        return checks(&mut out);
    }
    writeln!(out, "Transports (--transports, --transport)")?;
    for transport in Transport::ALL {
        writeln!(out, "  {transport:<12} {}", transport.why())?;
    }
    writeln!(out, "\nScenarios (in plans)")?;
    for why in Scenario::LISTED {
        writeln!(out, "  {why}")?;
    }
    for built_in in plans::BUILT_IN {
        let plan = built_in.plan();
        let most = plan.stop.budget.map_or(longest(&plan), |budget| budget.min(longest(&plan)));
        let length = humantime::format_duration(std::time::Duration::from_secs(most.as_secs()));
        writeln!(out, "\nPlan {} (about {length} at most): {}", plan.name, plan.why)?;
        for cell in &plan.cells {
            writeln!(out, "  {:<38} {}", cell.name, cell.why)?;
        }
    }
    Ok(0)
}

fn checks(out: &mut impl io::Write) -> anyhow::Result<u8> {
    for (check, number) in check::all().chain(reports::detect::CHECKS.iter().copied()).zip(1..) {
        let worse = check.worse.map_or(String::new(), |(action, _)| format!(", {action}"));
        let probe = check.probe.map_or(String::new(), |probe| format!("; self-check {probe}"));
        writeln!(out, "{number:>3}  {} -> {}{worse}\n     {}{probe}", check.id, check.action, check.threshold())?;
    }
    writeln!(out, "\nTwo consequences belong to two thresholds in their order. Reasons: reports/method/checks.md")?;
    Ok(0)
}

/// Prints the manual page.
pub fn manual(command: clap::Command) -> anyhow::Result<u8> {
    clap_mangen::Man::new(command).render(&mut print::stdout())?;
    Ok(0)
}
