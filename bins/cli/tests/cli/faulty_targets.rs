//! Targets that hang, refuse or break off: what was accepted is tried again, and neighbours go on.

use super::{
    harness::{Server, free_port},
    run::{folders, http, manifests},
    target::{Answer, Target},
};

/// Tries three times with hardly a pause.
const RETRY: &str = "      retryStrategy: { steps: 3, duration: 10ms, factor: 1, jitter: 0 }\n";

#[test]
fn a_target_that_hangs_is_given_up_in_time() {
    let (folder, data) = folders();
    let target = Target::answering(|request, before| match (request.path.as_str(), before) {
        ("/slow", 0) => Answer::Hang,
        _ => Answer::Status(200),
    });
    let slow = http("slow", &target.url("/slow")).replace(
        "          method:",
        "          timeout: 1\n          method:",
    );
    let triggers = format!("{slow}{RETRY}{}", http("quick", &target.url("/quick")));
    manifests(folder.path(), &triggers);
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.post("/paid", "{\"n\":1}");
    target.first("/slow");
    target.first("/quick");
    server.post("/paid", "{\"n\":2}");
    // The first event's second attempt, and the second event's only one.
    let received = target.wait_until(|all| all.iter().filter(|it| it.path == "/slow").count() == 3);
    let slow: Vec<_> = received.iter().filter(|it| it.path == "/slow").collect();
    let tries = |firing: &str| slow.iter().filter(|it| it.firing() == firing).count();
    assert_eq!(tries(slow[0].firing()), 2);
    server.warns("attempt=1");
}

#[test]
fn a_target_that_hangs_holds_no_neighbour_up() {
    let (folder, data) = folders();
    let target = Target::answering(|request, _| match request.path.as_str() {
        "/slow" => Answer::Hang,
        _ => Answer::Status(200),
    });
    // Nobody sets a timeout: the usual one is longer than a test waits.
    let triggers = ["slow", "quick"].map(|name| http(name, &target.url(&format!("/{name}"))));
    manifests(folder.path(), &triggers.concat());
    let server = Server::start(folder.path(), data.path(), &[]);
    server.post("/paid", "{}");
    target.first("/slow");
    target.first("/quick");
}

#[test]
fn a_target_that_breaks_off_is_asked_again_with_the_same_id() {
    let (folder, data) = folders();
    let target = Target::answering(|_, before| match before {
        0 | 1 => Answer::Close,
        _ => Answer::Status(200),
    });
    manifests(
        folder.path(),
        &format!("{}{RETRY}", http("ship", &target.url("/ship"))),
    );
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.post("/paid", "{}");
    server.says("fired   ship");
    let received = target.received();
    assert_eq!(received.len(), 3);
    assert!(
        received
            .iter()
            .all(|it| it.firing() == received[0].firing())
    );
}

#[test]
fn a_status_that_the_policy_refuses_is_tried_again_and_ends_in_the_dead_letter() {
    let (folder, data) = folders();
    let target = Target::answering(|request, _| match request.path.as_str() {
        "/ship" => Answer::Status(500),
        _ => Answer::Status(200),
    });
    let dead_letter = http("lost", &target.url("/lost"))
        .replace("    - template:", "      dlqTrigger:\n        template:")
        .replace("\n        ", "\n          ");
    let dead_letter = dead_letter.replacen("\n          template", "\n        template", 1);
    let policy = "      policy: { status: { allow: [200] } }\n";
    let ship = http("ship", &target.url("/ship"));
    manifests(
        folder.path(),
        &format!("{ship}{RETRY}{policy}{dead_letter}"),
    );
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.post("/paid", "{\"n\":1}");
    let lost = target.first("/lost");
    assert_eq!(lost.json()["body"]["n"], 1);
    let failed = server.says("failed  ship");
    assert!(
        failed.contains("status=500") && failed.ends_with("the dead letter took it"),
        "{failed}"
    );
    assert_eq!(
        target
            .received()
            .iter()
            .filter(|it| it.path == "/ship")
            .count(),
        3
    );
    assert_eq!(
        server.post("/paid", "{\"n\":2}").0,
        200,
        "what follows is accepted"
    );
    target.wait_until(|all| all.iter().filter(|it| it.path == "/lost").count() == 2);
}

#[test]
fn a_target_that_is_not_there_fails_its_trigger_alone() {
    let (folder, data) = folders();
    let target = Target::start();
    let nobody = format!("http://127.0.0.1:{}/", free_port());
    let triggers = format!(
        "{}{}",
        http("lost", &nobody),
        http("ship", &target.url("/ship"))
    );
    manifests(folder.path(), &triggers);
    let mut server = Server::start(folder.path(), data.path(), &[]);
    server.post("/paid", "{}");
    target.first("/ship");
    let failed = server.says("failed  lost");
    assert!(
        failed.contains("refused") && failed.contains(&nobody),
        "{failed}"
    );
    assert_eq!(server.health("/readyz").0, 200);
}
