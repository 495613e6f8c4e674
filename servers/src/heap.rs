//! `/heap`: what this process has requested of its allocator and not given back, by what it is for. There only where the
//! program was started with `--heap-profile`. Refuses to measure: `kernel::heap` keeps the account.

use crate::feed::WorkerHandle;
use crate::refusal::Refusal;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use kernel::heap::{self, Site};
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::{HeapSite, HeapUse};

/// What functions allocate for: how their names begin, generic arguments left out; the least bytes of a block; the use. Going
/// outwards from the allocation, the first function with a rule decides; of its rules, the first that fits.
///
/// Names are those of symbols, and a function that was inlined has none. So the callers of those that allocate buffers are
/// named as well: by the size of what they allocate, since they have small blocks of their own.
const RULES: [(&str, u64, HeapUse); 32] = [
    ("hyper::proto::h1::io::Buffered::poll_read_from_io", 0, HeapUse::HyperRead),
    ("hyper::proto::h1::io::", 0, HeapUse::HyperWrite),
    ("hyper::proto::h1::conn::Conn::poll_read", 4_096, HeapUse::HyperRead),
    ("hyper::proto::h1::dispatch::Dispatcher::poll_", 4_096, HeapUse::HyperRead),
    ("hyper::server::conn::http1::Builder::serve_connection", 256, HeapUse::HyperWrite),
    ("hyper::proto::h1::role::", 0, HeapUse::Exchange),
    ("hyper::", 0, HeapUse::Task),
    ("tungstenite::protocol::frame::FrameCodec::buffer_frame", 0, HeapUse::TungsteniteWrite),
    ("tungstenite::protocol::WebSocketContext::buffer_frame", 0, HeapUse::TungsteniteWrite),
    ("tungstenite::protocol::WebSocketContext::_write", 0, HeapUse::TungsteniteWrite),
    ("tungstenite::protocol::WebSocketContext::write", 0, HeapUse::TungsteniteWrite),
    ("tungstenite::protocol::frame::FrameCodec::", 0, HeapUse::TungsteniteRead),
    ("tungstenite::protocol::WebSocket", 1_024, HeapUse::TungsteniteRead),
    ("tokio_tungstenite::", 1_024, HeapUse::TungsteniteRead),
    ("tungstenite::", 0, HeapUse::WebSocket),
    ("tokio_tungstenite::", 0, HeapUse::WebSocket),
    ("rustls::", 0, HeapUse::Tls),
    ("tokio_rustls::", 0, HeapUse::Tls),
    ("servers::carrier::", 0, HeapUse::Tls),
    ("axum::extract::ws::", 0, HeapUse::WebSocket),
    ("servers::endpoint::inbound::", 0, HeapUse::WebSocket),
    ("servers::endpoint::", 0, HeapUse::Body),
    ("axum_core::body::", 0, HeapUse::Body),
    ("http_body_util::", 0, HeapUse::Body),
    ("http::", 0, HeapUse::Exchange),
    ("axum::", 0, HeapUse::Exchange),
    ("tower::", 0, HeapUse::Exchange),
    ("hyper_util::service::", 0, HeapUse::Exchange),
    ("servers::", 0, HeapUse::Own),
    ("tokio::runtime::task::", 0, HeapUse::Task),
    ("tokio::", 0, HeapUse::Runtime),
    // What a thread's own closure allocates, such as the pacer's: nothing but the thread's begin has a name.
    ("start_thread", 0, HeapUse::Own),
];

/// Crates that allocate for whoever calls them.
const PLUMBING: [&str; 7] = ["__rustc", "alloc", "core", "std", "backtrace", "kernel", "bytes"];

/// The route.
pub(crate) fn routes() -> Router<Arc<WorkerHandle>> {
    Router::new().route("/heap", get(live))
}

async fn live() -> Result<Json<Vec<HeapSite>>, Refusal> {
    let kept = heap::sites().ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, "no account of the heap is kept: start with --heap-profile".to_owned())
    })?;
    Ok(Json(by_use(kept)))
}

/// Sites of one use and one function together, the largest first.
fn by_use(sites: Vec<Site>) -> Vec<HeapSite> {
    let mut together: BTreeMap<(HeapUse, String), (u64, u64)> = BTreeMap::new();
    for Site { frames, bytes, blocks } in sites {
        let sum = together.entry(classified(&frames, bytes / blocks.max(1))).or_default();
        *sum = (sum.0 + bytes, sum.1 + blocks);
    }
    let site = |((purpose, function), (bytes, blocks))| HeapSite { purpose, function, bytes, blocks };
    let mut all: Vec<_> = together.into_iter().map(site).collect();
    all.sort_by_key(|site| std::cmp::Reverse(site.bytes));
    all
}

