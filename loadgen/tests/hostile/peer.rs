//! A peer that means harm: it reads one request, then does what the case says. Refuses to end before its client does.

use crate::table::{Act, Asked, Behaviour, Way};
use rustls::pki_types::PrivateKeyDer;
use servers::{ServeOptions, Server};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use wire::Preset;

/// Largest request that is read.
const MAX_REQUEST_BYTES: usize = 1 << 20;

/// One of our servers: what a case is not about is answered by it.
static HONEST: LazyLock<Server> =
    LazyLock::new(|| Server::start(ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) }).unwrap());

/// Listens for one case; its authority.
pub(crate) fn start(behaviour: &'static Behaviour, way: Way) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = format!("localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A client that has gone is the end of it.
            thread::spawn(move || serve(client, behaviour, way));
        }
    });
    authority
}

/// Serves one connection.
fn serve(mut client: TcpStream, behaviour: &Behaviour, way: Way) -> io::Result<()> {
    if let Act::Tls(shown) = (behaviour.act)(&Asked { way, key: String::new() }) {
        return shown.serve(client);
    }
    loop {
        let early = (behaviour.act)(&Asked { way, key: String::new() });
        if matches!(early, Act::Deaf | Act::Closes | Act::Resets) && way != Way::Trial {
            return act(early, client);
        }
        let Some(request) = request(&mut client)? else { return Ok(()) };
        let path = request.split(' ').nth(1).unwrap_or("/");
        let due = match way {
            Way::Trial => path.starts_with(behaviour.route),
            // What is asked first decides.
            _ => true,
        };
        if due {
            let key = header(&request, "sec-websocket-key").map(derive_accept_key_of).unwrap_or_default();
            return act((behaviour.act)(&Asked { way, key }), client);
        }
        if path.starts_with("/sse") {
            return pipe(client, &request);
        }
        client.write_all(&honest(path)?)?;
    }
}

fn derive_accept_key_of(key: &str) -> String {
    derive_accept_key(key.as_bytes())
}

/// The value of a header of a request.
fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let lines = request.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Reads one head, and the body that it announces; `None` where the client left.
fn request(client: &mut impl Read) -> io::Result<Option<String>> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        if bytes.len() > MAX_REQUEST_BYTES || client.read(&mut byte)? == 0 {
            return Ok(None);
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    client.take(length).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn honest_address() -> SocketAddr {
    HONEST.url().trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
}

/// What our server answers to a question.
fn honest(path: &str) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(honest_address())?;
    write!(server, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", honest_address())?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
    Ok(format!("{head}\r\n\r\n{body}").into_bytes())
}

/// Hands the connection on to our server.
fn pipe(mut client: TcpStream, request: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(honest_address())?;
    server.write_all(request.replace("Host: localhost", "Host: 127.0.0.1").as_bytes())?;
    io::copy(&mut server, &mut client).map(|_| ())
}

/// Harm.
fn act(act: Act, mut client: TcpStream) -> io::Result<()> {
    match act {
        // Closing with bytes unread would be a reset, now and then.
        Act::Closes => {
            client.shutdown(Shutdown::Write)?;
            drain(client)
        }
        Act::Resets => socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)),
        Act::Deaf => {
            thread::sleep(Duration::from_secs(120));
            drop(client);
            Ok(())
        }
        Act::Says(bytes) => {
            client.write_all(&bytes)?;
            client.shutdown(Shutdown::Write)?;
            drain(client)
        }
        Act::Stays(bytes) => {
            client.write_all(&bytes)?;
            drain(client)
        }
        Act::Floods { start, again, reads } => {
            client.write_all(&start)?;
            if reads {
                let ears = client.try_clone()?;
                thread::spawn(move || drain(ears));
            }
            let many = again.repeat((1 << 16) / again.len().max(1) + 1);
            loop {
                client.write_all(&many)?;
            }
        }
        Act::Drips { start, again } => {
            client.write_all(&start)?;
            loop {
                client.write_all(&again)?;
                thread::sleep(Duration::from_millis(40));
            }
        }
        Act::Tls(_) => Ok(()),
    }
}

/// Reads until the client leaves.
fn drain(mut client: TcpStream) -> io::Result<()> {
    io::copy(&mut client, &mut io::sink()).map(|_| ())
}

/// What a peer does in place of a good handshake.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shown {
    /// A certificate that nobody knows.
    SelfSigned,
    /// The same, for another name.
    OtherName,
    /// HTTP in clear.
    Clear,
    /// Nothing at all.
    Nothing,
    /// A record that never ends.
    Drip,
    /// A good record of a handshake, then noise.
    Noise,
}

impl Shown {
    fn serve(self, mut client: TcpStream) -> io::Result<()> {
        let name = match self {
            Self::SelfSigned => "localhost",
            Self::OtherName => "elsewhere",
            Self::Clear => return act(Act::Says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()), client),
            Self::Nothing => return drain(client),
            Self::Drip => return act(Act::Drips { start: vec![22, 3, 3, 64, 0], again: vec![2] }, client),
            Self::Noise => return act(Act::Says([vec![22, 3, 3, 0, 64], vec![7; 64]].concat()), client),
        };
        let own = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config =
            builder.unwrap().with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).unwrap();
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        tls.complete_io(&mut client).map(|_| ())
    }
}
