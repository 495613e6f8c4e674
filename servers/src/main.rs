//! The `servers` program: flags in, one line with the address out, then serving until a signal. Dispatch only.

use clap::Parser;
use servers::ServeArgs;
use std::process::ExitCode;

/// Serves equal streams of stamped events over SSE, WebSocket, long polling, an HTTP stream and raw TCP.
///
/// The first line on stdout is the base URL. What is sent is in each request's query string: GET / shows examples.
/// Under /v1/ it answers as the OpenAI and Anthropic APIs do (Chat Completions, Responses over SSE and WebSocket, Messages),
/// and runs jobs to watch, all with generated text on a seeded schedule.
#[derive(Debug, Parser)]
#[command(name = "servers", version)]
struct Program {
    #[command(flatten)]
    serve: ServeArgs,
}

#[global_allocator]
static HEAP: kernel::heap::Heap = kernel::heap::Heap;

fn main() -> ExitCode {
    // What a server starts beside itself: no command of a user's.
    let ended = if std::env::args().nth(1).as_deref() == Some(servers::WITNESS) {
        servers::witness().map_err(|error| error.to_string())
    } else {
        servers::run(Program::parse().serve).map_err(|error| error.to_string())
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
