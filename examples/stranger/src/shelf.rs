//! Bus `shelf`: keeps events in memory until every group has settled them.
//!
//! It survives nothing, recognises no repeats and keeps no state; its capabilities say so, and what
//! needs them does without. This file is the bus and its reader, `board` the bookkeeping of a group.

mod board;

use argo_events_core::{
    BusCapabilities, Clock, Deliveries, Delivery, DeliveryMeta, Error, ErrorKind, Event, EventBus,
    FieldPath, Position, Problems, Receipt, Result, Settle, Subscription,
    bus::{Outcome, StartAt},
    registry::{BuildBus, BusBuild, BusConfig},
};
use async_trait::async_trait;
use board::{Board, Item, Taken};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// Keeps events in memory.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ShelfConfig {
    /// Most events that wait for a group; then no more are accepted until it has settled some.
    pub most_events: usize,
}

impl Default for ShelfConfig {
    fn default() -> Self {
        let most_events = 10_000;
        Self { most_events }
    }
}

impl BusConfig for ShelfConfig {
    const KIND: &'static str = "shelf";

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        if self.most_events == 0 {
            problems.error(path.field("mostEvents"), "must be 1 or more");
        }
    }
}

impl BuildBus for ShelfConfig {
    fn build(self, build: BusBuild) -> BoxFuture<'static, Result<Arc<dyn EventBus>>> {
        let bus: Arc<dyn EventBus> = Arc::new(Shelf::new(self, build.clock));
        Box::pin(std::future::ready(Ok(bus)))
    }
}

/// The bus.
pub struct Shelf {
    config: ShelfConfig,
    clock: Arc<dyn Clock>,
    state: Arc<watch::Sender<State>>,
}

/// Everything that changes. Whoever waits for a change subscribes to it.
#[derive(Default)]
struct State {
    published: u64,
    readers: u64,
    closed: bool,
    /// The latest events, for groups that begin at the oldest.
    recent: VecDeque<Item>,
    boards: HashMap<String, Board>,
}

impl Shelf {
    /// Makes an empty bus.
    pub fn new(config: ShelfConfig, clock: Arc<dyn Clock>) -> Self {
        let state = Arc::new(watch::Sender::default());
        Self {
            config,
            clock,
            state,
        }
    }

    /// Changes the state and wakes whoever waits.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut changed = Err(Error::permanent(ErrorKind::Closed, "the bus is closed"));
        self.state.send_modify(|state| {
            if !state.closed {
                changed = change(state);
            }
        });
        changed
    }
}

#[async_trait]
impl EventBus for Shelf {
    fn kind(&self) -> &'static str {
        ShelfConfig::KIND
    }

    fn capabilities(&self) -> BusCapabilities {
        let mut capabilities = BusCapabilities::default();
        capabilities.ordered = true;
        capabilities.delayed_retry = true;
        capabilities.competing_consumers = true;
        capabilities
    }

    async fn publish(&self, event: Arc<Event>) -> Result<Receipt> {
        let (most, arrived_at) = (self.config.most_events, self.clock.now());
        self.change(|state| {
            let mut boards = state.boards.values();
            if boards.any(|board| board.wants(&event) && board.len() >= most) {
                let message = "too many events wait for a group";
                return Err(Error::transient(ErrorKind::RateLimited, message).during("publish"));
            }
            state.published += 1;
            let position = Position {
                partition: 0,
                sequence: state.published,
            };
            let item = Item {
                event,
                arrived_at,
                position,
            };
            for board in state.boards.values_mut() {
                board.put(&item);
            }
            state.recent.truncate(most - 1);
            state.recent.push_front(item);
            Ok(Receipt::accepted(Some(position)))
        })
    }

    async fn subscribe(&self, subscription: Subscription) -> Result<Box<dyn Deliveries>> {
        self.change(|state| {
            let group = subscription.group.clone();
            let known = state.boards.contains_key(&group);
            let board = state.boards.entry(group.clone()).or_default();
            board.subjects.clone_from(&subscription.subjects);
            if !known && subscription.start == StartAt::Oldest {
                state.recent.iter().rev().for_each(|item| board.put(item));
            }
            state.readers += 1;
            let seat = Seat {
                state: Arc::clone(&self.state),
                group,
                ack_wait: subscription.ack_wait,
            };
            Ok(Box::new(Reader {
                seat,
                number: state.readers,
                most: subscription.max_in_flight.get(),
            }) as Box<dyn Deliveries>)
        })
    }

    async fn check(&self) -> Result<()> {
        self.change(|_| Ok(()))
    }

    async fn close(&self) -> Result<()> {
        self.state.send_modify(|state| state.closed = true);
        Ok(())
    }
}

