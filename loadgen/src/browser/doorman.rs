//! A relay that adds header lines to every request: a browser opens a page, and takes no header with it. Refuses to change
//! anything else.

use crate::acceptor::Acceptor;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;

/// Largest request head.
const MAX_HEAD_BYTES: u64 = 64 << 10;

/// A relay on loopback; it takes no more connections once it is dropped.
#[derive(Debug)]
pub(super) struct Doorman(Acceptor);

impl Doorman {
    /// Carries every connection to `server`, with these lines in each request.
    ///
    /// # Errors
    /// When there is no socket or no thread to be had.
    pub(super) fn open(server: SocketAddr, headers: &[(String, String)]) -> io::Result<Self> {
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        Ok(Self(Acceptor::open(move |client| join(client, server, lines.clone()))?))
    }

    /// Where to ask instead of the server.
    pub(super) const fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

/// Carries one connection until its ends have closed it.
fn join(client: TcpStream, server: SocketAddr, lines: String) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    let (mut down, mut back) = (server.try_clone()?, client.try_clone()?);
    let spawn = |name: &str| thread::Builder::new().name(name.to_owned());
    spawn("doorman-down").spawn(move || {
        // Whoever has gone is told nothing more.
        let _ = io::copy(&mut down, &mut back);
        back.shutdown(Shutdown::Both)
    })?;
    spawn("doorman-up").spawn(move || {
        let _ = ask(client, &server, &lines);
        server.shutdown(Shutdown::Both)
    })?;
    Ok(())
}

/// Requests in the order in which they come; behind an upgrade there are no more of them.
fn ask(client: impl Read, mut server: &TcpStream, lines: &str) -> io::Result<()> {
    let mut client = BufReader::new(client);
    while let Some(head) = head(&mut client)? {
        let first = head.find('\n').map_or(head.len(), |end| end + 1);
        server.write_all([&head[..first], lines, &head[first..]].concat().as_bytes())?;
        if value(&head, "upgrade").is_some() {
            return io::copy(&mut client, &mut server).map(|_| ());
        }
        let body = value(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        io::copy(&mut client.by_ref().take(body), &mut server)?;
    }
    Ok(())
}

/// The next head, with its blank line; `None` at the end of the connection.
fn head(client: &mut BufReader<impl Read>) -> io::Result<Option<String>> {
    let (mut head, mut client) = (Vec::new(), client.take(MAX_HEAD_BYTES));
    while !head.ends_with(b"\r\n\r\n") {
        if client.read_until(b'\n', &mut head)? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut values = fields.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    values.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn every_request_gets_the_lines_and_nothing_else_changes() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let lines = [("Authorization".to_owned(), "Bearer t".to_owned())];
        let doorman = Doorman::open(listener.local_addr().unwrap(), &lines).unwrap();
        let mut browser = TcpStream::connect(doorman.address()).unwrap();
        let sent = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n\
                    POST /b HTTP/1.1\r\nContent-Length: 16\r\n\r\nGET no request\r\n\
                    GET /c HTTP/1.1\r\nUpgrade: websocket\r\n\r\nGET frames\r\n\r\n";
        browser.write_all(sent.as_bytes()).unwrap();
        browser.shutdown(Shutdown::Write).unwrap();
        let (mut server, mut came) = (listener.accept().unwrap().0, String::new());
        server.read_to_string(&mut came).unwrap();
        assert_eq!(came, sent.replace(" HTTP/1.1\r\n", " HTTP/1.1\r\nAuthorization: Bearer t\r\n"));
    }
}
