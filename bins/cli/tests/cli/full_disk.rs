//! A disk that gets full and has room again: a small file system of the test's own.

use super::{
    harness::{Server, command, free_port, path, post},
    run::{folders, http, manifests_on},
    target::Target,
};
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// Runs what follows with a file system of 6 MiB in place of the folder, in a namespace that ends with it.
const SMALL: &str = "mount -t tmpfs -o size=6m tmpfs \"$1\" && shift && exec \"$@\"";

fn in_a_namespace(folder: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", SMALL, "sh", path(folder)]);
    command
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process is measured, which has the clock of the machine"
)]
#[test]
#[ignore = "wants a file system of its own: unshare -rm, mount"]
fn while_the_disk_is_full_callers_are_told_soon_and_readiness_says_why() {
    let (folder, data) = folders();
    let (target, port) = (Target::start(), free_port());
    manifests_on(folder.path(), port, &http("ship", &target.url("/ship")));
    let file = folder.path().join("all.yaml");
    let call = command(&["run", path(&file), "--data-dir", path(data.path())]);
    let mut small = in_a_namespace(data.path());
    small.arg(call.get_program()).args(call.get_args());
    small.args(["--metrics", "127.0.0.1:0"]);
    let mut server = Server::spawn(small);
    assert_eq!(server.post("/paid", "0").0, 200);

    // What is in a namespace is seen from outside through its process.
    let inside = Path::new("/proc")
        .join(server.id().to_string())
        .join("root");
    let filler = inside
        .join(data.path().strip_prefix("/").unwrap())
        .join("filler");
    let filled = fs::write(&filler, vec![0; 8 << 20]);
    assert!(filled.is_err(), "the disk is full");
    let began = Instant::now();
    let big = format!("\"{}\"", "x".repeat(200_000));
    let refused = server.post("/paid", &big);
    assert_eq!(refused, (503, "failed to record event".to_owned()));
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    server.warns("the disk of the local bus is full");
    let (status, reason) = server.health("/readyz");
    assert_eq!(status, 503);
    assert!(
        reason.starts_with("bus local: the disk of the local bus is full"),
        "{reason}"
    );
    assert_eq!(server.health("/livez").0, 200);

    fs::remove_file(&filler).unwrap();
    assert_eq!(server.health("/readyz"), (200, "ready\n".to_owned()));
    assert_eq!(post(port, "/paid", "application/json", "1").unwrap().0, 200);
    let received = target.wait_until(|all| all.len() >= 2);
    let bodies: BTreeSet<_> = received
        .iter()
        .map(|it| it.json()["body"].to_string())
        .collect();
    assert_eq!(bodies, BTreeSet::from(["0".to_owned(), "1".to_owned()]));
}
