//! Differences on purpose of the families of HTTP sources.

use super::Rule;
use crate::families::http::request::Sent;
use argo_events_expr::expr::Program;
use serde_json::Value;

/// The limit of bodies where a manifest does not say.
const DEFAULT_LIMIT: i64 = 1024 * 1024;
const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// A body that cannot be read is answered and counted twice.
pub const FAULT_ONCE: Rule = Rule {
    name: "http: a body that cannot be read is refused once",
    reason: "the reference writes the text of the refusal twice, counts it twice, and calls a bad form \
             a fault of its own (500)",
    required: "one 400 with the text once, counted once",
    applies: |vector| {
        any(vector, |sent| {
            is_too_large(vector, sent) || is_broken(sent) || is_malformed_form(sent)
        })
    },
};

/// Forms pass the body limit.
pub const FORM_LIMIT: Rule = Rule {
    name: "http: a form is held to the body limit",
    reason: "the reference reads forms of up to 10 MiB, whatever maxPayloadSize says",
    required: "400, as for any other body, and no event",
    applies: |vector| any(vector, |sent| is_form(sent) && is_too_large(vector, sent)),
};

/// An expression that is none lets no event through.
pub const NO_EXPRESSION: Rule = Rule {
    name: "http: an event whose filter is no expression is refused",
    reason: "the reference finds it wrong at every event, and drops it",
    required: "the event does not start, and says what is wrong with its filter",
    applies: |vector| {
        let filter = &vector["in"]["spec"]["webhook"]["example"]["filter"];
        let expression = filter["expression"].as_str();
        expression.is_some_and(|expression| Program::new(expression).is_err())
    },
};

/// Endpoints that no request reaches are accepted.
pub const UNREACHABLE: Rule = Rule {
    name: "http: an endpoint that no request reaches is refused",
    reason: "the reference starts an event whose path is unclean or whose template is broken, and \
             answers nothing on it",
    required: "the event does not start, and says what is wrong with its endpoint",
    applies: |vector| {
        endpoint(vector).is_some_and(|endpoint| {
            let (open, closed) = (endpoint.matches('{').count(), endpoint.matches('}').count());
            let unclean = ["//", "/./", "/../"]
                .iter()
                .any(|part| endpoint.contains(part));
            let ends = ["/.", "/.."].iter().any(|part| endpoint.ends_with(part));
            unclean
                || ends
                || open != closed
                || endpoint.contains("{}")
                || endpoint.contains(":}")
                || endpoint.contains('(')
        })
    },
};

/// Endpoints without a slash are never matched.
pub const NO_SLASH: Rule = Rule {
    name: "http: an endpoint without a slash gets one",
    reason: "the reference accepts such an endpoint and registers it with a slash, but never serves it",
    required: "the path with the slash is served",
    applies: |vector| endpoint(vector).is_some_and(|endpoint| !endpoint.starts_with('/')),
};

/// A target with a scheme and without a path.
pub const NO_PATH: Rule = Rule {
    name: "http: an absolute target without a path means the root",
    reason: "RFC 9112 3.2.2: an empty path is the root; the reference redirects to it",
    required: "the answer of the root",
    applies: |vector| {
        any(vector, |sent| {
            let target = String::from_utf8_lossy(&sent.target);
            target
                .split_once("://")
                .is_some_and(|(_, rest)| !rest.contains('/'))
        })
    },
};

/// A fragment within a target.
pub const FRAGMENT: Rule = Rule {
    name: "http: a fragment is no part of a target",
    reason: "RFC 9110 4.2.4: fragments are never sent; the reference takes it for a part of path or query",
    required: "the answer of the target without it",
    applies: |vector| any(vector, |sent| sent.target.contains(&b'#')),
};

/// Characters that a target must escape.
pub const UNESCAPED: Rule = Rule {
    name: "http: a target with characters that must be escaped is refused",
    reason: "RFC 9112 3.2: such a request line should be answered with 400",
    required: "400 and no event",
    applies: |vector| {
        any(vector, |sent| {
            let mut parts = sent.target.splitn(2, |byte| *byte == b'?');
            let mut has = |refused: &[u8]| {
                let part = parts.next().unwrap_or_default();
                part.iter().any(|byte| refused.contains(byte)) || std::str::from_utf8(part).is_err()
            };
            has(b"<>`") || has(b"\"<>")
        })
    },
};

