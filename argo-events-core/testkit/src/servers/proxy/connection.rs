//! One connection through a proxy: what comes in one side waits its time and goes out the other.

use super::weather::{Direction, Weather};
use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::{
    io::AsyncReadExt as _,
    io::AsyncWriteExt as _,
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

/// What is read at a time, and how many of those may be under way.
const CHUNK: usize = 16 * 1024;
const CHUNKS: usize = 256;

type Chunk = (Instant, Vec<u8>);

/// Carries bytes between a client and the server until both have ended or the connection is reset.
/// `first` is how it was when the client came.
pub(super) async fn carry(
    mut client: TcpStream,
    first: Weather,
    weather: watch::Receiver<Weather>,
) {
    let lost = AtomicBool::new(false);
    let server = tokio::select! {
        server = TcpStream::connect(first.target) => server.ok(),
        () = struck(weather.clone(), first.resets, &lost) => None,
    };
    let Some(mut server) = server else {
        reset(&client);
        return;
    };
    let calm = {
        let (client_reads, client_writes) = client.split();
        let (server_reads, server_writes) = server.split();
        let lane = |way| Lane {
            way,
            weather: weather.clone(),
            lost: &lost,
        };
        let up = lane(Direction::ToServer).pump(client_reads, server_writes);
        let down = lane(Direction::ToClient).pump(server_reads, client_writes);
        tokio::select! {
            ended = async { tokio::try_join!(up, down) } => ended.is_ok(),
            () = struck(weather.clone(), first.resets, &lost) => false,
        }
    };
    if !calm {
        reset(&client);
        reset(&server);
    }
}

/// Lets the other side see an error instead of an end, once the connection is dropped.
fn reset(stream: &TcpStream) {
    // One that is gone already needs it no more.
    let _ = stream.set_zero_linger();
}

/// Waits until all connections are reset, or until this one has lost something and is mended.
async fn struck(mut weather: watch::Receiver<Weather>, resets: u64, lost: &AtomicBool) {
    let over = |weather: &Weather| {
        let mended = weather.swallowed.is_none() && lost.load(Ordering::Relaxed);
        mended || weather.resets != resets
    };
    // The proxy has gone if it fails, and this task with it.
    let _ = weather.wait_for(over).await;
}

/// One direction of a connection.
struct Lane<'a> {
    way: Direction,
    weather: watch::Receiver<Weather>,
    lost: &'a AtomicBool,
}

impl Lane<'_> {
    async fn pump(self, from: ReadHalf<'_>, to: WriteHalf<'_>) -> io::Result<()> {
        let (queue, queued) = mpsc::channel(CHUNKS);
        tokio::try_join!(self.read(from, queue), self.write(queued, to))?;
        Ok(())
    }

    async fn read(&self, mut from: ReadHalf<'_>, queue: mpsc::Sender<Chunk>) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = from.read(&mut buffer).await?;
            if self.swallows() {
                if count == 0 {
                    std::future::pending::<()>().await;
                }
                continue;
            }
            if count == 0 {
                return Ok(());
            }
            let due = Instant::now() + self.weather.borrow().delay;
            // It fails when the other half has, which says why.
            if queue.send((due, buffer[..count].to_vec())).await.is_err() {
                return Ok(());
            }
        }
    }

    async fn write(
        &self,
        mut queue: mpsc::Receiver<Chunk>,
        mut to: WriteHalf<'_>,
    ) -> io::Result<()> {
        while let Some((due, bytes)) = queue.recv().await {
            // To sleep not at all takes up to a millisecond, which for each chunk would be a slow connection.
            if due > Instant::now() {
                sleep_until(due).await;
            }
            self.send(&bytes, &mut to).await?;
        }
        self.released().await;
        to.shutdown().await
    }

    async fn send(&self, mut bytes: &[u8], to: &mut WriteHalf<'_>) -> io::Result<()> {
        while !bytes.is_empty() {
            self.released().await;
            if self.swallows() {
                return Ok(());
            }
            let (count, time) = self.weather.borrow().piece(bytes.len());
            let (piece, rest) = bytes.split_at(count);
            to.write_all(piece).await?;
            if !time.is_zero() {
                sleep(time).await;
            }
            bytes = rest;
        }
        Ok(())
    }

    /// Waits while bytes are kept back.
    async fn released(&self) {
        let mut weather = self.weather.clone();
        // The proxy has gone if it fails, and this task with it.
        let _ = weather.wait_for(|weather| !weather.holds(self.way)).await;
    }

    /// Tells whether bytes are thrown away now, which then happens.
    fn swallows(&self) -> bool {
        let swallows = self.weather.borrow().swallows(self.way);
        self.lost.fetch_or(swallows, Ordering::Relaxed);
        swallows
    }
}