/// What a stack allocates for in blocks of so many bytes, and the function that does.
fn classified(frames: &[String], block_bytes: u64) -> (HeapUse, String) {
    let named = frames.iter().map(|frame| plain(frame));
    let functions: Vec<_> = named.filter(|name| !PLUMBING.contains(&origin(name))).collect();
    let fits = |name: &str, (begin, least, _): &(&str, u64, _)| name.starts_with(begin) && *least <= block_bytes;
    let rule = |name: &String| RULES.iter().find(|rule| fits(name, rule));
    let purpose = functions.iter().find_map(rule).map_or(HeapUse::Other, |&(.., purpose)| purpose);
    (purpose, functions.into_iter().next().unwrap_or_default())
}

/// The crate that a plain name begins with.
fn origin(name: &str) -> &str {
    name.split("::").next().unwrap_or(name)
}

/// A function's path without generic arguments: `<a::B<T> as c::D>::e` is `a::B::e`, and `c::D::e` where the type has no path.
fn plain(name: &str) -> String {
    let Some(inside) = name.strip_prefix('<') else { return without_arguments(name) };
    let end = closing(inside);
    let (subject, rest) = (without_arguments(&inside[..end]), inside.get(end + 1..).unwrap_or_default());
    let (own, of_trait) = subject.split_once(" as ").unwrap_or((&subject, ""));
    let has_path = own.contains("::") && !own.starts_with("::");
    let path = if has_path || of_trait.is_empty() { own } else { of_trait };
    path.trim_start_matches('&').trim_start_matches("mut ").to_owned() + &without_arguments(rest)
}

/// Where the bracket that is open at the beginning is closed; the length where it is not.
fn closing(text: &str) -> usize {
    let mut depth = 1;
    for (at, byte) in text.bytes().enumerate() {
        depth += i32::from(byte == b'<') - i32::from(byte == b'>' && (at == 0 || text.as_bytes()[at - 1] != b'-'));
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn without_arguments(name: &str) -> String {
    let mut plain = String::new();
    let mut rest = name;
    while let Some((before, behind)) = rest.split_once('<') {
        plain.push_str(before.strip_suffix("::").unwrap_or(before));
        rest = behind.get(closing(behind) + 1..).unwrap_or_default();
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_arguments_and_keep_their_crate() {
        for (name, path) in [
            ("hyper::proto::h1::io::Buffered<T,B>::new", "hyper::proto::h1::io::Buffered::new"),
            ("<core::pin::Pin<P> as core::future::future::Future>::poll", "core::pin::Pin::poll"),
            ("<F as axum::handler::Handler<(M,T1),S>>::call::{{closure}}", "axum::handler::Handler::call::{{closure}}"),
            ("<[(K,V); N] as http::Parts>::into", "http::Parts::into"),
            ("<hyper::Buffered<std::Io<u8>>>::new", "hyper::Buffered::new"),
            ("<&mut alloc::vec::Vec<T> as a::B>::c", "alloc::vec::Vec::c"),
            ("<<A as b::B>::C as d::D>::e", "d::D::e"),
            ("f::<fn(a::A) -> b::B>::g", "f::g"),
            ("clone3", "clone3"),
            ("<broken", "broken"),
            ("", ""),
        ] {
            assert_eq!(plain(name), path, "{name}");
        }
    }

    #[test]
    fn the_first_function_with_a_rule_decides() {
        let of = |frames: &[&str], block_bytes| {
            let frames: Vec<_> = frames.iter().map(|&frame| frame.to_owned()).collect();
            classified(&frames, block_bytes)
        };
        let reading = [
            "<kernel::heap::Heap as core::alloc::GlobalAlloc>::alloc",
            "bytes::BytesMut::reserve_inner",
            "hyper::proto::h1::io::Buffered<T,B>::poll_read_from_io",
            "tokio::runtime::task::core::Core<T,S>::poll",
        ];
        let function = "hyper::proto::h1::io::Buffered::poll_read_from_io".to_owned();
        assert_eq!(of(&reading, 8_192), (HeapUse::HyperRead, function));
        let head = ["http::header::map::HeaderMap<T>::try_insert2", "servers::endpoint::sse::respond"];
        assert_eq!(of(&head, 624).0, HeapUse::Exchange);
        let inlined = ["hyper::server::conn::http1::Builder::serve_connection"];
        assert_eq!([of(&inlined, 8_192).0, of(&inlined, 16).0], [HeapUse::HyperWrite, HeapUse::Task]);
        assert_eq!(of(&["someone::allocates", "main"], 9), (HeapUse::Other, "someone::allocates".to_owned()));
        assert_eq!(of(&[], 0), (HeapUse::Other, String::new()));
    }

    #[test]
    fn stacks_of_one_function_are_one_site() {
        let site = |frame: &str, bytes| Site { frames: vec![frame.to_owned()], bytes, blocks: 1 };
        let all = by_use(vec![site("servers::a", 1), site("tokio::b", 9), site("servers::a", 3)]);
        let [first, second] = &all[..] else { panic!("{all:?}") };
        assert_eq!((first.purpose, first.bytes), (HeapUse::Runtime, 9));
        assert_eq!((second.purpose, second.bytes, second.blocks), (HeapUse::Own, 4, 2));
    }
}