/// A very long target.
pub const LONG_TARGET: Rule = Rule {
    name: "http: a target of more than 65534 bytes is too long",
    reason: "the reference takes targets of up to one MiB",
    required: "414 and no event",
    applies: |vector| any(vector, |sent| sent.target.len() > 65_534),
};

/// Heads that HTTP/1.1 does not know.
pub const NOT_HTTP: Rule = Rule {
    name: "http: heads that are no HTTP/1.0 or 1.1 are refused",
    reason: "folded headers (RFC 9112 5.2), versions that do not exist, unknown transfer codings and bytes \
             that cannot begin a request are how requests are smuggled",
    required: "400, without an event; the connection ends",
    applies: |vector| {
        any(vector, |sent| {
            let folded = sent
                .lines
                .iter()
                .any(|line| line.starts_with(b" ") || line.starts_with(b"\t"));
            let version = !sent.version.is_empty()
                && ![&b"HTTP/1.0"[..], b"HTTP/1.1"].contains(&&*sent.version);
            let coding = sent.header("transfer-encoding").is_some();
            let unknown = coding && (!sent.is_chunked() || sent.version == b"HTTP/1.0");
            folded || version && sent.method != b"PRI" || unknown
        })
    },
};

/// The beginning of HTTP/2.
pub const PREFACE: Rule = Rule {
    name: "http: the preface of HTTP/2 ends the connection",
    reason: "the port speaks HTTP/1.1; whoever speaks HTTP/2 cannot read a redirect of HTTP/1.1",
    required: "the connection ends without an answer",
    applies: |vector| any(vector, |sent| sent.method == b"PRI"),
};

/// Blank lines before a request.
pub const BLANK_LINES: Rule = Rule {
    name: "http: blank lines before a request are passed over",
    reason: "RFC 9112 2.2: a server should ignore at least one",
    required: "the answer of the request",
    applies: |vector| any(vector, |sent| sent.after_blank_lines),
};

/// Bytes behind a request that cannot begin another one.
pub const TRAILING: Rule = Rule {
    name: "http: bytes that begin no request are refused at once",
    reason: "the reference waits for the end of a line that cannot be a request line any more",
    required: "400 after the answer of the request before",
    applies: |vector| {
        any(vector, |sent| {
            let rest = sent.announced().and_then(|length| sent.body.get(length..));
            rest.and_then(<[u8]>::first)
                .is_some_and(|byte| !byte.is_ascii_alphanumeric())
        })
    },
};

/// An expectation besides that of an invitation.
pub const EXPECTATIONS: Rule = Rule {
    name: "http: who expects more than an invitation is not invited",
    reason: "RFC 9110 10.1.1: an unknown expectation may be refused; the request is served, without an \
             interim answer",
    required: "the same answer without the interim one",
    applies: |vector| {
        any(vector, |sent| {
            sent.header("expect")
                .is_some_and(|value| value.contains(&b','))
        })
    },
};

/// A body announced as too large.
pub const NO_INVITATION: Rule = Rule {
    name: "http: a body announced as too large is not asked for",
    reason: "the reference invites the client to send what it is going to refuse",
    required: "the refusal without an interim answer",
    applies: |vector| {
        any(vector, |sent| {
            sent.header("expect").is_some() && is_too_large(vector, sent)
        })
    },
};

/// More headers than a client has reason to send.
pub const MANY_HEADERS: Rule = Rule {
    name: "http: more than 100 headers are too many",
    reason: "the reference counts their bytes only",
    required: "431 and no event",
    applies: |vector| any(vector, |sent| sent.lines.len() > 100),
};

/// Pieces of a body whose lines end without a carriage return.
pub const PIECES: Rule = Rule {
    name: "http: pieces of a body are framed as the standard says",
    reason: "RFC 9112 7.1: lines end with CR LF; leniency here is how requests are smuggled",
    required: "400, counted once, and no event",
    applies: |vector| any(vector, |sent| sent.is_chunked() && is_broken(sent)),
};

