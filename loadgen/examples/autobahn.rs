//! The lean WebSocket client before Autobahn: one connection a case, on which every message is echoed. Refuses to judge: the
//! fuzzing server does (`scripts/autobahn.sh`).
//!
//! ```text
//! autobahn HOST:PORT AGENT      asks for the number of cases, runs them one by one, then has the report written
//! ```

use anyhow::{Context as _, bail};
use client::{Conversation, Request, Signal};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use wire::Transport;

/// Longest wait for a byte of a case.
const PATIENCE: Duration = Duration::from_secs(30);
/// First byte of a whole binary message.
const BINARY: u8 = 0x82;

fn main() -> anyhow::Result<()> {
    let [address, agent] = &std::env::args().skip(1).collect::<Vec<_>>()[..] else {
        bail!("usage: autobahn HOST:PORT AGENT");
    };
    let mut count = String::new();
    // This and the last connection end without a close frame, and a case may well end in an error: the other end sees which.
    let asked = run(address, "/getCaseCount", &mut |text| count.push_str(&String::from_utf8_lossy(text)));
    let count: u32 = count.parse().with_context(|| format!("no number of cases ({asked:?})"))?;
    for case in 1..=count {
        let _ = run(address, &format!("/runCase?case={case}&agent={agent}"), &mut |_| ());
    }
    let _ = run(address, &format!("/updateReports?agent={agent}"), &mut |_| ());
    println!("{count} cases");
    Ok(())
}

/// One connection to its end; each message goes to `seen`, and back.
fn run(address: &str, target: &str, seen: &mut dyn FnMut(&[u8])) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut conversation = Conversation::open(Transport::WebSocket, &Request::get(address, target))?;
    let mut buffer = vec![0; 65_536];
    loop {
        let outbox = std::mem::take(conversation.outbox());
        stream.write_all(&outbox)?;
        if conversation.is_over() {
            return Ok(());
        }
        let read = stream.read(&mut buffer)?;
        let bytes = &buffer[..read];
        if bytes.is_empty() {
            return Ok(conversation.eof(&mut |_: Signal<'_>| ())?);
        }
        let mut echoes = Vec::new();
        let pushed = conversation.push(bytes, &mut |signal: Signal<'_>| {
            if let Signal::Event(event) = signal {
                seen(event.data);
                echoes.push((event.binary, event.data.to_vec()));
            }
        });
        echo(&mut conversation, echoes)?;
        if let Err(error) = pushed {
            stream.write_all(conversation.outbox())?;
            return Err(error.into());
        }
    }
}

/// Sends messages back. The client has no need of binary ones, so their frames are written here, with a mask of zeros.
fn echo(conversation: &mut Conversation, messages: Vec<(bool, Vec<u8>)>) -> anyhow::Result<()> {
    for (binary, data) in messages {
        if !binary {
            conversation.send_message(&data)?;
            continue;
        }
        let out = conversation.outbox();
        match u16::try_from(data.len()) {
            Ok(length @ ..126) => out.extend([BINARY, 0x80 | length as u8]),
            Ok(length) => {
                out.extend([BINARY, 0x80 | 126]);
                out.extend(length.to_be_bytes());
            }
            Err(_) => {
                out.extend([BINARY, 0x80 | 127]);
                out.extend((data.len() as u64).to_be_bytes());
            }
        }
        out.extend([0; 4]);
        out.extend(data);
    }
    Ok(())
}
