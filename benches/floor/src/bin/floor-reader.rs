//! `floor-reader`: one load in, one line of JSON out.

use floor::{Load, reader};
use std::env::args;
use std::process::ExitCode;

const USAGE: &str = "usage: floor-reader HOST:PORT[,PID] sse|websocket CONNECTIONS RATE COUNT PAYLOAD [shared]
Reads COUNT events of PAYLOAD bytes at RATE a second on each of CONNECTIONS streams from 'loadgen serve' or 'floor-writer'.
Prints one line of JSON. PID is the server's process, if its CPU time is to be read, too.";

fn main() -> ExitCode {
    let words: Vec<_> = args().skip(1).collect();
    let Some((target, load)) = words.split_first() else { return refuse(USAGE) };
    let (addr, pid) = target.trim_start_matches("http://").split_once(',').unzip();
    let addr = addr.unwrap_or(target.trim_start_matches("http://")).parse();
    let pid = pid.map(str::parse).transpose();
    let (Ok(addr), Ok(pid), Some(load)) = (addr, pid, Load::from_words(load)) else { return refuse(USAGE) };
    match reader::read(addr, &load, pid) {
        Ok(reading) => println!("{reading}"),
        Err(error) => return refuse(&format!("floor-reader: {addr}: {error}")),
    }
    ExitCode::SUCCESS
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(2)
}
