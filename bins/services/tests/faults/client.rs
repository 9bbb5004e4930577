//! One connection to a webhook, made again whenever it broke.

use super::posts::{Kind, Posts};
use serde_json::json;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

/// Posts events to one pod.
#[derive(Debug)]
pub(crate) struct Client {
    port: u16,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(crate) fn new(port: u16) -> Self {
        Self {
            port,
            connection: None,
        }
    }

    /// Posts an event once; returns its number if it was accepted.
    pub(crate) async fn post(
        &mut self,
        posts: &Posts,
        kind: Kind,
        key: &str,
        patience: Duration,
    ) -> Option<usize> {
        let number = posts.begin();
        let body = json!({ "number": number, "key": key }).to_string();
        let status = timeout(patience, self.exchange(kind.name(), &body)).await;
        if !matches!(status, Ok(Ok(_))) {
            // Whatever is still on its way belongs to a request that was given up.
            self.connection = None;
        }
        let is_accepted = matches!(status, Ok(Ok(200)));
        is_accepted.then(|| posts.accept(number)).map(|()| number)
    }

    async fn exchange(&mut self, endpoint: &str, body: &str) -> io::Result<u16> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                none.insert(BufReader::new(stream))
            }
        };
        let length = body.len();
        let request = format!(
            "POST /{endpoint} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        connection.get_mut().write_all(request.as_bytes()).await?;
        read(connection).await
    }
}

/// Reads an answer to its end; returns the status.
async fn read(connection: &mut BufReader<TcpStream>) -> io::Result<u16> {
    let broken = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (mut status, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await?;
        let line = line.trim_end().to_ascii_lowercase();
        if status.is_none() {
            let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
            status = Some(code.ok_or_else(broken)?);
        } else if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().map_err(|_| broken())?;
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    status.ok_or_else(broken)
}
