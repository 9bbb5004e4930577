//! Asks a server one question over HTTP: is it ready?

use rustls::{ClientConfig, ClientConnection, Stream, pki_types::ServerName};
use std::{
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

const ANSWER: Duration = Duration::from_secs(5);

/// Somebody to be asked.
pub(super) struct Question {
    address: SocketAddr,
    guard: Option<(Arc<ClientConfig>, String)>,
}

impl Question {
    /// Asks in the clear.
    pub(super) fn plain(address: SocketAddr) -> Self {
        Self {
            address,
            guard: None,
        }
    }

    /// Asks a server that must be known, with a token.
    pub(super) fn encrypted(address: SocketAddr, trust: Arc<ClientConfig>, token: &str) -> Self {
        let guard = Some((trust, token.to_owned()));
        Self { address, guard }
    }

    /// Tells whether a path is answered with 200.
    pub(super) fn is_answered(&self, path: &str) -> bool {
        let line = self.ask(path);
        line.is_ok_and(|line| line.split(' ').nth(1) == Some("200"))
    }

    fn ask(&self, path: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.address, ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        let Some((trust, token)) = &self.guard else {
            return first_line(stream, path, "");
        };
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let connection = ClientConnection::new(Arc::clone(trust), name);
        let mut connection = connection.map_err(io::Error::other)?;
        let proof = format!("Authorization: Bearer {token}\r\n");
        first_line(Stream::new(&mut connection, &mut stream), path, &proof)
    }
}

fn first_line(mut stream: impl Read + Write, path: &str, proof: &str) -> io::Result<String> {
    const LONGEST: u64 = 1024;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\n{proof}Connection: close\r\n\r\n"
    )?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST)).read_line(&mut line)?;
    Ok(line)
}
