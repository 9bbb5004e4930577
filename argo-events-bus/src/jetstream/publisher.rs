//! Messages on their way to a stream, and the inbox their acknowledgements come to.
//!
//! One subscription takes all acknowledgements; each message waits in a slot of a table, which its
//! reply subject names. Acknowledgements are handed out as many at a time as came together.
//! When and how often to try again is the business of those who publish.

use super::{
    api::{PubAck, Refusal},
    lock,
};
use async_nats::{Client, HeaderMap, Message, StatusCode, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use std::{
    fmt::{self, Write as _},
    mem,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// How long an acknowledgement may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether one took longer.
const TICK: Duration = Duration::from_millis(500);
/// How often it is looked whether all have come.
const LOOK: Duration = Duration::from_millis(5);
/// Most acknowledgements that are handed out at a time.
const BATCH: usize = 256;

/// Sends messages and waits for their acknowledgements.
pub(super) struct Publisher {
    client: Client,
    /// What reply subjects begin with.
    inbox: String,
    table: Arc<Mutex<Table>>,
}

#[derive(Default)]
struct Table {
    slots: Vec<Slot>,
    free: Vec<usize>,
    is_closed: bool,
}

struct Slot {
    /// Tells this use of the slot from earlier ones.
    turn: u32,
    state: State,
}

impl Slot {
    fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }
}

enum State {
    Free,
    Waiting {
        since: Instant,
        waker: Option<Waker>,
    },
    Done(Result<Bytes, Refusal>),
}

impl Publisher {
    /// Makes a publisher, and the task that its acknowledgements need.
    pub(super) async fn new(
        client: Client,
    ) -> Result<(Self, impl Future<Output = ()> + Send), Refusal> {
        let inbox = format!("{}.", client.new_inbox());
        let answers = client
            .subscribe(format!("{inbox}*"))
            .await
            .map_err(|error| Refusal::Broken(error.to_string()))?;
        let table = Arc::new(Mutex::new(Table::default()));
        let task = receive(answers, inbox.len(), Arc::clone(&table));
        Ok((
            Self {
                client,
                inbox,
                table,
            },
            task,
        ))
    }

    /// Sends a message and waits until the stream has it.
    ///
    /// # Cancel safety
    /// A dropped future may or may not have sent the message.
    pub(super) async fn send(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<PubAck, Refusal> {
        let mut answer = self.begin();
        let mut reply = String::with_capacity(self.inbox.len() + 16);
        reply.push_str(&self.inbox);
        // Writing to a string cannot fail.
        let _ = write!(reply, "{:x}", answer.token());
        let sent = self
            .client
            .publish_with_reply_and_headers(subject, reply, headers, payload);
        tokio::select! {
            biased;
            sent = sent => sent.map_err(|error| Refusal::Broken(error.to_string()))?,
            // Without a connection there may be no room to wait for one.
            early = &mut answer => return read(&early?),
        }
        read(&answer.await?)
    }

    /// Waits until nobody waits for an acknowledgement.
    pub(super) async fn idle(&self) {
        while lock(&self.table).slots.iter().any(Slot::is_waiting) {
            sleep(LOOK).await;
        }
    }

    /// Ends all waiting, also that of those who come later.
    pub(super) fn end(&self) {
        lock(&self.table).is_closed = true;
        self.interrupt();
    }

    /// Tells everybody who waits that the connection was lost, and their acknowledgement maybe with it.
    pub(super) fn interrupt(&self) {
        expire(&self.table, |_| true);
    }

    fn begin(&self) -> Answer {
        let mut table = lock(&self.table);
        let index = table.free.pop().unwrap_or_else(|| {
            let state = State::Free;
            table.slots.push(Slot { turn: 0, state });
            table.slots.len() - 1
        });
        let table = &mut *table;
        let slot = &mut table.slots[index];
        slot.turn = slot.turn.wrapping_add(1);
        slot.state = if table.is_closed {
            State::Done(Err(Refusal::Broken("the bus is closed".to_owned())))
        } else {
            let (since, waker) = (Instant::now(), None);
            State::Waiting { since, waker }
        };
        let turn = slot.turn;
        Answer {
            table: Arc::clone(&self.table),
            index,
            turn,
        }
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Publisher").finish_non_exhaustive()
    }
}

fn read(payload: &[u8]) -> Result<PubAck, Refusal> {
    super::api::read(payload)
}

/// An acknowledgement that is waited for; its slot is free again when it is dropped.
struct Answer {
    table: Arc<Mutex<Table>>,
    index: usize,
    turn: u32,
}

impl Answer {
    fn token(&self) -> u64 {
        (u64::from(self.turn) << 32) | self.index as u64
    }
}

impl Future for Answer {
    type Output = Result<Bytes, Refusal>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut table = lock(&self.table);
        match &mut table.slots[self.index].state {
            State::Waiting { waker, .. } => {
                match waker {
                    Some(waker) => waker.clone_from(context.waker()),
                    None => *waker = Some(context.waker().clone()),
                }
                Poll::Pending
            }
            state => match mem::replace(state, State::Free) {
                State::Done(outcome) => Poll::Ready(outcome),
                _ => Poll::Ready(Err(Refusal::Broken("asked again after the end".to_owned()))),
            },
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        table.slots[self.index].state = State::Free;
        table.free.push(self.index);
    }
}

async fn receive(answers: Subscriber, prefix: usize, table: Arc<Mutex<Table>>) {
    let mut answers = answers.ready_chunks(BATCH);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            batch = answers.next() => match batch {
                Some(batch) => hand_out(&table, prefix, batch),
                None => break,
            },
            now = ticks.tick() => expire(&table, |since| now.duration_since(since) > PATIENCE),
        }
    }
    expire(&table, |_| true);
}

fn hand_out(table: &Mutex<Table>, prefix: usize, batch: Vec<Message>) {
    let mut wakers = Vec::with_capacity(batch.len());
    let mut locked = lock(table);
    for message in batch {
        let token = message.subject.as_str().get(prefix..);
        let Some(token) = token.and_then(|token| u64::from_str_radix(token, 16).ok()) else {
            continue;
        };
        let outcome = match message.status {
            Some(StatusCode::NO_RESPONDERS) => Err(Refusal::NoResponders),
            _ => Ok(message.payload),
        };
        wakers.extend(locked.finish(token, outcome));
    }
    drop(locked);
    wakers.into_iter().for_each(Waker::wake);
}

fn expire(table: &Mutex<Table>, is_over: impl Fn(Instant) -> bool) {
    let mut wakers = Vec::new();
    for slot in &mut lock(table).slots {
        if let State::Waiting { since, waker } = &mut slot.state
            && is_over(*since)
        {
            wakers.extend(waker.take());
            slot.state = State::Done(Err(Refusal::Silent));
        }
    }
    wakers.into_iter().for_each(Waker::wake);
}

impl Table {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a token holds two numbers of 32 bits"
    )]
    fn finish(&mut self, token: u64, outcome: Result<Bytes, Refusal>) -> Option<Waker> {
        let (turn, index) = ((token >> 32) as u32, token as u32 as usize);
        let slot = self.slots.get_mut(index).filter(|slot| slot.turn == turn)?;
        let State::Waiting { waker, .. } = &mut slot.state else {
            return None;
        };
        let waker = waker.take();
        slot.state = State::Done(outcome);
        waker
    }
}
