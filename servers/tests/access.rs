//! Who may ask: pages, names, tokens, and damage on order.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod support;

use servers::{Access, Server};
use support::hostile::Fate::Status;
use support::hostile::{TOKEN, check, get, head, json, start};
use support::{Wire, ask, opening, server};
use wire::Transport;

/// A server that asks for a token, and lets one foreign page in.
fn guarded() -> Server {
    let origins = vec!["https://pages.example".to_owned()];
    start(|options| options.access = Access { token: TOKEN.parse().ok(), origins })
}

/// A server as it is beyond loopback, but for the token.
fn beyond_loopback() -> Server {
    start(|options| options.bind = "0.0.0.0:0".parse().unwrap())
}

#[test]
fn pages_and_names_of_others() {
    let foreign = "origin: https://evil.example\r\n";
    let rebound = |target: &str| format!("GET {target} HTTP/1.1\r\nhost: evil.example\r\n\r\n").into_bytes();
    let post = |target: &str, fields: &str| {
        [head("POST", target, &format!("content-length: 2\r\n{fields}")), b"{}".into()].concat()
    };
    let cases = [
        (
            "a foreign page's WebSocket",
            get("/websocket", &(opening(Transport::WebSocket).to_owned() + foreign)),
            Status(403),
        ),
        ("a foreign page's EventSource", get("/sse", foreign), Status(403)),
        ("a foreign page's POST", post("/publish/s", foreign), Status(403)),
        ("a foreign page's question", post("/v1/chat/completions", foreign), Status(403)),
        ("a foreign page's result", post("/browser/result?token=a", foreign), Status(403)),
        ("a page without an origin", get("/facts", "origin: null\r\n"), Status(403)),
        ("a page of another port", get("/facts", "origin: http://localhost:1\r\n"), Status(403)),
        ("a foreign page's image", get("/sse", "sec-fetch-site: cross-site\r\nsec-fetch-dest: image\r\n"), Status(403)),
        ("a foreign page's frame", get("/sse", "sec-fetch-site: same-site\r\nsec-fetch-dest: iframe\r\n"), Status(403)),
        ("its own page", get("/clock", "origin: http://localhost\r\nsec-fetch-site: same-origin\r\n"), Status(200)),
        ("a name that points here", rebound("/facts"), Status(421)),
        ("the same for a route of nobody's", rebound("/nowhere"), Status(421)),
        (
            "a sign-in where no token is asked for",
            [
                head("POST", "/login", "content-type: application/x-www-form-urlencoded\r\ncontent-length: 7\r\n"),
                b"token=x".into(),
            ]
            .concat(),
            Status(404),
        ),
    ];
    check(&server(), &cases);
}

#[test]
fn tokens_of_every_form() {
    let bearer = |token: &str| format!("authorization: Bearer {token}\r\n");
    let basic = "authorization: Basic YS10b2tlbi1vZi10aGUtdGVzdHM=\r\n";
    let (long, short) = (format!("{TOKEN}x"), &TOKEN[1..]);
    let raw = |fields: &str| opening(Transport::RawTcp).to_owned() + fields;
    let mut cases = vec![
        ("the token", get("/clock", &bearer(TOKEN)), Status(200)),
        (
            "the token, its scheme in capitals",
            get("/clock", &format!("authorization: BEARER {TOKEN}\r\n")),
            Status(200),
        ),
        ("no token", get("/clock", ""), Status(401)),
        ("an empty token", get("/clock", "authorization: Bearer \r\n"), Status(401)),
        ("a longer token", get("/clock", &bearer(&long)), Status(401)),
        ("a shorter token", get("/clock", &bearer(short)), Status(401)),
        ("another scheme", get("/clock", basic), Status(401)),
        ("the token in a query", get(&format!("/clock?token={TOKEN}"), ""), Status(401)),
        ("the token as a cookie", get("/clock", &format!("cookie: pushbench={TOKEN}\r\n")), Status(401)),
        ("the token in another field", get("/clock", &format!("x-api-key: {TOKEN}\r\n")), Status(401)),
        ("the models' own field", get("/v1/models", &format!("x-api-key: {TOKEN}\r\n")), Status(200)),
        ("raw TCP without a token", get("/raw-tcp", &raw("")), Status(401)),
        ("raw TCP with it", get("/raw-tcp?schedule=idle", &raw(&bearer(TOKEN))), Status(101)),
        ("a route of nobody's", get("/nowhere", ""), Status(401)),
        ("the page where a browser signs in", get("/login", ""), Status(200)),
        (
            "any name, for a token is asked",
            format!("GET /clock HTTP/1.1\r\nhost: node-7\r\n{}\r\n", bearer(TOKEN)).into(),
            Status(200),
        ),
        (
            "a foreign page with the token",
            get("/clock", &format!("origin: https://evil.example\r\n{}", bearer(TOKEN))),
            Status(403),
        ),
        (
            "an allowed page with the token",
            get("/clock", &format!("origin: https://pages.example\r\n{}", bearer(TOKEN))),
            Status(200),
        ),
        (
            "what a browser asks for an allowed page",
            head("OPTIONS", "/clock", "origin: https://pages.example\r\naccess-control-request-method: GET\r\n"),
            Status(204),
        ),
        ("the same for a foreign page", head("OPTIONS", "/clock", "origin: https://evil.example\r\n"), Status(403)),
        ("the same for no page", head("OPTIONS", "/clock", ""), Status(401)),
        ("an allowed page without it", get("/clock", "origin: https://pages.example\r\n"), Status(401)),
    ];
    for transport in [Transport::Sse, Transport::WebSocket, Transport::LongPoll, Transport::HttpStream] {
        cases.push((transport.name(), get(transport.path(), opening(transport)), Status(401)));
    }
    check(&guarded(), &cases);
}

