//! Servers are started, used a little, broken and started again.

mod kafka;
mod nats;

use argo_events_testkit::servers::{Server, needing};
use libtest_mimic::{Failed, Trial};

type Promise = (&'static str, fn(Server) -> Result<(), Failed>);

pub(super) fn trials() -> Vec<Trial> {
    let nats = [Server::Nats210, Server::Nats].map(|server| (server, nats::PROMISES));
    let kafka = [Server::Kafka39, Server::Kafka].map(|server| (server, kafka::PROMISES));
    let all = nats.into_iter().chain(kafka);
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
