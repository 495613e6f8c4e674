//! One name for several servers: each connection goes where its first request says. Keeps what clients send.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What was sent to a front so far.
pub(crate) type Heard = Arc<Mutex<Vec<u8>>>;

/// Listens on loopback; `choose` gives the server for a path.
pub(crate) fn front(choose: impl Fn(&str) -> SocketAddr + Send + Sync + 'static) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, heard) = (format!("http://{}", listener.local_addr().unwrap()), Heard::default());
    let (choose, kept) = (Arc::new(choose), Arc::clone(&heard));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (choose, kept) = (Arc::clone(&choose), Arc::clone(&kept));
            // Either side may leave when it likes.
            thread::spawn(move || join(client, choose.as_ref(), &kept));
        }
    });
    (url, heard)
}

fn join(mut client: TcpStream, choose: &dyn Fn(&str) -> SocketAddr, heard: &Heard) -> io::Result<()> {
    let mut buffer = [0; 1 << 14];
    let length = client.read(&mut buffer)?;
    let first = String::from_utf8_lossy(&buffer[..length]).into_owned();
    let path = first.split(' ').nth(1).unwrap_or("/").to_owned();
    let mut server = TcpStream::connect(choose(&path))?;
    heard.lock().unwrap().extend_from_slice(&buffer[..length]);
    server.write_all(&buffer[..length])?;
    let (mut up, mut down) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut down, &mut client);
        client.shutdown(Shutdown::Both)
    });
    loop {
        let length = up.read(&mut buffer)?;
        if length == 0 {
            return server.shutdown(Shutdown::Both);
        }
        heard.lock().unwrap().extend_from_slice(&buffer[..length]);
        server.write_all(&buffer[..length])?;
    }
}

/// Where a URL of a server without a path points.
pub(crate) fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
}
