//! What HTTP triggers call: records every request and answers as told.

use super::harness::PATIENCE;
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Received {
    /// Returns the body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Returns the id of the firing.
    pub(crate) fn firing(&self) -> &str {
        &self.headers["idempotency-key"]
    }
}

/// How a request is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Status(u16),
    /// The connection is closed without a word.
    Close,
    /// Nothing comes until the target is gone, or [`Target::release`] was called.
    Hang,
}

impl State {
    /// Counts what came, by path.
    fn counts(&self) -> String {
        let mut counts = BTreeMap::<&str, usize>::new();
        for it in &self.received {
            *counts.entry(&it.path).or_default() += 1;
        }
        format!("{} requests: {counts:?}", self.received.len())
    }
}

type Decide = dyn Fn(&Received, usize) -> Answer + Send + Sync;

/// A server that triggers call.
pub(crate) struct Target {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    decide: Box<Decide>,
    received: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    released: bool,
}

impl Target {
    /// Starts a target that answers everything with 200.
    pub(crate) fn start() -> Self {
        Self::answering(|_, _| Answer::Status(200))
    }

    /// Starts a target that decides by the request and by how many of its path came before.
    pub(crate) fn answering(
        decide: impl Fn(&Received, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (received, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared {
            decide: Box::new(decide),
            received,
            changed,
        });
        let accepting = Arc::clone(&shared);
        // Ends with the process of the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&accepting);
                std::thread::spawn(move || talk(stream, &shared));
            }
        });
        Self { port, shared }
    }

    /// Returns the address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns what came so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().received.clone()
    }

    /// Waits until what came is enough; gives up when nothing comes any more.
    pub(crate) fn wait_until(&self, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let mut state = self.shared.received.lock().unwrap();
        while !enough(&state.received) {
            let before = state.received.len();
            let nothing_comes = |state: &mut State| state.received.len() == before;
            let changed = &self.shared.changed;
            let (now, waited) = changed
                .wait_timeout_while(state, PATIENCE, nothing_comes)
                .unwrap();
            state = now;
            assert!(!waited.timed_out(), "gave up waiting; {}", state.counts());
        }
        state.received.clone()
    }

    /// Waits for the first request to a path.
    pub(crate) fn first(&self, path: &str) -> Received {
        let received = self.wait_until(|all| all.iter().any(|it| it.path == path));
        received.into_iter().find(|it| it.path == path).unwrap()
    }

    /// Answers what hangs with 200.
    pub(crate) fn release(&self) {
        self.shared.received.lock().unwrap().released = true;
        self.shared.changed.notify_all();
    }
}

fn talk(stream: TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let answer = shared.note(request);
        let status = match answer {
            Answer::Status(status) => status,
            Answer::Close => return,
            Answer::Hang => {
                shared.wait_for_release();
                200
            }
        };
        let text = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n");
        if reader.get_mut().write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

impl Shared {
    fn note(&self, request: Received) -> Answer {
        let mut state = self.received.lock().unwrap();
        let before = state
            .received
            .iter()
            .filter(|it| it.path == request.path)
            .count();
        let answer = (self.decide)(&request, before);
        state.received.push(request);
        self.changed.notify_all();
        answer
    }

    fn wait_for_release(&self) {
        let state = self.received.lock().unwrap();
        drop(
            self.changed
                .wait_while(state, |state| !state.released)
                .unwrap(),
        );
    }
}

/// Reads a request; `None` at the end of the connection, or when it breaks.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    let mut next = |reader: &mut BufReader<TcpStream>| {
        line.clear();
        reader
            .read_line(&mut line)
            .ok()
            .filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = next(reader)?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let line = next(reader)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Some(Received {
        method,
        path,
        headers,
        body,
    })
}
