//! Everything from the first byte of a response head on, on every transport but WebSocket (its handshake cannot be
//! guessed; the frames have a target of their own).
#![no_main]

mod cut;

use libfuzzer_sys::fuzz_target;
use client::{Conversation, Request, Signal};
use wire::Transport;

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (transport, length, bytes) = input;
    let transport = Transport::ALL[usize::from(transport) % Transport::ALL.len()];
    let request = Request { payload_bytes: Some(5), ..Request::get("localhost", "/") };
    let run = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut conversation = Conversation::open(transport, &request).expect("a good request");
        let outcome = cut::outcome(pieces, |bytes, mut sink| conversation.push(bytes, &mut sink));
        let ended = conversation.eof(&mut |_: Signal<'_>| {}).is_ok();
        (outcome, ended, conversation.is_over())
    };
    let whole = run(&mut [bytes].into_iter());
    let cut = run(&mut bytes.chunks(1 + usize::from(length)));
    assert_eq!(whole, cut);
});
