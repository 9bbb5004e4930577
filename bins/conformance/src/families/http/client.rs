//! Sends exactly the bytes of a vector, and reads what comes back.

use super::{
    request::{head, whole},
    text::bytes,
    tls,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpStream},
    time::Duration,
};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// After how much silence a connection counts as open.
const SILENCE: Duration = Duration::from_millis(150);

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    pub(crate) interim: Vec<u64>,
    pub(crate) version: String,
}

/// What came of the requests of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) answers: Vec<Answer>,
    /// How it ended, where that is recorded.
    pub(crate) end: Option<&'static str>,
}

/// Carries out the exchange that a vector, or a step of one, describes.
pub(crate) fn exchange(port: u16, input: &Value) -> Exchange {
    let refused = |end| Exchange {
        answers: Vec::new(),
        end: Some(end),
    };
    let Ok(socket) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return refused("connection refused");
    };
    socket.set_nodelay(true).expect("the socket is open");
    let own = socket.try_clone().expect("a socket can be shared");
    let stream: Box<dyn Stream> = if input["tls"] == true {
        match tls::wrap(own) {
            Some(stream) => Box::new(stream),
            None => return refused("no tls"),
        }
    } else {
        Box::new(own)
    };
    let mut connection = Connection {
        socket,
        stream,
        received: Vec::new(),
        closed: false,
    };
    let requests = match &input["requests"] {
        Value::Array(requests) => requests.clone(),
        _ => vec![input["request"].clone()],
    };
    match input["connection"].as_str() {
        Some("until-close") => connection.until_close(&requests),
        Some("pipeline") => connection.pipeline(&requests),
        Some("half-close") => connection.half_close(&requests),
        _ => connection.sequential(&requests),
    }
}

/// What bytes go through.
trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

struct Connection {
    /// The socket itself, to set its times and to close one side.
    socket: TcpStream,
    stream: Box<dyn Stream>,
    received: Vec<u8>,
    closed: bool,
}

impl Connection {
    fn sequential(&mut self, requests: &[Value]) -> Exchange {
        let mut exchange = Exchange::default();
        for request in requests {
            let answer = if request["waitFor100"] == true {
                self.after_invitation(request)
            } else {
                self.send(&whole(request));
                self.read(PATIENCE, is_head(request))
            };
            match answer {
                Some(answer) => exchange.answers.push(answer),
                None => return self.ended(exchange),
            }
        }
        exchange
    }

    fn pipeline(&mut self, requests: &[Value]) -> Exchange {
        let mut exchange = Exchange::default();
        self.send(&requests.iter().flat_map(whole).collect::<Vec<_>>());
        for request in requests {
            match self.read(PATIENCE, is_head(request)) {
                Some(answer) => exchange.answers.push(answer),
                None => return self.ended(exchange),
            }
        }
        exchange
    }

    fn half_close(&mut self, requests: &[Value]) -> Exchange {
        self.send(&requests.iter().flat_map(whole).collect::<Vec<_>>());
        // The server may have closed already.
        let _ = self.socket.shutdown(Shutdown::Write);
        let mut exchange = Exchange::default();
        for request in requests {
            match self.read(PATIENCE, is_head(request)) {
                Some(answer) => exchange.answers.push(answer),
                None => return self.ended(exchange),
            }
        }
        exchange
    }

    fn until_close(&mut self, requests: &[Value]) -> Exchange {
        let sent: Vec<u8> = requests.iter().flat_map(whole).collect();
        self.send(&sent);
        let head = sent.starts_with(b"HEAD ");
        let mut exchange = Exchange::default();
        while let Some(answer) = self.read(SILENCE, head) {
            exchange.answers.push(answer);
        }
        exchange.end = Some(if self.closed { "closed" } else { "open" });
        exchange
    }

    fn ended(&self, exchange: Exchange) -> Exchange {
        let end = if self.closed {
            "closed without a response"
        } else {
            "no response in time"
        };
        Exchange {
            end: Some(end),
            ..exchange
        }
    }

    /// A server that refuses may close while we still send; its answer is what counts.
    fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    fn after_invitation(&mut self, request: &Value) -> Option<Answer> {
        self.send(&head(request));
        self.receive(PATIENCE / 10, |received| find(received, b"\r\n\r\n"));
        let invited = self.received.starts_with(b"HTTP/1.1 1");
        if invited || self.received.is_empty() {
            self.send(&bytes(&request["body"]));
        }
        self.read(PATIENCE, is_head(request))
    }

    fn read(&mut self, patience: Duration, head: bool) -> Option<Answer> {
        let mut interim = Vec::new();
        loop {
            self.receive(patience, |received| find(received, b"\r\n\r\n"))?;
            let mut answer = self.take_head()?;
            if answer.status < 200 {
                interim.push(answer.status);
                continue;
            }
            if !head {
                answer.body = self.take_body(patience, &answer)?;
            }
            answer.interim = interim;
            return Some(answer);
        }
    }

    fn receive(
        &mut self,
        patience: Duration,
        enough: impl Fn(&[u8]) -> Option<usize>,
    ) -> Option<usize> {
        self.socket
            .set_read_timeout(Some(patience))
            .expect("the time is not zero");
        let mut piece = [0; 16 * 1024];
        loop {
            if let Some(found) = enough(&self.received) {
                return Some(found);
            }
            match self.stream.read(&mut piece) {
                Ok(0) => self.closed = true,
                Ok(count) => self.received.extend_from_slice(&piece[..count]),
                Err(error) => {
                    self.closed = error.kind() != ErrorKind::WouldBlock;
                    return None;
                }
            }
            if self.closed {
                return enough(&self.received);
            }
        }
    }

    fn take_head(&mut self) -> Option<Answer> {
        let end = find(&self.received, b"\r\n\r\n")?;
        let rest = self.received.split_off(end + 4);
        let head =
            String::from_utf8_lossy(&std::mem::replace(&mut self.received, rest)).into_owned();
        let mut lines = head.trim_end().lines();
        let (version, status) = lines.next()?.split_once(' ')?;
        let status = status.get(..3)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        let version = version.to_owned();
        Some(Answer {
            status,
            version,
            headers: headers.collect(),
            ..Answer::default()
        })
    }

    fn take_body(&mut self, patience: Duration, answer: &Answer) -> Option<Vec<u8>> {
        let length = answer
            .headers
            .get("content-length")
            .and_then(|text| text.parse().ok());
        let Some(length) = length else {
            // Without a length it ends with the connection.
            self.receive(patience, |_| None);
            return Some(std::mem::take(&mut self.received));
        };
        self.receive(patience, |received| {
            (received.len() >= length).then_some(length)
        })?;
        let rest = self.received.split_off(length);
        Some(std::mem::replace(&mut self.received, rest))
    }
}

fn is_head(request: &Value) -> bool {
    request["method"] == "HEAD"
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
