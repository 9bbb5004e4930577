//! A run: load and faults at the same time, a probe after each fault, and the reckoning.

use super::{
    bus,
    check::{Expected, Tally, complain},
    client::Client,
    load::{Load, insist},
    posts::{Kind, Posts},
    sink::Sink,
    stage::{Stage, plan},
    stored::{self, Events},
};
use argo_events_testkit::servers::{Fault, FaultKind};
use futures::future::join_all;
use std::{collections::HashSet, env, error::Error, sync::Arc, time::Duration};
use tokio::{
    runtime::Runtime,
    task::block_in_place,
    time::{Instant, sleep, timeout_at},
};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How soon after a fault new events must flow.
const FLOW: Duration = Duration::from_secs(5);
/// How long it is waited for that before the run goes on.
const FLOW_PATIENCE: Duration = Duration::from_secs(30);
/// How soon after the last event everything must be settled: the ack wait, and 5 s.
const SETTLED: Duration = Duration::from_secs(35);
/// How long the rest of the load may take when the faults are over.
const LOAD_PATIENCE: Duration = Duration::from_secs(300);
/// Most lines that all pods together may log for a fault.
const LINES_OF_A_FAULT: usize = 60;
/// Lines of starts and stops.
const LINES_BESIDE: usize = 60;

/// How long a run is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) events: usize,
    pub(crate) faults: usize,
    pub(crate) seed: u64,
}

impl Extent {
    /// Takes what variables say.
    pub(crate) fn or_of_variables(self) -> Self {
        let number = |name: &str| env::var(name).ok()?.parse().ok();
        Self {
            events: number("ARGO_EVENTS_FAULTS_EVENTS").unwrap_or(self.events),
            faults: number("ARGO_EVENTS_FAULTS").unwrap_or(self.faults),
            seed: self.seed,
        }
    }
}

/// What a run came to.
#[derive(Debug, Default)]
struct Outcome {
    complaints: Vec<String>,
    slowest: Duration,
    accepted: usize,
    stored: usize,
    twice: usize,
    tally: Option<Tally>,
    settled: Option<Duration>,
    lines: usize,
}

/// Plays a run; an error says everything that is wrong.
pub(crate) fn play(kind: bus::Kind, extent: Extent) -> std::result::Result<(), String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let began = Instant::now();
    let outcome = runtime.block_on(run(kind, extent));
    let outcome = outcome.map_err(|error| error.to_string())?;
    eprintln!("{}", outcome.told(extent, began.elapsed()));
    if outcome.complaints.is_empty() {
        return Ok(());
    }
    Err(outcome.complaints.join("\n"))
}

async fn run(kind: bus::Kind, extent: Extent) -> Result<Outcome> {
    let sink = Sink::start().await?;
    let mut stage = Stage::set(kind, &sink).await?;
    let posts = Arc::new(Posts::default());
    let load = Load::start(extent.events, posts.clone(), stage.ports.clone());
    let mut outcome = Outcome::default();
    let faults = plan(extent.seed).take(extent.faults);
    for (number, fault) in faults.enumerate() {
        let share = |of: usize| extent.events * of / extent.faults;
        load.allow(share(number + 1));
        let ended = go_wrong(&mut stage, &fault, &mut outcome).await?;
        let flow = flow(&stage, &sink, &posts, number, ended).await;
        eprintln!("{:>3} {fault}: {flow}", number + 1);
        outcome.judge(&fault, &flow);
        load.reach(share(number + 1) * 3 / 4, FLOW_PATIENCE).await;
        let ended = stage.pods.iter_mut().filter_map(|pod| pod.ended());
        outcome.complaints.extend(ended);
    }
    let done = load.finish(LOAD_PATIENCE).await;
    if done < extent.events {
        let message = format!("only {done} of {} events were accepted", extent.events);
        outcome.complaints.push(message);
    }
    let accepted = posts.accepted();
    let faults = extent.faults;
    outcome.reckon(&stage, &sink, &accepted, faults).await?;
    Ok(outcome)
}

/// Lets something go wrong for a while; returns when it was mended.
async fn go_wrong(stage: &mut Stage, fault: &Fault, outcome: &mut Outcome) -> Result<Instant> {
    if let Err(error) = block_in_place(|| stage.begin(fault)) {
        outcome.complaints.push(format!("{fault}: {error}"));
    }
    if fault.kind != FaultKind::Restart {
        sleep(fault.duration).await;
    }
    block_in_place(|| stage.end(fault))?;
    Ok(Instant::now())
}

/// How long after the end of a fault new events came through, by trigger; `None` if they did not.
#[derive(Debug)]
struct Flow {
    each: Option<Duration>,
    join: Option<Duration>,
    pair: Option<Duration>,
}

impl std::fmt::Display for Flow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = [
            ("each", self.each),
            ("join", self.join),
            ("pair", self.pair),
        ];
        for (name, flow) in all {
            match flow {
                Some(flow) => write!(formatter, "{name} {:.2} s  ", flow.as_secs_f64())?,
                None => write!(formatter, "{name} does not flow  ")?,
            }
        }
        Ok(())
    }
}

