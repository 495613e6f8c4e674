//! The two forms of an arm: what is printed is read as the same arm, and no two arms share a form.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use trial::{Arm, ClientKind, Compression, Line, Plan, Trial};
use wire::{Carrier, Transport};

fn arms() -> impl Strategy<Value = Arm> {
    let clients = select(ClientKind::ALL.to_vec());
    // Names of other parts, among others: they must not be taken for those.
    let stacks = prop_oneof![
        "[a-z][a-z0-9-]{0,15}",
        select(vec!["h1", "h2-tls", "gzip", "library", "twin", "at-a"]).prop_map(str::to_owned)
    ];
    let parts = (
        select(Transport::ALL.to_vec()),
        select(Carrier::ALL.to_vec()),
        option::of(select(Compression::ALL.to_vec())),
        option::of(stacks),
        clients,
        any::<bool>(),
    );
    parts.prop_map(|(protocol, carrier, compression, stack, client, twin)| Arm {
        protocol,
        carrier,
        compression,
        stack: stack.map(|name| name.parse().unwrap()),
        client,
        twin,
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same_arm(arm in arms()) {
        prop_assert_eq!(arm.to_string().parse::<Arm>(), Ok(arm));
        let json = serde_json::to_string(&arm).unwrap();
        prop_assert_eq!(serde_json::from_str::<Arm>(&json).unwrap(), arm);
    }

    #[test]
    fn no_two_arms_share_a_name(one in arms(), other in arms()) {
        prop_assert_eq!(one == other, one.to_string() == other.to_string());
        prop_assert_eq!(one == other, one.file_name() == other.file_name());
        prop_assert!(one.file_name().chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.'));
    }

    #[test]
    fn near_arms_have_different_names(arm in arms(), client in select(ClientKind::ALL.to_vec()), twin: bool) {
        let near = Arm { client, twin, ..arm };
        prop_assert_eq!(arm == near, arm.file_name() == near.file_name());
        let bare = Arm { stack: None, ..arm };
        prop_assert_eq!(arm == bare, arm.file_name() == bare.file_name());
    }

    #[test]
    fn no_text_panics(text in "[a-z0-9/+@!']{0,24}") {
        if let Ok(arm) = text.parse::<Arm>() {
            prop_assert_eq!(arm.to_string().parse::<Arm>(), Ok(arm));
        }
    }
}

#[test]
fn the_grammar_reads_as_it_is_described() {
    let sse = Arm::of(Transport::Sse);
    let websocket = Arm::of(Transport::WebSocket);
    for (text, arm) in [
        ("sse", sse),
        ("sse/h1", sse),
        ("sse'", sse.twin()),
        ("sse!library", sse.read_by(ClientKind::Library)),
        ("sse!reconnecting", sse.read_by(ClientKind::Reconnecting)),
        ("sse!incremental'", sse.read_by(ClientKind::Incremental).twin()),
        ("websocket/h2+tls", Arm { carrier: Carrier::H2Tls, ..websocket }),
        ("sse/h1+gzip", Arm { compression: Some(Compression::Gzip), ..sse }),
        ("sse+gzip", Arm { compression: Some(Compression::Gzip), ..sse }),
        ("sse/h2+tls+br", Arm { carrier: Carrier::H2Tls, compression: Some(Compression::Brotli), ..sse }),
        ("sse@node", Arm { stack: Some("node".parse().unwrap()), ..sse }),
    ] {
        assert_eq!(text.parse(), Ok(arm), "{text}");
    }
    for (text, problem) in [
        ("see", "unknown protocol `see`, expected one of `sse`, `websocket`, `long-poll`, `http-stream`, `raw-tcp`"),
        ("sse/h4", "unknown carrier `h4`, expected one of `h1`, `h1+tls`, `h2`, `h2+tls`, `h3`"),
        ("sse/h3+tls", "unknown carrier `h3+tls`, expected one of `h1`, `h1+tls`, `h2`, `h2+tls`, `h3`"),
        ("sse+tls", "unknown compression `tls`, expected one of `gzip`, `br`, `zstd`, `deflate`"),
        ("sse@Node", "`Node` names no server: letters, digits and hyphens, 1 to 16, the first a lower-case letter"),
        (
            "sse!lean",
            "unknown client `lean`, expected one of `library`, `reconnecting`, `incremental`, or nothing for the lean one",
        ),
    ] {
        assert_eq!(text.parse::<Arm>().unwrap_err().to_string(), problem);
    }
}

#[test]
fn what_cannot_be_run_yet_is_named() {
    for (text, problem) in [
        ("sse/h2", "sse/h2: carrier h2 is not supported yet"),
        ("websocket/h2+tls", "websocket/h2+tls: carrier h2+tls is not supported yet"),
        ("sse+gzip", "sse+gzip: compression gzip is not supported yet"),
        ("sse@node!library", "sse@node!library: server node is not supported yet"),
    ] {
        assert_eq!(text.parse::<Arm>().unwrap().supported().unwrap_err().to_string(), problem);
    }
    for protocol in Transport::ALL {
        for client in ClientKind::ALL {
            for carrier in [Carrier::H1, Carrier::H1Tls] {
                assert_eq!(Arm::of(protocol).over(carrier).read_by(client).twin().supported(), Ok(()));
            }
        }
    }
}

/// The cell as schema 4 wrote it.
fn older(trial: &Trial, client: &str) -> serde_json::Value {
    let mut value = serde_json::to_value(Line::Trial(Box::new(trial.clone()))).unwrap();
    value["schema"] = 4.into();
    value["arm"] = serde_json::json!({"transport": "sse", "twin": true});
    let cell = value["cell"].as_object_mut().unwrap();
    cell.remove("arms");
    cell.insert("transports".to_owned(), serde_json::json!(["websocket", "sse"]));
    cell.insert("base".to_owned(), "sse".into());
    cell.insert("client".to_owned(), client.into());
    value
}

#[test]
fn an_arm_of_schema_4_has_the_client_of_its_cell() {
    let text = "name = 'p'\nwhy = 'w'\n[[cell]]\nname = 'a'\nwhy = 'b'\nscenario = 'saturate'\n\
                transports = ['websocket', 'sse']\nbase = 'sse'\n";
    let of = |client: &str| Plan::from_toml(&format!("{text}client = '{client}'\n")).unwrap().cells[0].clone();
    for client in ["lean", "library"] {
        let cell = of(client);
        let [arm] = [cell.base().unwrap().twin()];
        let trial = Trial {
            schema: trial::SCHEMA,
            tool: trial::Tool { version: String::new(), commit: String::new(), profile: String::new() },
            cell,
            arm,
            block: 0,
            attempt: 0,
            position: 0,
            seed: 1,
            started: String::new(),
            elapsed_ns: 0,
            server: None,
            client: trial::ClientFacts::default(),
            clock: None,
            layout: None,
            noise: None,
            warnings: Vec::new(),
            outcome: trial::Outcome::Failed("no matter".to_owned()),
        };
        let Line::Trial(read) = Line::parse(&older(&trial, client).to_string()).unwrap() else { panic!() };
        assert_eq!((&read.cell, read.arm), (&trial.cell, trial.arm), "{client}");
        assert_eq!(read.arm.to_string(), if client == "lean" { "sse'" } else { "sse!library'" });
    }
}
