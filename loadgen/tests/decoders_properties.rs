//! Properties of every decoder: however valid bytes are cut, the signals are the same and are what was sent; however
//! wrong they are, nothing panics and the cut still does not matter.

mod decoders_support;

use decoders_support::{Cut, Seen, alike, chunk, converse, frame, good_head, opaque, parse_events, sized, text};
use proptest::collection::vec;
use proptest::prelude::*;
use wire::Transport::{self, HttpStream, LongPoll, RawTcp, Sse, WebSocket};

/// All payloads of one stream are of one size, as our servers send them.
const PAYLOAD_BYTES: usize = 12;

fn payloads() -> impl Strategy<Value = Vec<String>> {
    vec("[a-z0-9:][a-z0-9 :]{7}(é|é|…x|😀)", 0..8).prop_map(|mut payloads| {
        payloads.iter_mut().for_each(|payload| payload.extend(['.'; 4].iter().take(PAYLOAD_BYTES - payload.len())));
        payloads
    })
}

fn cuts() -> impl Strategy<Value = Cut> {
    prop_oneof![
        vec(1..40_usize, 1..6).prop_map(Cut::Lengths),
        Just(Cut::Bytes),
        vec(1..4_usize, 1..4).prop_map(Cut::Lengths)
    ]
}

/// One SSE event with what the standard leaves open: line ends, order, comments, several data lines.
fn event_stream(payload: &str, id: Option<u32>, style: u8) -> Vec<u8> {
    let end = ["\n", "\r\n", "\r"][usize::from(style % 3)];
    let mut lines = vec![format!("data: {payload}")];
    lines.extend(id.map(|id| format!("id: {id}")));
    lines.extend((style & 4 != 0).then(|| ": comment".to_owned()));
    lines.extend((style & 8 != 0).then(|| format!("data:{payload}")));
    let first = usize::from(style >> 4) % lines.len();
    lines.rotate_left(first);
    lines.extend([String::new(), String::new()]);
    lines.join(end).into_bytes()
}

/// A message in fragments, each followed by a ping where `pings` says so.
fn fragments(payload: &[u8], pieces: usize, pings: bool) -> Vec<u8> {
    let pieces: Vec<_> = payload.chunks(payload.len().div_ceil(pieces)).collect();
    let mut bytes = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let (first, last) = (at == 0, at + 1 == pieces.len());
        bytes.extend(frame(u8::from(first) | u8::from(last) << 7, piece));
        bytes.extend(if pings { frame(0x89, b"?") } else { Vec::new() });
    }
    bytes
}

/// A valid stream of `payloads` and its body's bytes; `style` chooses among what the transport leaves open.
fn encode(transport: Transport, payloads: &[String], style: u8) -> (String, Vec<u8>) {
    let joined: Vec<u8> = match transport {
        Sse => payloads.iter().zip(1..).flat_map(|(payload, id)| event_stream(payload, Some(id), style)).collect(),
        WebSocket => {
            let each = |payload: &String| fragments(payload.as_bytes(), 1 + usize::from(style % 3), style & 4 != 0);
            payloads.iter().flat_map(each).chain(frame(0x88, b"\x03\xE8")).collect()
        }
        LongPoll => payloads.iter().flat_map(|payload| format!("{payload}\n").into_bytes()).collect(),
        HttpStream | RawTcp => payloads.concat().into_bytes(),
    };
    let head = good_head(transport, joined.len());
    let body = match transport {
        Sse | HttpStream => {
            let chunks = joined.chunks(1 + usize::from(style)).flat_map(chunk);
            chunks.chain(*b"0\r\n\r\n").collect()
        }
        WebSocket | LongPoll | RawTcp => joined,
    };
    (head, body)
}

/// The events that a stream must give.
fn due(transport: Transport, payloads: &[String], style: u8) -> Vec<Seen> {
    let each = |(payload, id): (&String, u32)| match transport {
        Sse => {
            let data = if style & 8 != 0 { format!("{payload}\n{payload}") } else { payload.clone() };
            Seen::Event { data: data.into_bytes(), id: Some(id.to_string()), kind: None, binary: false }
        }
        WebSocket => text(payload),
        LongPoll | HttpStream | RawTcp => opaque(payload),
    };
    payloads.iter().zip(1..).map(each).collect()
}

/// A payload: plain, with other characters, with what ends lines, or no text at all.
fn contents() -> impl Strategy<Value = Vec<u8>> {
    let other = "[ -~]{0,40}(é|…|😀|\t|\r|\n|\0)[ -~]{0,40}".prop_map(String::into_bytes);
    let wrong = ("[ -~]{0,40}", vec(any::<u8>(), 1..4)).prop_map(|(text, bytes)| [text.as_bytes(), &bytes].concat());
    prop_oneof![4 => "[ -~]{0,300}".prop_map(String::into_bytes), 2 => other, 1 => wrong]
}

