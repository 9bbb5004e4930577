//! Ctrl-C, and the system's request to end.

use crate::exit::{Exit, Failure};
use std::io;

/// Hears of signals from the moment it is made, so that none is missed in between.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens from now on; the signals no longer end the process by themselves.
    ///
    /// # Errors
    /// `Unreachable`, when the system does not let the process hear of signals.
    pub fn listen() -> Result<Self, Failure> {
        let refused = |error: io::Error| {
            Failure::new(
                Exit::Unreachable,
                format!("no signals can be heard: {error}"),
            )
        };
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let interrupt = signal(SignalKind::interrupt()).map_err(refused)?;
            let terminate = signal(SignalKind::terminate()).map_err(refused)?;
            Ok(Self {
                interrupt,
                terminate,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Resolves at the next signal. Cancel-safe.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        // Without a handler the default action ends the process.
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}
