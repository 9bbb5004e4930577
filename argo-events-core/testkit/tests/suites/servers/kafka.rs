//! Kafka brokers. Clients of theirs are tested elsewhere; here a port that answers is enough.

use super::Promise;
use argo_events_testkit::servers::{KafkaCluster, KafkaServer, Listener, Server};
use libtest_mimic::Failed;
use std::net::TcpStream;

type Outcome = Result<(), Failed>;

pub(super) const PROMISES: &[Promise] = &[
    (
        "a broker is killed, stopped and wiped, and comes back",
        back,
    ),
    ("a broker opens every way in", ways),
    ("three brokers do without one", cluster),
];

fn back(server: Server) -> Outcome {
    let server = KafkaServer::start(server)?;
    let bootstrap = server.bootstrap();
    server.kill()?;
    assert!(TcpStream::connect(&bootstrap).is_err());
    server.start_again()?;
    server.pause()?;
    server.stop()?;
    assert_eq!(server.id(), None);
    server.wipe()?;
    assert_eq!(server.bootstrap(), bootstrap);
    TcpStream::connect(&bootstrap)?;
    Ok(())
}

fn ways(server: Server) -> Outcome {
    use Listener::{MutualTls, Plain, Sasl, SaslTls, Tls};
    let options = KafkaServer::options(server)
        .listener(Sasl)
        .listener(Tls)
        .listener(MutualTls)
        .listener(SaslTls);
    let server = options
        .plain("alice", "alice-secret")
        .scram_sha_256("bob", "bob-secret")
        .scram_sha_512("carol", "carol-secret")
        .start()?;
    for listener in [Plain, Sasl, Tls, MutualTls, SaslTls] {
        TcpStream::connect(server.at(listener))?;
    }
    assert!(server.certificates().is_some());
    Ok(())
}

fn cluster(server: Server) -> Outcome {
    let cluster = KafkaCluster::start(server)?;
    let [first, second, _] = cluster.nodes();
    first.kill()?;
    second.pause()?;
    second.resume()?;
    first.start_again()?;
    cluster.wait_until_whole()?;
    assert_eq!(cluster.bootstrap().split(',').count(), 3);
    Ok(())
}