/// What a server may write to an event stream at once: an event with one data line, or what begins or ends almost like one.
fn writes() -> impl Strategy<Value = Vec<u8>> {
    const BEGINS: [&str; 9] =
        ["data:", "data", "id: 7\ndata: ", "event: x\ndata: ", "retry: 5\n", ": c\n", "", "\n", "\u{feff}data: "];
    const ENDS: [&str; 8] =
        ["\n", "", "\r\n\r\n", "\r\r", "\n\r", "\n\n\n", "\n\ndata: second\n\n", "\ndata: more\n\n"];
    let begins = prop_oneof![3 => Just("data: "), 1 => proptest::sample::select(&BEGINS[..])];
    let ends = prop_oneof![3 => Just("\n\n"), 1 => proptest::sample::select(&ENDS[..])];
    (begins, contents(), ends)
        .prop_map(|(begin, text, end)| [begin.as_bytes(), &text, end.as_bytes()].concat())
        .prop_filter("an empty chunk would end the body", |write| !write.is_empty())
}

fn transports() -> impl Strategy<Value = Transport> {
    proptest::sample::select(&Transport::ALL[..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_cut_of_a_valid_stream_gives_what_was_sent(
        transport in transports(), payloads in payloads(), style: u8, cut in cuts(),
    ) {
        let (head, body) = encode(transport, &payloads, style);
        let cut = converse(&sized(PAYLOAD_BYTES), transport, &head, &body, cut);
        let whole = converse(&sized(PAYLOAD_BYTES), transport, &head, &body, Cut::Whole);
        prop_assert_eq!(&cut, &whole);
        let events: Vec<_> = cut.seen.into_iter().filter(|seen| matches!(seen, Seen::Event { .. })).collect();
        prop_assert_eq!(events, due(transport, &payloads, style));
        prop_assert_eq!(cut.result.is_ok(), transport != LongPoll, "polls go on, the others end cleanly");
    }

    #[test]
    fn no_damage_panics_and_the_cut_still_does_not_matter(
        transport in transports(), payloads in payloads(), style: u8, cut in cuts(), in_head: bool,
        at: proptest::sample::Index, damage in vec(any::<u8>(), 0..4), removed in 0..4_usize,
    ) {
        let (head, mut body) = encode(transport, &payloads, style);
        let mut head = head.into_bytes();
        let target = if in_head { &mut head } else { &mut body };
        let start = if target.is_empty() { 0 } else { at.index(target.len()) };
        let end = (start + removed).min(target.len());
        target.splice(start..end, damage);
        // A head goes in as text, since the accept key is written into it; what is no text goes in as a body.
        let (head, body) = match String::from_utf8(head) {
            Ok(head) => (head, body),
            Err(head) => (String::new(), [head.into_bytes(), body].concat()),
        };
        let whole = converse(&sized(PAYLOAD_BYTES), transport, &head, &body, Cut::Whole);
        let cut = converse(&sized(PAYLOAD_BYTES), transport, &head, &body, cut);
        prop_assert_eq!(alike(&cut), alike(&whole));
    }

    #[test]
    fn a_chunk_for_each_event_gives_what_its_bytes_give_one_by_one(writes in vec(writes(), 1..6), cut in cuts()) {
        let by_byte = parse_events(Cut::Bytes.apply(&writes.concat()));
        prop_assert_eq!(&parse_events(writes.iter().map(Vec::as_slice)), &by_byte);
        let body: Vec<u8> = writes.iter().flat_map(|write| chunk(write)).chain(*b"0\r\n\r\n").collect();
        for cut in [Cut::Whole, cut] {
            let outcome = converse(&sized(PAYLOAD_BYTES), Sse, &good_head(Sse, 0), &body, cut);
            prop_assert_eq!(outcome.result, Ok(()));
            let [Seen::Head(200), seen @ .., Seen::End] = &outcome.seen[..] else { panic!("{:?}", outcome.seen) };
            prop_assert_eq!((seen, &outcome.last_event_id), (&by_byte.0[..], &by_byte.1));
        }
    }

    #[test]
    fn whole_messages_give_what_their_bytes_give_one_by_one(
        messages in vec((proptest::sample::select(&[0x81_u8, 0x82, 0x01, 0x80, 0x89][..]), contents()), 1..6), cut in cuts(),
    ) {
        let body: Vec<u8> = messages.iter().flat_map(|(first, content)| frame(*first, content)).collect();
        let given = |cut| converse(&sized(PAYLOAD_BYTES), WebSocket, &good_head(WebSocket, 0), &body, cut);
        let by_byte = given(Cut::Bytes);
        for cut in [Cut::Whole, cut] {
            prop_assert_eq!(alike(&given(cut)), alike(&by_byte));
        }
    }

    #[test]
    fn no_input_panics(transport in transports(), bytes in vec(any::<u8>(), 0..300), opened: bool, cut in cuts()) {
        let head = if opened { good_head(transport, 100) } else { String::new() };
        let whole = converse(&sized(PAYLOAD_BYTES), transport, &head, &bytes, Cut::Whole);
        let cut = converse(&sized(PAYLOAD_BYTES), transport, &head, &bytes, cut);
        prop_assert_eq!(alike(&cut), alike(&whole));
    }
}
