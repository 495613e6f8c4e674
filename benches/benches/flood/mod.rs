//! A writer that costs next to nothing: events framed in advance, 64 KiB with each write, for as long as they are taken.
//! Refuses to look at what is asked of it.

use client::codec::Corpus;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Starts one on a free loopback port; it ends with the process.
pub(crate) fn start(corpus: Corpus) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let (address, corpus) = (listener.local_addr().expect("a listener has an address"), Arc::new(corpus));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let corpus = Arc::clone(&corpus);
            // Ends with an error once the reader has gone.
            thread::spawn(move || serve(stream, &corpus));
        }
    });
    address
}

fn serve(mut stream: TcpStream, corpus: &Corpus) -> io::Result<()> {
    let mut request = [0; 1 << 10];
    let length = stream.read(&mut request)?;
    stream.write_all(corpus.head(&request[..length]).as_bytes())?;
    let events: Vec<u8> = corpus.wire_events().flatten().copied().collect();
    loop {
        stream.write_all(&events)?;
    }
}
