//! A client that writes bytes and reads what comes back.

use crate::tls::CERTIFICATE;
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

/// An answer, read to the end of its connection or to its content length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    let port = address.port();
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

/// Sends a request whose head is given without its end, and reads the answer.
pub(crate) async fn send(address: SocketAddr, head: &str, body: &str) -> Answer {
    let mut stream = connect(address).await;
    exchange(&mut stream, head, body).await
}

pub(crate) async fn post(address: SocketAddr, path: &str, body: &str) -> Answer {
    send(address, &format!("POST {path} HTTP/1.1"), body).await
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    send(address, &format!("GET {path} HTTP/1.1"), "").await
}

/// Sends a request over TLS, to the server of the certificate for tests.
pub(crate) async fn send_tls(address: SocketAddr, head: &str, body: &str) -> Answer {
    let mut stream = connect_tls(address, CERTIFICATE).await.unwrap();
    exchange(&mut stream, head, body).await
}

/// Connects to a server that shows this very certificate.
pub(crate) async fn connect_tls(
    address: SocketAddr,
    certificate: &str,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect(name, connect(address).await).await
}

pub(crate) async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    head: &str,
    body: &str,
) -> Answer {
    let length = body.len();
    let text = format!("{head}\r\nHost: test\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).await.unwrap();
    read(stream).await
}

/// Reads one answer.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Answer {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        assert_ne!(
            stream.read_buf(&mut bytes).await.unwrap(),
            0,
            "closed: {bytes:?}"
        );
    };
    let head = String::from_utf8(bytes[..head_end].to_vec())
        .unwrap()
        .to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        assert_ne!(
            stream.read_buf(&mut body).await.unwrap(),
            0,
            "closed within the body"
        );
    }
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head,
        body: String::from_utf8(body).unwrap(),
    }
}
