//! Servers that answer as a vector says and record what they are sent, byte for byte.

use super::super::events;
use serde_json::{Value, json};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

/// First byte of a TLS handshake; these servers speak no TLS.
const HANDSHAKE: u8 = 0x16;

/// What the servers of a vector share.
#[derive(Debug, Default)]
pub(in crate::families) struct Record {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answers: Vec<Value>,
    next: usize,
    requests: Vec<Value>,
}

impl Record {
    /// Sets the answers, in order of arrival.
    pub(in crate::families) fn answer_with(&self, peer: &Value) {
        self.lock().answers = peer.as_array().cloned().unwrap_or_default();
    }

    /// Takes the requests that came since the last call.
    pub(in crate::families) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.lock().requests)
    }

    /// Returns how many requests came since the last call of [`Self::take`].
    pub(in crate::families) fn count(&self) -> usize {
        self.lock().requests.len()
    }

    /// Records a request and returns its answer; the last answer repeats.
    fn answer(&self, request: Value) -> Value {
        let mut state = self.lock();
        state.requests.push(request);
        let last = state.answers.len().saturating_sub(1);
        let answer = state.answers.get(state.next.min(last)).cloned();
        state.next += 1;
        answer.unwrap_or_else(|| json!({}))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a server under a name.
pub(in crate::families) async fn serve(
    name: &'static str,
    record: &Arc<Record>,
    tasks: &mut JoinSet<()>,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let record = Arc::clone(record);
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let record = Arc::clone(&record);
            connections.spawn(async move {
                // A broken connection is what some vectors are about.
                let _ = converse(name, stream, &record).await;
            });
        }
    });
    Ok(address)
}

async fn converse(name: &str, mut stream: TcpStream, record: &Record) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(name, &mut stream, &mut buffer).await? {
        let is_head = request["line"]
            .as_str()
            .is_some_and(|line| line.starts_with("HEAD "));
        if !write_answer(&mut stream, &record.answer(request), is_head).await? {
            break;
        }
    }
    stream.shutdown().await
}

/// Reads a request; `None` when the connection ends.
pub(in crate::families) async fn read_request(
    name: &str,
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Value>> {
    let end = loop {
        if buffer.first() == Some(&HANDSHAKE) {
            return Ok(None);
        }
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head: Vec<u8> = buffer.drain(..end + 4).collect();
    let mut lines = head[..end]
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let line = lines.next().unwrap_or_default().to_vec();
    let headers: Vec<(Vec<u8>, Vec<u8>)> = lines.filter_map(header).collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(b"content-length"));
    let length = length
        .and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok())
        .unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let body: Vec<u8> = buffer.drain(..length).collect();
    let headers: Vec<Value> = headers
        .iter()
        .map(|(name, value)| json!([events::text(name), events::text(value)]))
        .collect();
    Ok(Some(json!({
        "server": name,
        "line": events::text(&line),
        "headers": headers,
        "body": events::byte_string(&body),
    })))
}

fn header(line: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let colon = find(line, b":")?;
    let value = line[colon + 1..]
        .strip_prefix(b" ")
        .unwrap_or(&line[colon + 1..]);
    Some((line[..colon].to_vec(), value.to_vec()))
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Writes an answer. Returns whether the connection goes on.
async fn write_answer(stream: &mut TcpStream, answer: &Value, to_head: bool) -> io::Result<bool> {
    sleep(milliseconds(&answer["delayMs"])).await;
    if answer["closeWithoutAnswer"] == true {
        return Ok(false);
    }
    if let Some(raw) = events::bytes(&answer["raw"]) {
        stream.write_all(&raw).await?;
        return Ok(answer["thenClose"] != true);
    }
    let body = events::bytes(&answer["body"]).unwrap_or_default();
    let status = answer["status"].as_u64().unwrap_or(200);
    let mut head = format!("HTTP/1.1 {status} X\r\n");
    for header in answer["headers"].as_array().into_iter().flatten() {
        let part = |index: usize| header[index].as_str().unwrap_or_default();
        head.push_str(&format!("{}: {}\r\n", part(0), part(1)));
    }
    if answer["noLength"] != true {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    sleep(milliseconds(&answer["bodyDelayMs"])).await;
    if !to_head {
        stream.write_all(&body).await?;
    }
    Ok(answer["thenClose"] != true && answer["noLength"] != true)
}

fn milliseconds(value: &Value) -> Duration {
    Duration::from_millis(value.as_u64().unwrap_or(0))
}
