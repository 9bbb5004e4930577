//! Orders that are posted all the time, and what is seen of them and of the clocks meanwhile.

use crate::{SHOP, desk::Desk};
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kube::{
    ResourceExt as _,
    api::{ListParams, PartialObjectMeta},
};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    future::Future,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, interval, sleep, timeout},
};

/// How often an order is posted, and how often it is looked what came of them.
const PACE: Duration = Duration::from_millis(250);
const GLANCE: Duration = Duration::from_millis(100);
/// How long everything flows before something happens, and after it flows again.
const CALM: Duration = Duration::from_secs(2);
/// How long a post may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts orders for the whole run, with numbers of their own.
pub(super) struct Flow<'a> {
    desk: &'a Desk,
    service: String,
    next: Cell<u32>,
    posted: RefCell<BTreeMap<u32, Instant>>,
    refused: Cell<u32>,
    seen: RefCell<Seen>,
}

/// What came of orders and clocks: names of objects are new when they are seen first.
#[derive(Default)]
struct Seen {
    names: BTreeSet<String>,
    orders: BTreeMap<u32, Instant>,
    twice: u32,
    /// By the name of its source: when the last second was seen, and the longest time without one.
    clocks: BTreeMap<String, Clock>,
}

struct Clock {
    /// The seconds that were seen, as the clock says them.
    seconds: BTreeSet<String>,
    last: Instant,
    longest: Duration,
}

/// How long things had to wait while something happened.
pub(super) struct Waited {
    /// The longest that an order took.
    pub(super) order: Duration,
    /// The longest time without a second of each clock.
    pub(super) clocks: BTreeMap<String, Duration>,
    /// How many posts were not taken.
    pub(super) refused: u32,
}

impl<'a> Flow<'a> {
    /// Finds out where to post.
    pub(super) async fn new(desk: &'a Desk) -> Self {
        let services = desk.all::<Service>(SHOP);
        let service = services.get("orders-eventsource-svc").await.unwrap();
        let address = service.spec.unwrap().cluster_ip.unwrap();
        Self {
            desk,
            service: format!("{address}:12000"),
            next: Cell::default(),
            posted: RefCell::default(),
            refused: Cell::default(),
            seen: RefCell::default(),
        }
    }

    /// Lets everything flow, does something to it, and returns how long things waited when all orders
    /// that were posted have come through.
    pub(super) async fn during(&self, disturbance: impl Future<Output = ()>) -> Waited {
        for clock in self.seen.borrow_mut().clocks.values_mut() {
            // What was between the disturbances does not count.
            (clock.last, clock.longest) = (Instant::now(), Duration::ZERO);
        }
        let (first, refused) = (self.next.get(), self.refused.get());
        let (is_over, is_posted) = (Cell::new(false), Cell::new(false));
        let happen = async {
            sleep(CALM).await;
            disturbance.await;
            self.flows_again().await;
            sleep(CALM).await;
            is_over.set(true);
        };
        let post = async {
            self.post_until(&is_over).await;
            is_posted.set(true);
        };
        tokio::join!(happen, post, self.look_until(&is_posted));
        self.waited(first, refused)
    }

    /// Waits until an order that was posted by now is through, and another second of each clock.
    async fn flows_again(&self) {
        let (number, now) = (self.next.get(), Instant::now());
        loop {
            {
                let seen = self.seen.borrow();
                let is_through = seen.orders.keys().any(|order| *order >= number);
                if is_through && seen.clocks.values().all(|clock| clock.last > now) {
                    return;
                }
            }
            sleep(GLANCE).await;
        }
    }

    async fn post_until(&self, is_over: &Cell<bool>) {
        let mut pace = interval(PACE);
        while !is_over.get() {
            pace.tick().await;
            let number = self.next.replace(self.next.get() + 1);
            let began = Instant::now();
            let is_taken = self.post("paid", number).await && self.post("shipped", number).await;
            match is_taken {
                true => drop(self.posted.borrow_mut().insert(number, began)),
                false => self.refused.set(self.refused.get() + 1),
            }
        }
    }

    /// Posts one half of an order over a connection of its own; tells whether it was taken.
    pub(super) async fn post(&self, what: &str, number: u32) -> bool {
        let body = format!("{{\"order\": \"{number}\"}}");
        let request = format!(
            "POST /{what} HTTP/1.1\r\nHost: orders\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let answer = timeout(PATIENCE, async {
            let mut stream = TcpStream::connect(&self.service).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer)
        });
        matches!(answer.await, Ok(Ok(answer)) if answer.starts_with("HTTP/1.1 200"))
    }

    async fn look_until(&self, is_posted: &Cell<bool>) {
        while !is_posted.get() || !self.is_through() {
            self.look().await;
            sleep(GLANCE).await;
        }
    }

    fn is_through(&self) -> bool {
        let (posted, seen) = (self.posted.borrow(), self.seen.borrow());
        posted.keys().all(|number| seen.orders.contains_key(number))
    }

    async fn look(&self) {
        let maps = self.desk.all::<ConfigMap>(SHOP);
        let made = ListParams::default().labels("from");
        // Served from memory: what was written a moment ago is seen at the next glance.
        let found = maps.list_metadata(&made.match_any()).await;
        let mut seen = self.seen.borrow_mut();
        for map in found.map(|list| list.items).unwrap_or_default() {
            seen.take(&map);
        }
    }

    fn waited(&self, first: u32, refused: u32) -> Waited {
        let (posted, seen) = (self.posted.borrow(), self.seen.borrow());
        assert_eq!(
            seen.twice, 0,
            "orders that were closed, and seconds that ticked twice"
        );
        let waits = posted.range(first..).map(|(number, began)| {
            let done = seen.orders[number];
            done.duration_since(*began)
        });
        let clocks = seen.clocks.iter();
        Waited {
            order: waits.max().unwrap_or_default(),
            clocks: clocks
                .map(|(name, it)| (name.clone(), it.longest))
                .collect(),
            refused: self.refused.get() - refused,
        }
    }

    /// Returns how many objects a source has led to.
    pub(super) async fn count(&self, from: &str) -> usize {
        let label = format!("from={from}");
        self.desk.labelled::<ConfigMap>(SHOP, &label).await.len()
    }

    /// Returns how many orders were posted.
    pub(super) fn posted(&self) -> usize {
        self.posted.borrow().len()
    }
}

impl Seen {
    fn take(&mut self, map: &PartialObjectMeta<ConfigMap>) {
        if !self.names.insert(map.name_any()) {
            return;
        }
        let (labels, now) = (map.labels(), Instant::now());
        if let Some(number) = labels.get("number").and_then(|it| it.parse().ok()) {
            let before = self.orders.insert(number, now);
            self.twice += u32::from(before.is_some());
        } else if let Some(from) = labels.get("from").filter(|it| it.starts_with("clock")) {
            let clock = self.clocks.entry(from.clone());
            let clock = clock.or_insert(Clock {
                seconds: BTreeSet::new(),
                last: now,
                longest: Duration::ZERO,
            });
            let second = map.annotations().get("at").cloned().unwrap_or_default();
            self.twice += u32::from(!clock.seconds.insert(second));
            clock.longest = clock.longest.max(now - clock.last);
            clock.last = now;
        }
    }
}
