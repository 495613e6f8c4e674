//! A server that costs next to nothing: it writes events that were framed beforehand, one write each, as fast as they are
//! taken. Refuses to look at what is asked of it: any request is answered with the one stream that it has.

use client::codec::Corpus;
use socket2::SockRef;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for a client and for its request, and longest stream.
const LIMIT: Duration = Duration::from_secs(5);
/// Largest request.
const MAX_REQUEST_BYTES: usize = 16 << 10;

/// Starts one on a free loopback port for so many connections; it ends by itself, with them or within its limits.
///
/// # Errors
/// When there is no port or no thread to be had.
pub(super) fn start(corpus: Corpus, connections: usize) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    // Linux bounds `accept` by the receive timeout (socket(7)).
    SockRef::from(&listener).set_read_timeout(Some(LIMIT))?;
    let (address, corpus) = (listener.local_addr()?, Arc::new(corpus));
    let accept = move || {
        for _ in 0..connections {
            let Ok((stream, _)) = listener.accept() else { return };
            let corpus = Arc::clone(&corpus);
            // A connection that cannot be served ends, and its client notices.
            let _ = thread::Builder::new().name("null-server".to_owned()).spawn(move || serve(stream, &corpus));
        }
    };
    thread::Builder::new().name("null-server".to_owned()).spawn(accept)?;
    Ok(address)
}

/// Reads the request, answers, and writes until the client has enough.
fn serve(mut stream: TcpStream, corpus: &Corpus) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let request = request(&mut stream)?;
    stream.write_all(corpus.head(&request).as_bytes())?;
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        for event in corpus.wire_events() {
            stream.write_all(event)?;
        }
    }
    Ok(())
}

fn request(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while !request.ends_with(b"\r\n\r\n") {
        let bytes = stream.read(&mut buffer)?;
        if bytes == 0 || request.len() > MAX_REQUEST_BYTES {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        request.extend_from_slice(&buffer[..bytes]);
    }
    Ok(request)
}
