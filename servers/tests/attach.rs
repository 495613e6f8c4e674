//! A connection that is no socket is served like one: its feed is woken, too, when it had to wait for an event.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use servers::{ServeOptions, Server};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;

const REQUEST: &[u8] =
    b"GET /http-stream?rate=1000&count=20&payload=64 HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn events_that_are_waited_for_arrive() {
    let server = Arc::new(Server::start(ServeOptions { threads: 1, ..ServeOptions::default() }).unwrap());
    let (mut client, end) = duplex(65_536);
    tokio::spawn(async move { server.attach(end).await });
    client.write_all(REQUEST).await.unwrap();
    let mut received = Vec::new();
    let read = client.read_to_end(&mut received);
    timeout(Duration::from_secs(20), read).await.expect("the stream ends by itself").unwrap();
    let chunks = String::from_utf8(received).unwrap().matches("40\r\n").count();
    assert_eq!(chunks, 20);
}
