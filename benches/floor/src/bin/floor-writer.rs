//! `floor-writer`: its address out, loads served until standard input ends, then one line of JSON.

use floor::Load;
use floor::writer::{self, Account};
use std::env::args;
use std::io::{self, Read as _};
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::{process, thread};

const USAGE: &str = "usage: floor-writer [sse|websocket CONNECTIONS RATE COUNT PAYLOAD [shared]]
Prints its URL, serves what 'floor-reader' asks for until standard input ends, and prints CPU time for each event.
With a load it runs the schedule alone, with nobody subscribed, and serves nothing.";

fn main() -> ExitCode {
    let words: Vec<_> = args().skip(1).collect();
    let done = match (words.is_empty(), Load::from_words(&words)) {
        (true, _) => serve(),
        (false, Some(load)) => alone(&load),
        (false, None) => Err(io::Error::other(USAGE)),
    };
    done.map_or_else(
        |error| {
            eprintln!("{error}");
            ExitCode::from(2)
        },
        |()| ExitCode::SUCCESS,
    )
}

fn serve() -> io::Result<()> {
    static ACCOUNT: Account = Account::new();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        say(&ACCOUNT);
        process::exit(0);
    });
    writer::serve(&listener, &ACCOUNT)
}

fn alone(load: &Load) -> io::Result<()> {
    let account = Account::new();
    writer::schedule(load, &account)?;
    say(&account);
    Ok(())
}

fn say(account: &Account) {
    let (events, cpu_ns) = (account.events.load(Relaxed), account.cpu_ns.load(Relaxed));
    let per_event = cpu_ns as f64 / events.max(1) as f64;
    println!("{{\"events\":{events},\"cpu_ns\":{cpu_ns},\"cpu_ns_per_event\":{per_event:.0}}}");
}
