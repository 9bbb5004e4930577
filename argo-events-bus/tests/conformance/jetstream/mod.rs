//! The bus on NATS JetStream, against real servers: the oldest that is supported and the newest.

mod cluster;
mod desk;
mod elections;
mod graft;
mod leaving;
mod legacy;
mod rig;
mod secured;
mod special;
mod trouble;

use argo_events_testkit::{
    bus,
    servers::{self, Server},
};
use libtest_mimic::Trial;
use rig::{Guard, Rig};

/// Makes the trials; those whose server is missing are ignored.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = suite("jetstream 2.10", Server::Nats210, Guard::None);
    trials.extend(suite("jetstream", Server::Nats, Guard::None));
    trials.extend(suite("jetstream with TLS", Server::Nats, Guard::Tls));
    trials.extend(suite(
        "jetstream with a password",
        Server::Nats,
        Guard::Password,
    ));
    trials.extend(suite(
        "jetstream with a credentials file",
        Server::Nats,
        Guard::Credentials,
    ));
    trials.extend(cluster::trials());
    trials.extend(elections::trials());
    trials.extend(graft::trials());
    for (kind, server) in [
        ("jetstream 2.10", Server::Nats210),
        ("jetstream", Server::Nats),
    ] {
        trials.extend(special::trials(kind, server));
        trials.extend(leaving::trials(kind, server));
        trials.extend(legacy::trials(kind, server));
        trials.extend(trouble::trials(kind, server));
    }
    trials.extend(secured::trials());
    trials
}

/// Every case of bus and state store, each on a bus without events on a server of the suite.
fn suite(kind: &str, server: Server, guard: Guard) -> Vec<Trial> {
    let trials = bus::trials(kind, move || Rig::new(server, guard));
    trials
        .into_iter()
        .map(|trial| servers::needing(&[server], trial))
        .collect()
}
