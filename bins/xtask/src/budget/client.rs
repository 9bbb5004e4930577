//! A small HTTP client: posts many events over a few connections, several under way on each.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

const CONNECTIONS: u64 = 4;
/// Requests that are sent before their answers are read.
const UNDER_WAY: u64 = 32;
const BODY: &str = r#"{"message":"hello"}"#;
const PATIENCE: Duration = Duration::from_secs(60);

/// Finds a port that nobody listens on.
pub(super) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    listener
        .local_addr()
        .map(|address| address.port())
        .map_err(|error| error.to_string())
}

/// Posts this many events; each must be accepted.
pub(super) fn post(port: u16, events: u64) -> Result<(), String> {
    let connections = CONNECTIONS.min(events);
    let share = |index: u64| events / connections + u64::from(index < events % connections);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|index| scope.spawn(move || converse(port, share(index))))
            .collect();
        for thread in threads {
            let posted = thread.join().map_err(|_| "a client panicked".to_owned())?;
            posted.map_err(|error| format!("posting events: {error}"))?;
        }
        Ok(())
    })
}

fn converse(port: u16, events: u64) -> io::Result<()> {
    let request = format!(
        "POST /example HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let mut stream = connect(port)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut left = events;
    while left > 0 {
        let batch = left.min(UNDER_WAY);
        stream.write_all(request.repeat(batch as usize).as_bytes())?;
        for _ in 0..batch {
            accepted(&mut answers)?;
        }
        left -= batch;
    }
    Ok(())
}

/// Reads an answer, which must be 200.
fn accepted(answers: &mut impl BufRead) -> io::Result<()> {
    let (mut line, mut length) = (String::new(), 0);
    answers.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200") {
        return Err(io::Error::other(format!("the answer is {line:?}")));
    }
    loop {
        line.clear();
        answers.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    io::copy(&mut answers.take(length), &mut io::sink()).map(drop)
}

/// Asks for a page; returns the answer with its head.
pub(super) fn get(port: u16, path: &str) -> io::Result<String> {
    let mut stream = connect(port)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
