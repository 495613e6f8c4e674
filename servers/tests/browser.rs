//! The browser page and its results over raw HTTP: what it answers, and where it says no.

#![allow(clippy::unwrap_used, reason = "a test's own helpers may panic like the test")]

use servers::browser::{MAX_ASKED, Outcome};
use servers::{ServeOptions, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server with two threads: the page may post to one of them while the load generator asks the other.
fn server() -> Server {
    let options = ServeOptions { threads: 2, ..ServeOptions::default() };
    Server::start(options).unwrap()
}

/// Sends one request and reads the whole answer.
async fn ask(server: &Server, request_line: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    let length = body.len();
    let head = format!(
        "{request_line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn get(server: &Server, path: &str) -> String {
    ask(server, &format!("GET {path}"), "", "").await
}

async fn post(server: &Server, path: &str, body: &str) -> String {
    ask(server, &format!("POST {path}"), "content-type: application/json\r\n", body).await
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn the_page_is_isolated_and_self_contained() {
    let answer = get(&server(), "/browser?asked=20&token=a-1").await;
    assert_eq!(status(&answer), 200, "{answer}");
    for header in ["cross-origin-opener-policy: same-origin", "cross-origin-embedder-policy: require-corp"] {
        assert!(answer.contains(header), "{header} is missing");
    }
    assert!(!body(&answer).contains("://"), "the page must fetch nothing from elsewhere");
}

#[tokio::test]
async fn a_page_without_sense_is_refused() {
    let server = &server();
    let long = "x".repeat(65);
    for query in
        ["", "asked=5", "token=a", "asked=0&token=a", "asked=x&token=a", "asked=5&token=a%2Fb", "asked=5&token="]
    {
        assert_eq!(status(&get(server, &format!("/browser?{query}")).await), 400, "{query}");
    }
    assert_eq!(status(&get(server, &format!("/browser?asked=5&token={long}")).await), 400);
    let answer = get(server, &format!("/browser?asked={}&token=a", MAX_ASKED + 1)).await;
    assert_eq!(body(&answer), "asked=1001: events to count, 1 to 1000\n");
}

#[tokio::test]
async fn a_result_comes_back_under_its_token_only() {
    let server = &server();
    assert_eq!(status(&get(server, "/browser/result?token=one").await), 204);
    let outcome = r#"{"sse_events":20,"websocket_events":null,"sse_resumed":true,"websocket_resumed":false}"#;
    assert_eq!(status(&post(server, "/browser/result?token=one", outcome).await), 204);
    let answer = get(server, "/browser/result?token=one").await;
    let expected =
        Outcome { sse_events: Some(20), sse_resumed: Some(true), websocket_resumed: Some(false), ..Default::default() };
    assert_eq!(serde_json::from_str::<Outcome>(body(&answer)).unwrap(), expected);
    assert_eq!(status(&get(server, "/browser/result?token=two").await), 204);
}

#[tokio::test]
async fn bad_results_are_refused() {
    let server = &server();
    let large = format!("{{\"sse_events\":{}1}}", " ".repeat(2000));
    for (text, expected) in
        [("", 400), ("{", 400), (r#"{"sse_events":-1}"#, 422), (r#"{"other":1}"#, 422), (&large, 413)]
    {
        assert_eq!(status(&post(server, "/browser/result?token=t", text).await), expected, "{text}");
    }
    assert_eq!(status(&get(server, "/browser/result?token=t").await), 204);
}

#[tokio::test]
async fn only_the_latest_results_are_kept() {
    let server = &server();
    for i in 0..65 {
        post(server, &format!("/browser/result?token=t{i}"), "{}").await;
    }
    assert_eq!(status(&get(server, "/browser/result?token=t0").await), 204);
    assert_eq!(status(&get(server, "/browser/result?token=t1").await), 200);
    assert_eq!(status(&get(server, "/browser/result?token=t64").await), 200);
}

#[tokio::test]
async fn the_cut_stream_goes_on_behind_the_last_id() {
    let server = &server();
    let fresh = get(server, "/browser/cut").await;
    assert!(fresh.contains("content-type: text/event-stream"), "{fresh}");
    assert_eq!(body(&fresh), "retry: 500\n\nid: 0\ndata: 0\n\nid: 1\ndata: 1\n\nid: 2\ndata: 2\n\n");
    let again = ask(server, "GET /browser/cut", "last-event-id: 2\r\n", "").await;
    assert!(body(&again).starts_with("retry: 500\n\nid: 3\ndata: 3\n\n"), "{again}");
    for id in ["18446744073709551615", "x", "-1"] {
        let headers = format!("last-event-id: {id}\r\n");
        assert_eq!(status(&ask(server, "GET /browser/cut", &headers, "").await), 200, "{id}");
    }
}
