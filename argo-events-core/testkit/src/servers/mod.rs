//! Real servers for tests: started on this machine, killed, paused and started again.
//!
//! `cargo xtask servers` fetches the programs; [`available`] says where one is, and [`needing`] turns
//! the trials of a machine without it into ignored ones. Everything listens on 127.0.0.1, on ports that no
//! other test takes, and is gone with the last clone of its handle. Calls block for as long as a
//! server takes: from async tests, use `tokio::task::spawn_blocking` or `block_in_place` where that
//! is long. Unix only.
//!
//! ```no_run
//! use argo_events_testkit::servers::{NatsServer, Server};
//!
//! # fn main() -> argo_events_core::Result<()> {
//! let server = NatsServer::options(Server::Nats210).user("shop", "secret").start()?;
//! println!("{}", server.url());
//! server.kill()?;
//! server.start_again()?;
//! # Ok(())
//! # }
//! ```

mod certificates;
mod faults;
mod kafka;
mod kube;
mod nats;
mod place;
mod port;
mod process;
mod proxy;
mod tools;
mod versions;

pub use certificates::Certificates;
pub use faults::{Fault, FaultKind, Faults};
pub use kafka::{KafkaCluster, KafkaOptions, KafkaServer, Listener};
#[cfg(feature = "kube")]
pub use kube::StandIn;
pub use kube::{KubeNode, KubeOptions, KubePart, KubeServer, Part};
pub use nats::{NatsCluster, NatsOptions, NatsServer};
pub use port::reserve_port;
pub use proxy::{Direction, Proxy};
pub use tools::{Missing, available, needing};
pub use versions::Server;
