//! Servers are started, used a little, broken and started again.

mod kafka;
#[cfg(feature = "kube")]
mod kube;
mod nats;

use argo_events_testkit::servers::{Server, needing};
use libtest_mimic::{Failed, Trial};

type Promise = (&'static str, fn(Server) -> Result<(), Failed>);

pub(super) fn trials() -> Vec<Trial> {
    let nats = [Server::Nats210, Server::Nats].map(|server| (server, nats::PROMISES));
    let kafka = [Server::Kafka39, Server::Kafka].map(|server| (server, kafka::PROMISES));
    #[cfg(feature = "kube")]
    let kube = Some((Server::Kube, kube::PROMISES));
    #[cfg(not(feature = "kube"))]
    let kube = None;
    let all = nats.into_iter().chain(kafka).chain(kube);
    all.flat_map(|(server, promises)| each(server, promises))
        .collect()
}

fn each(server: Server, promises: &'static [Promise]) -> impl Iterator<Item = Trial> {
    promises.iter().map(move |(name, test)| {
        let kind = format!("{} {}", server.program(), server.version());
        let trial = Trial::test(*name, move || test(server));
        needing(&[server], trial.with_kind(kind))
    })
}