/// Ports that cannot be served.
pub const PORT_FAULT: Rule = Rule {
    name: "http: an event whose port cannot be served does not start",
    reason: "the reference calls the event active and logs a line when its port is taken, is no port, or \
             its certificate cannot be read",
    required: "the event does not start and says why; its neighbours go on",
    applies: |vector| {
        let occupied = steps(vector).any(|step| step["occupyPort"].is_string());
        let no_port = events(vector).any(|event| {
            let port = event["port"].as_str().unwrap_or_default();
            !port.trim_start_matches(['+', '0']).starts_with('{') || !port.ends_with('}')
        });
        occupied || no_port || events(vector).any(|event| event["serverCertSecret"].is_object())
    },
};

/// Events that want the same place.
pub const SHARED_PLACE: Rule = Rule {
    name: "http: two events do not get one place",
    reason: "the reference calls the second event of an endpoint active and gives everything to the first, \
             also what has the second one's method",
    required: "the second event does not start, or gets what has its method",
    applies: |vector| {
        let mut endpoints: Vec<_> = events(vector)
            .map(|event| event["endpoint"].as_str())
            .collect();
        endpoints.sort_unstable();
        endpoints.windows(2).any(|pair| pair[0] == pair[1])
    },
};

/// Events on the path that every port answers by itself.
pub const HEALTH_PLACE: Rule = Rule {
    name: "http: /health is fine, and an event may have its method",
    reason: "in the reference the order of start decides whether an event on /health gets anything, or \
             whether the port's own answer is lost",
    required: "what has the event's method is an event, everything else is answered OK",
    applies: |vector| {
        events(vector).any(|event| {
            event["endpoint"]
                .as_str()
                .is_some_and(|it| it == "/health" || it.starts_with("/{"))
        })
    },
};

/// What a stop leaves behind.
pub const STOPPED_IS_GONE: Rule = Rule {
    name: "http: a stopped event is gone, and comes back when started again",
    reason: "the reference answers 400 on its path until the process ends, which callers take for their own \
             fault, and never revives it",
    required: "404 while others use the port, no listener otherwise; started again, it serves",
    applies: |vector| steps(vector).any(|step| step["stop"].is_string()),
};

fn steps(vector: &Value) -> impl Iterator<Item = &Value> {
    vector["in"]["steps"].as_array().into_iter().flatten()
}

fn events(vector: &Value) -> impl Iterator<Item = &Value> {
    vector["in"]["spec"]["webhook"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(_, event)| event)
}

/// Asks each request of a vector.
fn any(vector: &Value, is_so: impl Fn(&Sent) -> bool) -> bool {
    Sent::all(&vector["in"]).iter().any(is_so)
}

fn webhook(vector: &Value) -> &Value {
    &vector["in"]["spec"]["webhook"]["example"]
}

fn endpoint(vector: &Value) -> Option<&str> {
    webhook(vector)["endpoint"].as_str()
}

fn is_form(sent: &Sent) -> bool {
    sent.header("content-type")
        .is_some_and(|value| value == FORM)
}

fn is_too_large(vector: &Value, sent: &Sent) -> bool {
    let limit = webhook(vector)["maxPayloadSize"]
        .as_i64()
        .unwrap_or(DEFAULT_LIMIT)
        .max(0);
    let length = match sent.announced() {
        Some(length) => length,
        None if sent.is_chunked() => sent.pieces().0.len(),
        None => 0,
    };
    i64::try_from(length).is_ok_and(|length| length > limit)
}

fn is_broken(sent: &Sent) -> bool {
    if sent.is_chunked() {
        return !sent.pieces().1;
    }
    sent.announced()
        .is_some_and(|length| length > sent.body.len())
}

fn is_malformed_form(sent: &Sent) -> bool {
    let query = sent
        .target
        .split(|byte| *byte == b'?')
        .nth(1)
        .unwrap_or_default();
    let broken = |text: &[u8]| {
        let mut escapes = text.split(|byte| *byte == b'%').skip(1);
        text.contains(&b';')
            || escapes.any(|rest| rest.len() < 2 || !rest[..2].iter().all(u8::is_ascii_hexdigit))
    };
    is_form(sent) && (broken(&sent.body) || broken(query))
}
