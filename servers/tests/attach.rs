//! A connection that is no socket is served like one: its feed is woken, too, when it had to wait for an event.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use servers::{ServeOptions, Server};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;

const REQUEST: &[u8] =
    b"GET /http-stream?rate=1000&count=20&payload=64 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

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

const UPGRADE: &[u8] =
    b"GET /websocket?rate=1000&count=20&payload=64 HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\n\
    upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

#[tokio::test]
async fn an_upgraded_connection_is_served_to_its_end() {
    let server = Arc::new(Server::start(ServeOptions { threads: 1, ..ServeOptions::default() }).unwrap());
    let (mut client, end) = duplex(65_536);
    let served = tokio::spawn(async move { server.attach(end).await });
    client.write_all(UPGRADE).await.unwrap();
    let mut received = Vec::new();
    // A close frame with status 1000 is the last thing that a stream of events brings.
    while !received.ends_with(&[0x88, 2, 3, 0xe8]) {
        let read = timeout(Duration::from_secs(20), client.read_buf(&mut received)).await;
        assert!(read.expect("the stream goes on").unwrap() > 0, "the stream ends with a close frame");
    }
    assert!(!served.is_finished(), "who serves it waits for the client's close frame");
    let events = received.windows(2).filter(|head| *head == [0x81, 64]).count();
    assert_eq!(events, 20);
    drop(client);
    timeout(Duration::from_secs(20), served).await.expect("the connection is over").unwrap();
}
