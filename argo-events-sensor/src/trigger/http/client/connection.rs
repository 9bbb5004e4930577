//! Opens connections: straight or through a proxy, plain or with TLS.

use super::{answer, host, proxy::Proxies, request, tls::Tls, url::Url};
use argo_events_core::{Error, ErrorKind, Result};
use rustls::pki_types::ServerName;
use std::{
    fmt, io,
    net::Ipv4Addr,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf, ReadHalf, WriteHalf, split},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// How long to wait for a connection, and for its handshake; as in Go.
const CONNECT: Duration = Duration::from_secs(30);
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What bytes go over.
pub(super) trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// An open connection, in two halves: an answer may come before all is sent.
pub(super) struct Connection {
    pub(super) reader: BufReader<ReadHalf<Box<dyn Transport>>>,
    pub(super) writer: WriteHalf<Box<dyn Transport>>,
    /// Whether requests name the whole URL, since a proxy reads them.
    pub(super) through_proxy: bool,
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Connection")
    }
}

impl Connection {
    /// Opens a connection to where a URL points.
    pub(super) async fn open(url: &Url, tls: &Tls, proxies: &Proxies) -> Result<Self> {
        let proxy = proxies.proxy_for(url).filter(|_| !tls.is_configured());
        let mut stream = connect(proxy.unwrap_or(url)).await?;
        if !url.is_secure() {
            return Ok(Self::over(Box::new(stream), proxy.is_some()));
        }
        if let Some(proxy) = proxy {
            stream = tunnel(stream, proxy, url).await?;
        }
        Ok(Self::over(shake_hands(stream, url, tls).await?, false))
    }

    fn over(stream: Box<dyn Transport>, through_proxy: bool) -> Self {
        let (reader, writer) = split(stream);
        Self {
            reader: BufReader::new(reader),
            writer,
            through_proxy,
        }
    }

    /// Tells whether an idle connection still stands: nothing must have come, not even its end.
    pub(super) fn stands(&mut self) -> bool {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        let mut context = Context::from_waker(Waker::noop());
        self.reader.buffer().is_empty()
            && matches!(
                Pin::new(self.reader.get_mut()).poll_read(&mut context, &mut buffer),
                Poll::Pending
            )
    }
}

async fn connect(url: &Url) -> Result<TcpStream> {
    let port = url
        .port()
        .map_err(|reason| Error::permanent(ErrorKind::ConfigInvalid, reason))?;
    let name = host::ascii(url.host_name());
    let connected = timeout(CONNECT, async {
        match TcpStream::connect((name.as_str(), port)).await {
            Err(_) if host::is_local(&name) => {
                TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await
            }
            connected => connected,
        }
    });
    let stream = match connected.await {
        Ok(connected) => connected.map_err(|error| unreachable(&error, url))?,
        Err(_) => return Err(late("the connection was not accepted in time", url)),
    };
    stream
        .set_nodelay(true)
        .map_err(|error| unreachable(&error, url))?;
    Ok(stream)
}

/// Asks a proxy for a way to where the URL points.
async fn tunnel(stream: TcpStream, proxy: &Url, url: &Url) -> Result<TcpStream> {
    let port = url
        .port()
        .map_err(|reason| Error::permanent(ErrorKind::ConfigInvalid, reason))?;
    let target = format!(
        "{}:{port}",
        host::ascii(
            url.host
                .strip_suffix(&format!(":{port}"))
                .unwrap_or(&url.host)
        )
    );
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(authorization) = proxy_authorization(proxy) {
        head.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
    }
    head.push_str("\r\n");
    let mut stream = BufReader::new(stream);
    let asked = timeout(HANDSHAKE, async {
        stream
            .write_all(head.as_bytes())
            .await
            .map_err(answer::Failure::Broken)?;
        answer::read(&mut stream, "HEAD").await
    });
    match asked.await {
        Ok(Ok(answer)) if answer.status == 200 => Ok(stream.into_inner()),
        Ok(Ok(answer)) => Err(Error::transient(
            ErrorKind::Unavailable,
            format!("the proxy refused with status {}", answer.status),
        )
        .with("proxy", proxy.shown())),
        Ok(Err(failure)) => Err(super::failed(failure, proxy)),
        Err(_) => Err(late("the proxy did not answer in time", proxy)),
    }
}

/// Returns the value of the header that shows a proxy who we are.
pub(super) fn proxy_authorization(proxy: &Url) -> Option<String> {
    let user = proxy.user.as_ref()?;
    Some(request::basic(
        &user.name,
        user.password.as_deref().unwrap_or_default(),
    ))
}

async fn shake_hands(stream: TcpStream, url: &Url, tls: &Tls) -> Result<Box<dyn Transport>> {
    let name = ServerName::try_from(host::ascii(url.host_name())).map_err(|error| {
        Error::permanent(ErrorKind::ConfigInvalid, error.to_string()).with("url", url.shown())
    })?;
    let connector = TlsConnector::from(tls.client().await?);
    match timeout(HANDSHAKE, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(unreachable(&error, url).during("tls handshake")),
        Err(_) => Err(late("the TLS handshake did not end in time", url)),
    }
}

fn unreachable(error: &io::Error, url: &Url) -> Error {
    Error::transient(ErrorKind::Unavailable, error.to_string())
        .during("connect")
        .with("url", url.shown())
}

fn late(message: &str, url: &Url) -> Error {
    Error::transient(ErrorKind::Timeout, message).with("url", url.shown())
}