/// A place at the board of a group.
#[derive(Clone)]
struct Seat {
    state: Arc<watch::Sender<State>>,
    group: String,
    ack_wait: Duration,
}

impl Seat {
    /// Returns when a delivery handed out now counts as silent; `None` means never.
    fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.ack_wait)
    }

    fn change(&self, change: impl FnOnce(&mut Board)) {
        self.state.send_modify(|state| {
            if let Some(board) = state.boards.get_mut(&self.group) {
                change(board);
            }
        });
    }
}

/// One subscription.
struct Reader {
    seat: Seat,
    number: u64,
    most: usize,
}

impl Reader {
    /// Takes what is due; `None` once the bus is closed.
    fn take(&self, most: usize) -> Option<Taken> {
        let mut taken = None;
        self.seat.state.send_if_modified(|state| {
            let board = state.boards.get_mut(&self.seat.group);
            if let Some(board) = board.filter(|_| !state.closed) {
                let most = most.min(self.most.saturating_sub(board.held_by(self.number)));
                taken = Some(board.take(self.number, most, self.seat.deadline()));
            }
            // Nobody waits for less to be there.
            false
        });
        taken
    }

    fn delivery(&self, item: Item, attempt: u32) -> Delivery {
        let meta = DeliveryMeta::new(attempt, item.arrived_at, item.position);
        let settle = Held {
            seat: self.seat.clone(),
            sequence: item.position.sequence,
            attempt,
        };
        Delivery::new(item.event, meta, Box::new(settle))
    }
}

#[async_trait]
impl Deliveries for Reader {
    async fn next(&mut self, most: usize) -> Option<Result<Vec<Delivery>>> {
        let mut changes = self.seat.state.subscribe();
        loop {
            changes.mark_unchanged();
            let taken = self.take(most)?;
            if !taken.items.is_empty() {
                let items = taken.items.into_iter();
                let batch = items.map(|(item, attempt)| self.delivery(item, attempt));
                return Some(Ok(batch.collect()));
            }
            let due = async {
                match taken.next_due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = changes.changed() => changed.ok()?,
                () = due => {}
            }
        }
    }
}

/// A delivery that is not settled yet.
struct Held {
    seat: Seat,
    sequence: u64,
    attempt: u32,
}

#[async_trait]
impl Settle for Held {
    async fn settle(self: Box<Self>, outcome: Outcome) -> Result<()> {
        self.seat.change(|board| match outcome {
            Outcome::Retry { after } => board.put_back(self.sequence, self.attempt, after),
            _ => board.remove(self.sequence, self.attempt),
        });
        Ok(())
    }

    async fn keep_alive(&self) -> Result<()> {
        let deadline = self.seat.deadline();
        self.seat
            .change(|board| board.extend(self.sequence, self.attempt, deadline));
        Ok(())
    }
}

impl Drop for Held {
    /// Brings the delivery again; after it was settled there is nothing to bring.
    fn drop(&mut self) {
        self.seat
            .change(|board| board.put_back(self.sequence, self.attempt, Duration::ZERO));
    }
}
