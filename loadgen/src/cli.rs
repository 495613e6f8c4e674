//! Flags and subcommands; dispatch only. What a command does is in `command`.

use crate::command::{agent, capacity, compare, list, llm, report, run, selfcheck};
use crate::placement;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, Parser, Subcommand};
use client::redact;

/// SSE or WebSocket? Measures both with one instrument and says what can be said.
///
/// `compare` needs nothing else: it starts its own servers, runs every row of the comparison table and writes a report.
#[derive(Debug, Parser)]
#[command(name = "loadgen", version, propagate_version = true, max_term_width = 110)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure the whole comparison table and write a report
    Compare(compare::CompareArgs),
    /// Find the highest load that holds a service level, for two transports
    Capacity(capacity::CapacityArgs),
    /// Measure one SSE or WebSocket endpoint: one of our servers, or any other
    Run(run::RunArgs),
    /// Measure a language-model endpoint, yours or ours, over SSE, WebSocket or both
    Llm(llm::LlmArgs),
    /// Take "WebSocket is faster for agents" apart: connection reuse, incremental input, the transport itself
    Agent(agent::AgentArgs),
    /// Render a report again from records, without measuring
    Report(report::ReportArgs),
    /// Do known damage to the instrument and see whether it shows: about three minutes, one line a check
    Selfcheck(selfcheck::SelfCheckArgs),
    /// Start a server to measure against: event streams, and language-model APIs with generated text under /v1/
    Serve(servers::ServeArgs),
    /// List transports, scenarios and built-in plans with their reasons
    List(list::ListArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    Man,
    /// Run one trial: reads an order on standard input, writes its record on standard output
    #[command(hide = true)]
    Trial,
    /// Keep an idle timer beside a server: what `serve` starts
    #[command(name = servers::WITNESS, hide = true)]
    Witness,
}

/// Runs the command line; the exit status of the process.
///
/// # Errors
/// Whatever the command failed with, for one line on standard error.
pub fn main() -> anyhow::Result<u8> {
    match parsed().command {
        Command::Compare(args) => compare::main(args),
        Command::Capacity(args) => capacity::main(args),
        Command::Run(args) => run::main(args),
        Command::Llm(args) => llm::main(args),
        Command::Agent(args) => agent::main(args),
        Command::Report(args) => report::main(&args),
        Command::Selfcheck(args) => selfcheck::main(&args),
        Command::Serve(args) => {
            placement::begin();
            Ok(servers::run(args).map(|()| 0)?)
        }
        Command::List(args) => list::main(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "loadgen", &mut crate::print::stdout());
            Ok(0)
        }
        Command::Man => list::manual(Cli::command()),
        Command::Trial => {
            placement::begin();
            crate::command::trial::main()
        }
        Command::Witness => Ok(servers::witness().map(|()| 0)?),
    }
}

/// The command line, or the end of the process. A header that cannot be read is not shown, nor is what a URL may hold of
/// credentials.
fn parsed() -> Cli {
    Cli::try_parse().unwrap_or_else(|mut error| {
        let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string);
        if argument.is_some_and(|argument| argument.contains("--header")) {
            error.insert(ContextKind::InvalidValue, ContextValue::String("***".to_owned()));
        }
        for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue] {
            if let Some(ContextValue::String(text)) = error.get(kind).filter(|text| text.to_string().contains("://")) {
                let shown = redact::url(text);
                error.insert(kind, ContextValue::String(shown));
            }
        }
        error.exit()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