/// Measures with a new pair of events through each source.
async fn flow(stage: &Stage, sink: &Sink, posts: &Posts, fault: usize, ended: Instant) -> Flow {
    let (first, end) = (posts.next(), ended + FLOW_PATIENCE);
    let through = stage.ports.iter().enumerate().map(|(source, port)| {
        let key = format!("probe-{fault}-{source}");
        probe(*port, key, sink, posts, ended)
    });
    let pair = async {
        let paired = sink.wait_until(|calls| calls.newest_paired >= first);
        timeout_at(end, paired).await.ok().map(|()| ended.elapsed())
    };
    let (through, pair) = tokio::join!(join_all(through), pair);
    let (each, join): (Vec<_>, Vec<_>) = through.into_iter().unzip();
    let slowest = |all: Vec<Option<Duration>>| {
        let all: Option<Vec<_>> = all.into_iter().collect();
        all.and_then(|all| all.into_iter().max())
    };
    let (each, join) = (slowest(each), slowest(join));
    Flow { each, join, pair }
}

/// Sends a pair through one source; returns when it was seen alone, and joined.
async fn probe(
    port: u16,
    key: String,
    sink: &Sink,
    posts: &Posts,
    ended: Instant,
) -> (Option<Duration>, Option<Duration>) {
    let (mut client, end) = (Client::new(port), ended + FLOW_PATIENCE);
    let Some(a) = insist(posts, &mut client, (Kind::A, &key), end).await else {
        return (None, None);
    };
    let each = sink.wait_until(|calls| calls.each.contains(&a));
    let each = timeout_at(end, each).await.ok().map(|()| ended.elapsed());
    if insist(posts, &mut client, (Kind::B, &key), end)
        .await
        .is_none()
    {
        return (each, None);
    }
    let join = sink.wait_until(|calls| calls.joined.contains(&key));
    let join = timeout_at(end, join).await.ok().map(|()| ended.elapsed());
    (each, join)
}

impl Outcome {
    fn judge(&mut self, fault: &Fault, flow: &Flow) {
        for time in [flow.each, flow.join, flow.pair] {
            let time = time.unwrap_or(FLOW_PATIENCE);
            self.slowest = self.slowest.max(time);
        }
        let times = [flow.each, flow.join, flow.pair];
        if times.iter().any(|it| it.is_none_or(|it| it > FLOW)) {
            let message = format!("after {fault} new events came too late: {flow}");
            self.complaints.push(message);
        }
    }

    /// Waits until everything is settled and compares.
    async fn reckon(
        &mut self,
        stage: &Stage,
        sink: &Sink,
        accepted: &[usize],
        faults: usize,
    ) -> Result<()> {
        let began = Instant::now();
        let Events { events, twice } = stored::events(&stage.server).await?;
        let numbers: HashSet<_> = events.iter().map(|event| event.number).collect();
        let gone: Vec<_> = accepted.iter().filter(|it| !numbers.contains(it)).collect();
        complain(&mut self.complaints, "accepted, but not on the bus", &gone);
        let expected = Expected::of(&events);
        self.settle(stage, sink, &expected, began).await?;
        self.tally = Some(expected.compare(&sink.calls(), &mut self.complaints));
        (self.accepted, self.stored, self.twice) = (accepted.len(), events.len(), twice);
        self.lines = stage.lines();
        let most = LINES_BESIDE + LINES_OF_A_FAULT * faults;
        if self.lines > most {
            let message = format!("{} lines were logged, more than {most}", self.lines);
            self.complaints.push(message);
        }
        Ok(())
    }

    async fn settle(
        &mut self,
        stage: &Stage,
        sink: &Sink,
        expected: &Expected,
        began: Instant,
    ) -> Result<()> {
        loop {
            let left = stored::unsettled(&stage.server).await?;
            let is_met = expected.is_met(&sink.calls());
            if left.is_empty() && is_met {
                self.settled = Some(began.elapsed());
                return Ok(());
            }
            if began.elapsed() > SETTLED {
                complain(&mut self.complaints, "consumers with work left", &left);
                return Ok(());
            }
            sleep(Duration::from_millis(250)).await;
        }
    }

    /// Tells the counts.
    fn told(&self, extent: Extent, took: Duration) -> String {
        let tally = self.tally.as_ref();
        format!(
            "{} events, {} faults, {:.0} s: {} accepted, {} on the bus ({} twice), {} firings, {} repeats, \
             flow within {:.2} s, settled after {}, {} lines logged, {} complaints",
            extent.events,
            extent.faults,
            took.as_secs_f64(),
            self.accepted,
            self.stored,
            self.twice,
            tally.map_or(0, |tally| tally.firings),
            tally.map_or(0, |tally| tally.repeats),
            self.slowest.as_secs_f64(),
            self.settled.map_or("never".to_owned(), |it| format!(
                "{:.1} s",
                it.as_secs_f64()
            )),
            self.lines,
            self.complaints.len(),
        )
    }
}
