//! A process that publishes and reads is killed again and again: nothing that was accepted is lost.
//!
//! The test binary starts itself as the victim. What the victim prints is what the outside world
//! knows; the seed that is printed repeats the run, as `ARGO_EVENTS_CRASH_SEED`.

use argo_events_bus::{LocalBus, LocalConfig};
use argo_events_core::{Event, EventBus as _, Subject, Subscription, SystemClock};
use argo_events_testkit::bus::{Broken, Outcome, ensure};
use libtest_mimic::Trial;
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    hash::{BuildHasher as _, RandomState},
    io::{self, BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{runtime::Builder, task::JoinSet, time::timeout};

const DIRECTORY: &str = "ARGO_EVENTS_CRASH_DIRECTORY";
const LIFE: &str = "ARGO_EVENTS_CRASH_LIFE";
const SEED: &str = "ARGO_EVENTS_CRASH_SEED";
const KILLS: &str = "ARGO_EVENTS_CRASH_KILLS";
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the victim if this process is one.
pub(crate) fn victim() -> Option<ExitCode> {
    let directory = env::var_os(DIRECTORY)?;
    let life = env::var(LIFE).unwrap_or_default();
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let live = live(directory.as_ref(), &life);
    match runtime.expect("a runtime can be made").block_on(live) {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(error) => {
            report(&format!("failed {error}"));
            Some(ExitCode::FAILURE)
        }
    }
}

/// Tells the outside world, in one write, so that a kill cannot tear two lines.
fn report(line: &str) {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .expect("the parent reads");
}

fn open(directory: &Path) -> argo_events_core::Result<LocalBus> {
    LocalBus::open(directory, LocalConfig::default(), Arc::new(SystemClock))
}

fn subscription(group: &str) -> Subscription {
    Subscription::new(group, vec![Subject::new("shop", "paid")])
}

/// Publishes from several tasks and reads what comes, settling some, until it is killed.
async fn live(directory: &Path, life: &str) -> argo_events_core::Result<()> {
    let bus = open(directory)?;
    let mut deliveries = bus.subscribe(subscription("reader")).await?;
    if life == "0" {
        // Never read before the end: it must get everything then.
        drop(bus.subscribe(subscription("patient")).await?);
    }
    let mut publishers = JoinSet::new();
    for publisher in 0..8 {
        publishers.spawn(publish(bus.clone(), format!("{life}-{publisher}")));
    }
    let mut kept = Vec::new();
    while let Some(batch) = deliveries.next(16).await {
        for delivery in batch? {
            report(&format!("delivered {}", delivery.event().id()));
            match delivery.meta().position.sequence % 5 {
                0 => delivery.retry(Duration::from_millis(100)).await?,
                1 if kept.len() < 500 => kept.push(delivery),
                _ => delivery.ack().await?,
            }
        }
    }
    Ok(())
}

async fn publish(bus: LocalBus, name: String) {
    for number in 0_u32.. {
        let id = format!("{name}-{number}");
        let event = Event::builder(&id, "shop", "paid")
            .data(vec![b'x'; 700])
            .build();
        match bus.publish(Arc::new(event)).await {
            Ok(receipt) => {
                let position = receipt.position.map_or(0, |position| position.sequence);
                report(&format!("accepted {id} {position}"));
            }
            Err(error) => report(&format!("failed {error}")),
        }
    }
}

/// What the outside world knows.
#[derive(Default)]
struct Witness {
    accepted: BTreeMap<String, u64>,
    delivered: BTreeSet<String>,
}

impl Witness {
    fn hear(&mut self, line: &str) -> Outcome {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["accepted", id, position] => {
                self.accepted
                    .insert(id.to_owned(), position.parse().unwrap_or(0));
            }
            ["delivered", id] => {
                self.delivered.insert(id.to_owned());
            }
            _ => return Err(Broken(format!("the victim says: {line}"))),
        }
        Ok(())
    }
}

