//! A proxy in front of a server, which brings bad weather over its connections.
//!
//! Runs in a thread of its own, so that it works from any test, also one that has stopped its time.

mod connection;
mod weather;

pub use weather::Direction;

use super::port::Port;
use argo_events_core::{Error, ErrorKind, Result};
use std::{io, net::SocketAddr, thread, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::{mpsc, watch},
    task::JoinSet,
};
use weather::Weather;

/// A proxy for TCP whose connections can be slowed down, cut, and left half open.
///
/// What is set holds for all connections, old and new, until it is set anew or [mended](Proxy::mend).
///
/// ```
/// use argo_events_testkit::servers::{Direction, Proxy};
/// use std::{net::TcpListener, time::Duration};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = TcpListener::bind("127.0.0.1:0")?;
/// let proxy = Proxy::start(server.local_addr()?)?;
/// println!("{}", proxy.address());
/// proxy.delay(Duration::from_millis(300));
/// proxy.throttle(64 * 1024);
/// proxy.half_open(Direction::ToClient);
/// proxy.cut()?;
/// proxy.mend()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Proxy {
    port: Port,
    weather: watch::Sender<Weather>,
    // Always there; taken to be dropped before the thread is awaited.
    calls: Option<mpsc::Sender<Call>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What the thread does, and whom it tells when it has.
#[derive(Debug)]
struct Call {
    open: bool,
    done: std::sync::mpsc::SyncSender<io::Result<()>>,
}

impl Proxy {
    /// Starts a proxy in front of a server, which need not run yet.
    ///
    /// # Errors
    /// When no port or no thread is to be had.
    pub fn start(target: SocketAddr) -> Result<Self> {
        let port = Port::reserve()?;
        let (weather, _) = watch::channel(Weather::new(target));
        let (calls, called) = mpsc::channel(1);
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(failed)?;
        let desk = Desk {
            address: port.address(),
            weather: weather.clone(),
        };
        let thread = thread::Builder::new().name("proxy".to_owned());
        let thread = thread
            .spawn(move || serve(&runtime, desk, called))
            .map_err(failed)?;
        let proxy = Self {
            port,
            weather,
            calls: Some(calls),
            thread: Some(thread),
        };
        proxy.call(true)?;
        Ok(proxy)
    }

    /// Returns where it listens; it stays the same.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Sends new connections elsewhere.
    pub fn forward_to(&self, target: SocketAddr) {
        self.weather.send_modify(|weather| weather.target = target);
    }

    /// Lets every byte arrive that much later, in both directions.
    pub fn delay(&self, time: Duration) {
        self.weather.send_modify(|weather| weather.delay = time);
    }

    /// Lets no more than so many bytes through in a second, for each connection and direction; 0 is
    /// no limit.
    pub fn throttle(&self, bytes_per_second: u32) {
        self.weather
            .send_modify(|weather| weather.rate = bytes_per_second);
    }

    /// Keeps back what is sent, until it is mended: then it arrives, as after a silent partition.
    pub fn hold(&self, direction: Direction) {
        self.weather
            .send_modify(|weather| weather.held = Some(direction));
    }

    /// Swallows what is sent, ends included, as when the other side has gone without a word. A connection that has
    /// lost something is reset when this is mended.
    pub fn half_open(&self, direction: Direction) {
        self.weather
            .send_modify(|weather| weather.swallowed = Some(direction));
    }

    /// Resets all connections and refuses new ones, until it is mended.
    ///
    /// # Errors
    /// When the proxy's thread has gone.
    pub fn cut(&self) -> Result<()> {
        self.call(false)
    }

    /// Resets all connections; new ones are made as before.
    ///
    /// # Errors
    /// When the port cannot be opened again.
    pub fn reset(&self) -> Result<()> {
        self.cut()?;
        self.call(true)
    }

    /// Ends all of that: no delay, no limit, nothing is kept back, swallowed or refused.
    ///
    /// # Errors
    /// When the port cannot be opened again.
    pub fn mend(&self) -> Result<()> {
        self.weather.send_modify(Weather::clear);
        self.call(true)
    }

    fn call(&self, open: bool) -> Result<()> {
        let (done, waiting) = std::sync::mpsc::sync_channel(1);
        let gone = || failed(io::Error::other("its thread has gone"));
        let calls = self.calls.as_ref().ok_or_else(gone)?;
        // One call at a time is answered at once, so there is room; elsewhere it would have to block.
        let mut call = Call { open, done };
        while let Err(error) = calls.try_send(call) {
            let mpsc::error::TrySendError::Full(again) = error else {
                return Err(gone());
            };
            call = again;
            thread::yield_now();
        }
        waiting.recv().map_err(|_| gone())?.map_err(failed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.calls.take();
        if let Some(thread) = self.thread.take() {
            // It panicked at worst, and said so.
            let _ = thread.join();
        }
    }
}

fn failed(error: io::Error) -> Error {
    Error::permanent(ErrorKind::Unavailable, "the proxy does not work")
        .with("reason", &error)
        .caused_by(error)
}

struct Desk {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
}

fn serve(runtime: &Runtime, desk: Desk, mut calls: mpsc::Receiver<Call>) {
    runtime.block_on(async {
        let mut listener = None;
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                call = calls.recv() => {
                    let Some(Call { open, done }) = call else { return };
                    let outcome = desk.turn(open, &mut listener, &mut connections).await;
                    // Whoever called waits for it.
                    let _ = done.send(outcome);
                }
                client = accept(listener.as_ref()) => {
                    let (first, weather) = (*desk.weather.borrow(), desk.weather.subscribe());
                    connections.spawn(connection::carry(client, first, weather));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    });
}

impl Desk {
    /// Opens the port, or closes it and resets what had come in.
    async fn turn(
        &self,
        open: bool,
        listener: &mut Option<TcpListener>,
        connections: &mut JoinSet<()>,
    ) -> io::Result<()> {
        if !open {
            *listener = None;
            self.weather.send_modify(|weather| weather.resets += 1);
            while connections.join_next().await.is_some() {}
        } else if listener.is_none() {
            *listener = Some(TcpListener::bind(self.address).await?);
        }
        Ok(())
    }
}

/// Waits for a client; for ever if the port is closed.
async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    loop {
        if let Ok((client, _)) = listener.accept().await {
            return client;
        }
        // It was gone before it was taken, or there are too many files: both pass.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[cfg(test)]
mod tests;