#[test]
fn a_refusal_for_want_of_a_token_is_one_line_and_says_bearer() {
    let server = guarded();
    let (head, mut wire) = Wire::get(&server, "/facts", "");
    assert_eq!((head.status, head.field("www-authenticate")), (401, Some("bearer")));
    assert_eq!(
        wire.body(&head),
        "this server asks for its token: send 'Authorization: Bearer TOKEN', or sign in at /login\n"
    );
    let (head, mut wire) = Wire::get(&server, "/facts", &format!("authorization: Bearer {TOKEN}\r\n"));
    assert!(head.status == 200 && !wire.body(&head).contains(TOKEN));
    assert!(!format!("{server:?}").contains(TOKEN));
    let fields = format!("origin: https://pages.example\r\nauthorization: Bearer {TOKEN}\r\n");
    let (head, _) = Wire::get(&server, "/clock", &fields);
    assert_eq!(head.field("access-control-allow-origin"), Some("https://pages.example"));
}

#[test]
fn a_browser_signs_in_for_a_cookie_of_the_page() {
    let server = guarded();
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let wrong = ask(&server, "POST", "/login", form, b"token=wrong").0;
    assert_eq!(wrong, 401);
    let mut wire = Wire::connect(&server);
    wire.request("POST", "/login", form, format!("token={TOKEN}").as_bytes());
    let head = wire.head();
    assert_eq!((head.status, head.field("location")), (303, Some("/")));
    let cookie = head.field("set-cookie").unwrap().to_owned();
    assert!(cookie.ends_with("; path=/; httponly; samesite=strict") && !cookie.contains(TOKEN), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let with = |pair: &str| ask(&server, "GET", "/clock", &format!("cookie: a=b; {pair}\r\n"), b"").0;
    assert_eq!((with(pair), with(&format!("{pair}0")), with("a=b")), (200, 401, 401));
    let other = guarded();
    assert_eq!(ask(&other, "GET", "/clock", &format!("cookie: {pair}\r\n"), b"").0, 401, "a cookie is one server's");
}

#[test]
fn damage_is_on_order_only_where_nobody_else_is() {
    let order = |target: &str| get(target, "");
    let (burn, touch) = (order("/sse?faults=burn:10ms&schedule=unpaced"), order("/http-stream?faults=touch:1MiB"));
    let cut = json(r#"{"model":"chat","messages":[],"stream":true,"pushbench":"mishaps=cut:1"}"#);
    let cases = [
        ("burnt CPU time", burn.clone(), Status(403)),
        ("touched memory", touch, Status(403)),
        ("damage to an answer", cut, Status(403)),
        ("damage to a job", order("/v1/jobs/predict?id=a&mishaps=drop:1"), Status(403)),
        ("a status on order", order("/v1/jobs/predict?id=a&mishaps=status:500"), Status(403)),
        ("damage to a schedule", order("/schedule?count=1&faults=burn:1ms"), Status(403)),
        ("no damage", order("/sse?count=1"), Status(200)),
    ];
    check(&beyond_loopback(), &cases);
    let allowed = start(|options| {
        options.bind = "0.0.0.0:0".parse().unwrap();
        options.allow_faults = true;
    });
    check(&allowed, &[("burnt CPU time, allowed", burn.clone(), Status(200))]);
    check(&server(), &[("burnt CPU time, on loopback", burn, Status(200))]);
}