/// Makes the trial.
pub(crate) fn trial() -> Trial {
    let killed = || {
        let seed = number(SEED).unwrap_or_else(|| RandomState::new().hash_one("seed") >> 32);
        let kills = number(KILLS).unwrap_or(25);
        report(&format!("killing {kills} times, {SEED}={seed}"));
        Ok(survives(kills, seed).map_err(|broken| format!("{broken}; {SEED}={seed}"))?)
    };
    Trial::test(
        "nothing accepted is lost when the process is killed",
        killed,
    )
    .with_kind("local")
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

fn survives(kills: u64, seed: u64) -> Outcome {
    let directory = tempfile::tempdir().map_err(|error| Broken(error.to_string()))?;
    let mut witness = Witness::default();
    for life in 0..kills {
        let lines = 1 + RandomSequence(seed).nth(life) % 400;
        live_and_die(directory.path(), life, lines, &mut witness)
            .map_err(|error| Broken(error.to_string()))??;
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime
        .map_err(|error| Broken(error.to_string()))?
        .block_on(judge(directory.path(), &witness))
}

/// Numbers that follow from a seed (splitmix64).
struct RandomSequence(u64);

impl RandomSequence {
    fn nth(&self, index: u64) -> u64 {
        let mut bits = self
            .0
            .wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

/// Starts a victim, kills it after so many accepted events, and hears out what it had said by then.
fn live_and_die(
    directory: &Path,
    life: u64,
    lines: u64,
    witness: &mut Witness,
) -> io::Result<Outcome> {
    let mut victim = start(directory, life)?;
    let output = victim.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let (mut output, mut line, mut heard) = (BufReader::new(output), String::new(), 0);
    while output.read_line(&mut line)? > 0 {
        let Some(whole) = line.strip_suffix('\n') else {
            break;
        };
        if let Err(broken) = witness.hear(whole) {
            victim.kill()?;
            victim.wait()?;
            return Ok(Err(broken));
        }
        if whole.starts_with("accepted") {
            heard += 1;
        }
        if heard == lines {
            victim.kill()?;
        }
        line.clear();
    }
    victim.wait()?;
    Ok(ensure(
        heard >= lines,
        format!("life {life} ended by itself after {heard} events"),
    ))
}

fn start(directory: &Path, life: u64) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .env(DIRECTORY, directory)
        .env(LIFE, life.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
}

async fn judge(directory: &Path, witness: &Witness) -> Outcome {
    let bus = open(directory)?;
    let unseen = witness
        .accepted
        .keys()
        .filter(|id| !witness.delivered.contains(*id))
        .cloned();
    let seen = drain(&bus, "reader", witness, unseen.collect()).await?;
    let all = drain(
        &bus,
        "patient",
        witness,
        witness.accepted.keys().cloned().collect(),
    )
    .await?;
    let (accepted, kept) = (witness.accepted.len(), bus.stats().events);
    report(&format!(
        "{accepted} accepted, {kept} kept, {seen} and {all} delivered at the end"
    ));
    Ok(bus.close().await?)
}

/// Reads until every expected event has come, each at the place its publisher was told.
async fn drain(
    bus: &LocalBus,
    group: &str,
    witness: &Witness,
    mut expected: BTreeSet<String>,
) -> Outcome<u64> {
    let mut deliveries = bus.subscribe(subscription(group)).await?;
    let mut count = 0;
    while !expected.is_empty() {
        let next = timeout(PATIENCE, deliveries.next(64)).await.ok().flatten();
        let Some(batch) = next else {
            return Err(Broken(format!("lost for group {group}: {expected:?}")));
        };
        for delivery in batch? {
            let (id, position) = (delivery.event().id(), delivery.meta().position.sequence);
            let told = witness.accepted.get(id).copied().unwrap_or(position);
            ensure(
                told == position,
                format!("{id} was accepted at {told} and lies at {position}"),
            )?;
            expected.remove(id);
            count += 1;
            delivery.ack().await?;
        }
    }
    Ok(count)
}
