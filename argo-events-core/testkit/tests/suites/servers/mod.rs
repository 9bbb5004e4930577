//! Servers are started, used a little, broken and started again.

mod nats;

use argo_events_testkit::servers::{Server, needing};
use libtest_mimic::{Failed, Trial};

type Promise = (&'static str, fn(Server) -> Result<(), Failed>);

pub(super) fn trials() -> Vec<Trial> {
    let nats = [Server::Nats210, Server::Nats];
    nats.into_iter()
        .flat_map(|server| each(server, nats::PROMISES))
        .collect()
}

fn each(server: Server, promises: &'static [Promise]) -> impl Iterator<Item = Trial> {
    promises.iter().map(move |(name, test)| {
        let kind = format!("{} {}", server.program(), server.version());
        let trial = Trial::test(*name, move || test(server));
        needing(&[server], trial.with_kind(kind))
    })
}
