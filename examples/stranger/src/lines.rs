//! Source `lines`: connects to a TCP server and takes one line of JSON after the other.
//!
//! Each line is answered, and only then does the server send the next: `ok` once the bus has the
//! event, `later` if it has not, `never` for what is no JSON. A line that was not answered with `ok`
//! or `never` is the server's to send again.

use argo_events_core::{
    Draft, Error, ErrorKind, EventSource, FieldPath, Problems, Result, SourceContext,
    registry::{BuildSource, Placement, SourceConfig},
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::TcpStream,
};

/// The longest line, in bytes.
const MOST_BYTES: u64 = 1024 * 1024;

/// Takes lines of JSON from a TCP server.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinesConfig {
    /// Host and port of the server.
    pub address: String,
}

impl SourceConfig for LinesConfig {
    const KIND: &'static str = "lines";
    const PLACEMENT: Placement = Placement::Single;
    const EXAMPLE: &'static str = "address: localhost:7000";

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        problems.require(path.field("address"), &self.address);
    }
}

impl BuildSource for LinesConfig {
    fn build(self) -> Result<Arc<dyn EventSource>> {
        Ok(Arc::new(Lines(self)))
    }
}

struct Lines(LinesConfig);

impl Lines {
    fn failed(&self, error: io::Error) -> Error {
        // Whatever it is: the runtime comes back after a pause.
        Error::transient(ErrorKind::Unavailable, error.to_string()).with("address", &self.0.address)
    }

    /// Reads a line without its end.
    async fn read(&self, stream: &mut BufStream<TcpStream>) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        let limited = &mut stream.take(MOST_BYTES);
        let read = limited.read_until(b'\n', &mut line).await;
        read.map_err(|error| self.failed(error))?;
        match line.pop() {
            Some(b'\n') => Ok(line),
            None => Err(self.failed(io::ErrorKind::UnexpectedEof.into())),
            Some(_) => Err(self.failed(io::Error::other("the line is too long or has no end"))),
        }
    }

    async fn answer(&self, stream: &mut BufStream<TcpStream>, answer: &str) -> Result<()> {
        let written = stream.write_all(format!("{answer}\n").as_bytes()).await;
        written.map_err(|error| self.failed(error))?;
        stream.flush().await.map_err(|error| self.failed(error))
    }
}

#[async_trait]
impl EventSource for Lines {
    fn kind(&self) -> &'static str {
        LinesConfig::KIND
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        let connected = tokio::select! {
            () = context.stopped() => return Ok(()),
            connected = TcpStream::connect(&self.0.address) => connected,
        };
        let mut stream = BufStream::new(connected.map_err(|error| self.failed(error))?);
        context.ready();
        loop {
            let line = tokio::select! {
                // After the stop signal nothing new is begun, even if it is there already.
                biased;
                () = context.stopped() => return Ok(()),
                // Not cancel-safe, but what was half read is not answered and comes again.
                line = self.read(&mut stream) => line?,
            };
            let answer = take(line, &context).await;
            self.answer(&mut stream, answer).await?;
        }
    }
}

/// Emits a line, and says what the server is told about it.
async fn take(line: Vec<u8>, context: &SourceContext) -> &'static str {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(&line) {
        context.skip(&format!("a line is not JSON: {error}"));
        return "never";
    }
    match context.emit(Draft::json(line)).await {
        Ok(_) => "ok",
        Err(_) => "later",
    }
}
