//! The packets that the protocol's document shows, and those that it forbids.

use super::*;

fn event_of(namespace: &str, name: &str, args: &[Value], ack: Option<u64>, attachments: usize) -> Received {
    let kind = Kind::Event { name: name.to_owned(), args: args.to_vec(), ack };
    Received { namespace: namespace.to_owned(), kind, attachments }
}

fn plain(namespace: &str, kind: Kind) -> Received {
    Received { namespace: namespace.to_owned(), kind, attachments: 0 }
}

#[test]
fn packets_are_read() {
    let connect = |auth: Value| Kind::Connect { auth };
    let cases = [
        ("0", plain("/", connect(json!({})))),
        ("0/admin,", plain("/admin", connect(json!({})))),
        ("0/admin", plain("/admin", connect(json!({})))),
        ("0/admin,{\"token\":\"1,2\"}", plain("/admin", connect(json!({"token": "1,2"})))),
        ("1/admin,", plain("/admin", Kind::Disconnect)),
        ("1", plain("/", Kind::Disconnect)),
        ("2[\"foo\"]", event_of("/", "foo", &[], None, 0)),
        ("2/admin,[\"bar\",1]", event_of("/admin", "bar", &[json!(1)], None, 0)),
        ("212[\"foo\"]", event_of("/", "foo", &[], Some(12), 0)),
        ("3/admin,13[\"bar\"]", plain("/admin", Kind::Ack)),
        (
            "51-/admin,4[\"baz\",{\"_placeholder\":true,\"num\":0}]",
            event_of("/admin", "baz", &[placeholder(0)], Some(4), 1),
        ),
        ("51-[\"baz\",[{\"a\":{\"_placeholder\":true,\"num\":0}}]]", {
            event_of("/", "baz", &[json!([{ "a": placeholder(0) }])], None, 1)
        }),
    ];
    for (text, wanted) in cases {
        assert_eq!(parse(text), Ok(wanted), "{text}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let deep = format!("2[\"a\",{}1{}]", "[".repeat(10_000), "]".repeat(10_000));
    let cases = [
        "",
        "7",
        "abc",
        "4{}",
        "0[]",
        "0\"token\"",
        "0null",
        "01",
        "1{}",
        "1[]",
        "2",
        "2{}",
        "2[]",
        "2[null]",
        "2[true]",
        "2abc[\"e\"]",
        "2[\"e\"",
        "2[\"e\"]x",
        "2[\"connect\"]",
        "2[\"disconnect\"]",
        "2-1[\"e\"]",
        "3[]",
        "3{}",
        "31{}",
        "299999999999999999999[\"e\"]",
        "5[\"e\"]",
        "5-[\"e\"]",
        "5x-[\"e\"]",
        "5+1-[\"e\"]",
        "511-[\"e\"]",
        "51-[\"e\",{\"_placeholder\":true,\"num\":1}]",
        "51-[\"e\",{\"_placeholder\":true,\"num\":-1}]",
        "51-[\"e\",{\"_placeholder\":true,\"num\":\"splice\"}]",
        "51-[\"e\",{\"_placeholder\":true}]",
        &deep,
    ];
    for text in cases {
        assert_eq!(parse(text), Err(Malformed), "{text}");
    }
}

#[test]
fn fuzz_packets() {
    let good: [&[u8]; 8] = [
        b"0",
        b"0/admin,{\"token\":\"1,2\"}",
        b"1/admin,",
        b"212[\"foo\",{\"a\":[1,null,true]}]",
        b"3/admin,13[\"bar\"]",
        b"51-/admin,4[\"baz\",{\"_placeholder\":true,\"num\":0}]",
        b"452-[\"say\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]",
        b"61-/admin,456[{\"_placeholder\":true,\"num\":0}]",
    ];
    fuzz::fuzz("packets", &good, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return "no text".to_owned() };
        let Ok(received) = parse(text) else { return "malformed".to_owned() };
        assert!(received.attachments <= ATTACHMENTS_MAX, "nobody may announce more");
        let main = received.namespace == MAIN;
        let kind = match received.kind {
            Kind::Connect { auth } => format!("connect {}", auth.is_object()),
            Kind::Disconnect => "disconnect".to_owned(),
            Kind::Event { args, ack, .. } => format!("event {} {}", args.len(), ack.is_some()),
            Kind::Ack => "ack".to_owned(),
        };
        format!("{main} {kind} {}", received.attachments)
    });
}
