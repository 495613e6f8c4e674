//! The `loadgen` program: parse, dispatch, one clear line for what went wrong.
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

#[global_allocator]
static HEAP: kernel::heap::Heap = kernel::heap::Heap;

fn main() -> ExitCode {
    match loadgen::cli::main() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            loadgen::print::say(one_line(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error and its causes, without those that an outer text already quotes.
fn one_line(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |line, cause| match line.as_str() {
        "" => cause,
        quoted if quoted.contains(&cause) => line,
        _ => format!("{line}: {cause}"),
    })
}
