//! Starts the binary, reads what it says, asks it over HTTP, and ends it.

use argo_events_testkit::servers::reserve_port;
use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread::JoinHandle,
    time::Duration,
};

/// How long anything may take before a test gives up; far longer than it does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Most lines of a process that wait to be read.
const MOST_LINES: usize = 100_000;

/// Makes a call of the binary.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_argo-events"));
    command
        .args(arguments)
        .env_remove("RUST_LOG")
        .env_remove("LOG_LEVEL");
    command
}

/// What came of a call that ended by itself.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the command writes UTF-8");
        Self {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

/// Calls the binary and waits for its end.
pub(crate) fn call(arguments: &[&str]) -> Ended {
    command(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
        .into()
}

/// Calls the binary in a folder.
pub(crate) fn call_in(folder: &Path, arguments: &[&str]) -> Ended {
    command(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
        .into()
}

/// Calls the binary with something on its standard input.
pub(crate) fn call_with_input(arguments: &[&str], input: &str) -> Ended {
    let mut command = command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap().into()
}

/// Returns a port that nobody else gets.
pub(crate) fn free_port() -> u16 {
    reserve_port().unwrap().port()
}

/// A running `argo-events run`; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    out: Lines,
    err: Lines,
    metrics: Option<SocketAddr>,
    /// The ports of webhooks, in the order of the banner.
    ports: Vec<u16>,
}

/// Lines of a stream, read by a thread.
#[derive(Debug)]
struct Lines {
    receiver: Receiver<String>,
    seen: Vec<String>,
    _reader: JoinHandle<()>,
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(MOST_LINES);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            receiver,
            seen: Vec::new(),
            _reader: reader,
        }
    }

    /// Waits for a line; lines that were waited for before count too.
    fn wait_for(&mut self, fits: impl Fn(&str) -> bool) -> Result<String, RecvTimeoutError> {
        if let Some(line) = self.seen.iter().find(|line| fits(line)) {
            return Ok(line.clone());
        }
        loop {
            let line = self.receiver.recv_timeout(PATIENCE)?;
            self.seen.push(line.clone());
            if fits(&line) {
                return Ok(line);
            }
        }
    }

    /// Reads to the end of a process that ended.
    fn rest(&mut self) -> String {
        self.seen.extend(self.receiver.iter());
        self.seen.join("\n")
    }
}

impl Server {
    /// Starts `run` on manifests, with a data folder, and waits until it is ready.
    pub(crate) fn start(manifests: &Path, data: &Path, more: &[&str]) -> Self {
        let mut arguments = vec!["run", path(manifests), "--data-dir", path(data)];
        arguments.extend(["--metrics", "127.0.0.1:0"]);
        arguments.extend(more);
        Self::spawn(command(&arguments))
    }

    /// Starts a call of `run` and waits until it is ready.
    pub(crate) fn spawn(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut out = Lines::of(child.stdout.take().unwrap());
        let err = Lines::of(child.stderr.take().unwrap());
        // The last line of the banner, or of the first lines of the log.
        let is_last = |line: &str| line.contains("metrics");
        let Ok(last) = out.wait_for(is_last) else {
            // It may have ended, or hang: either way what it said helps.
            let _ = child.kill();
            let _ = child.wait();
            let mut err = err;
            panic!("the server did not start\n{}\n{}", out.rest(), err.rest());
        };
        let ports = out.seen.iter().filter_map(|line| listening(line)).collect();
        let server = Self {
            child,
            out,
            err,
            metrics: address(&last),
            ports,
        };
        if server.metrics.is_some() {
            assert_eq!(server.health("/readyz"), (200, "ready\n".to_owned()));
        }
        server
    }

    /// Returns the port of the first webhook.
    pub(crate) fn port(&self) -> u16 {
        self.ports[0]
    }

    /// Asks the metrics port.
    pub(crate) fn health(&self, path: &str) -> (u16, String) {
        get(self.metrics.expect("there is a metrics port"), path).unwrap()
    }

    /// Returns the number of the process.
    #[cfg(unix)]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Posts JSON to a webhook; returns status and body.
    pub(crate) fn post(&self, path: &str, body: &str) -> (u16, String) {
        post(self.port(), path, "application/json", body).unwrap()
    }

    /// Waits for a line on standard output.
    pub(crate) fn says(&mut self, text: &str) -> String {
        self.out
            .wait_for(|line| line.contains(text))
            .unwrap_or_else(|_| panic!("{text:?} was not said:\n{}", self.out.seen.join("\n")))
    }

    /// Waits for a line on standard error.
    pub(crate) fn warns(&mut self, text: &str) -> String {
        self.err
            .wait_for(|line| line.contains(text))
            .unwrap_or_else(|_| panic!("{text:?} was not said:\n{}", self.err.seen.join("\n")))
    }

    /// Kills it at once, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal, such as `INT`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for its end; returns exit code, standard output and standard error.
    pub(crate) fn end(mut self) -> Ended {
        let status: ExitStatus = self.child.wait().unwrap();
        let (out, err) = (self.out.rest(), self.err.rest());
        Ended {
            code: status.code(),
            out,
            err,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A process that ended already cannot be killed, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds `http://ADDRESS/metrics`, or the address in a line of the log for programs.
fn address(line: &str) -> Option<SocketAddr> {
    let start = line.find("127.0.0.1:")?;
    let rest = &line[start..];
    let end = rest.find(['/', '"']).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// Finds the port of a webhook in a line of the banner.
fn listening(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("http://localhost:")?;
    let is_route = !line.contains('→');
    rest.split('/').next()?.parse().ok().filter(|_| is_route)
}

/// Returns a path as text; those of temporary folders always are.
pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Asks and returns status and body.
pub(crate) fn get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    )
}

/// Posts and returns status and body.
pub(crate) fn post(
    port: u16,
    path: &str,
    content_type: &str,
    body: &str,
) -> std::io::Result<(u16, String)> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    exchange(SocketAddr::from(([127, 0, 0, 1], port)), &(head + body))
}

/// A connection that stays open between requests.
#[derive(Debug)]
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects to a port.
    pub(crate) fn open(port: u16) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Posts JSON and returns status and body.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut head, mut line) = (Vec::new(), String::new());
        while self.0.read_line(&mut line).unwrap() > 2 {
            head.push(std::mem::take(&mut line));
        }
        let status = head[0].split(' ').nth(1).unwrap().parse().unwrap();
        let length = head
            .iter()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().trim().parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        (status, String::from_utf8(body).unwrap())
    }
}

fn exchange(address: SocketAddr, request: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let broken = || std::io::Error::other(format!("no answer: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok((status.ok_or_else(broken)?, body.to_owned()))
}
