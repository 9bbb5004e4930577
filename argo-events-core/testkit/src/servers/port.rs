//! Ports that stay ours while a server is down, so that it can come back on the same one.
//!
//! The system's own choice would not do: it gives such a port to the next connection. These lie below
//! the range it chooses from, and a locked file keeps other tests of this machine away.

use argo_events_core::{Error, ErrorKind, Result};
use std::{
    env,
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// Below what systems give to connections: 32768 on Linux, 49152 elsewhere.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// How many ports were tried so far in this process.
static TRIED: AtomicU16 = AtomicU16::new(0);

/// Reserves a port until this process ends, and returns its address on this machine.
///
/// For servers of a test's own that go and come back, or that another process opens: the system gives the port
/// to no connection meanwhile.
///
/// # Errors
/// When no port is free.
pub fn reserve_port() -> Result<SocketAddr> {
    let port = Port::reserve()?;
    let address = port.address();
    // Ours to the end, whoever uses it.
    std::mem::forget(port);
    Ok(address)
}

/// A port that no other test takes before this is dropped.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    /// Locked; the system unlocks it when the process ends, however it does.
    _held: File,
}

impl Port {
    /// Finds one that is free.
    pub(super) fn reserve() -> Result<Self> {
        let user = rustix::process::getuid().as_raw();
        let folder = env::temp_dir().join(format!("argo-events-ports-{user}"));
        let failed = |error: io::Error| {
            Error::permanent(ErrorKind::Unavailable, "no port can be reserved")
                .with("folder", folder.display())
                .caused_by(error)
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        for _ in 0..COUNT {
            if let Some(port) = Self::take(next(), &folder).map_err(failed)? {
                return Ok(port);
            }
        }
        Err(failed(io::ErrorKind::AddrInUse.into()))
    }

    fn take(number: u16, folder: &Path) -> io::Result<Option<Self>> {
        let held = File::create(folder.join(number.to_string()))?;
        let free = held.try_lock().is_ok() && TcpListener::bind(address(number)).is_ok();
        Ok(free.then_some(Self {
            number,
            _held: held,
        }))
    }

    /// Returns its address on this machine.
    pub(super) fn address(&self) -> SocketAddr {
        address(self.number)
    }
}

fn address(number: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, number).into()
}

/// Processes begin at different numbers, so that they seldom meet.
fn next() -> u16 {
    let begin = (process::id() % 1_000) as u16 * 12;
    let tried = TRIED.fetch_add(1, Ordering::Relaxed) % COUNT;
    FIRST + (begin + tried) % COUNT
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_port_is_given_twice() {
        let ports: Vec<_> = (0..20).map(|_| Port::reserve().unwrap()).collect();
        let numbers: BTreeSet<_> = ports.iter().map(Port::address).collect();
        assert_eq!(numbers.len(), ports.len());
    }

    #[test]
    fn a_port_that_somebody_listens_on_is_not_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let number = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        assert!(Port::take(number, folder.path()).unwrap().is_none());
        drop(listener);
        assert!(Port::take(number, folder.path()).unwrap().is_some());
    }
}
