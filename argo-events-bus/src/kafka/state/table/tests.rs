use super::*;
use proptest::{prelude::*, test_runner::TestRunner};

fn place(key: &str) -> Place {
    ("sensor".to_owned(), key.to_owned())
}

fn put(expected: Option<u64>) -> Wish {
    Wish::Change {
        expected,
        is_delete: false,
    }
}

fn delete(expected: u64) -> Wish {
    Wish::Change {
        expected: Some(expected),
        is_delete: true,
    }
}

/// Applies wishes of one key at offsets 0, 1, …, each with a value that tells them apart.
fn apply(table: &mut Table, wishes: Vec<Wish>) -> Vec<Verdict> {
    let apply = |(offset, wish): (i64, Wish)| {
        let value = Some(Bytes::from(offset.to_string()));
        table.apply(place("key"), offset, offset, wish, value)
    };
    (0..).zip(wishes).map(apply).collect()
}

#[test]
fn a_write_counts_only_against_the_version_it_expects() {
    let mut table = Table::default();
    let verdicts = apply(
        &mut table,
        vec![put(None), put(None), put(Some(1)), put(Some(1)), delete(3)],
    );
    use Verdict::{Lost, Won};
    assert_eq!(verdicts, [Won(1), Lost, Won(3), Lost, Won(5)]);
    assert!(table.keys("sensor", "").is_empty());
}

#[test]
fn a_record_that_lost_shadows_its_key_until_it_is_named_in_a_restatement() {
    let mut table = Table::default();
    apply(&mut table, vec![put(None), put(None), put(Some(1))]);
    assert_eq!(table.shadowed().count(), 1, "a later winner is no answer");
    let wish = Wish::Restate {
        version: 3,
        is_absent: false,
        losers: vec![1],
    };
    let verdict = table.apply(place("key"), 3, 3, wish, Some("2".into()));
    assert_eq!((verdict, table.shadowed().count()), (Verdict::Won(3), 0));
}

#[test]
fn a_deletion_is_forgotten_once_nothing_older_can_come() {
    let mut table = Table::default();
    apply(&mut table, vec![put(None), delete(1)]);
    assert!(table.cell(&place("key")).is_some());
    let later = Table::REMEMBERED_MILLIS + 1;
    table.apply(place("other"), 2, later, put(None), Some("x".into()));
    assert!(table.cell(&place("key")).is_none());
}

/// One step of a history: who does what to which key.
#[derive(Clone, Debug)]
enum Step {
    /// An actor reads a part of what it has not read.
    Read { actor: usize, count: usize },
    /// An actor writes, expecting what it knows of the key.
    Write {
        actor: usize,
        key: usize,
        is_delete: bool,
    },
    /// An actor writes, expecting that the key is absent.
    Create { actor: usize, key: usize },
    /// An actor says again what it believes to be stored under a shadowed key.
    Repair { actor: usize },
    /// Everything that lost was answered long ago; the log is compacted up to a part of it.
    Compact { share: usize },
    /// An actor forgets everything and reads from the beginning.
    Restart { actor: usize },
}

const ACTORS: usize = 3;
const KEYS: usize = 3;

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let actor = 0..ACTORS;
    let step = prop_oneof![
        4 => (actor.clone(), 1..6_usize).prop_map(|(actor, count)| Step::Read { actor, count }),
        6 => (actor.clone(), 0..KEYS, any::<bool>())
            .prop_map(|(actor, key, is_delete)| Step::Write { actor, key, is_delete }),
        3 => (actor.clone(), 0..KEYS).prop_map(|(actor, key)| Step::Create { actor, key }),
        3 => actor.clone().prop_map(|actor| Step::Repair { actor }),
        1 => (0..=4_usize).prop_map(|share| Step::Compact { share }),
        1 => actor.prop_map(|actor| Step::Restart { actor }),
    ];
    proptest::collection::vec(step, 1..120)
}

#[derive(Clone, Debug)]
struct Logged {
    offset: i64,
    place: Place,
    wish: Wish,
    value: Option<Bytes>,
}

#[derive(Debug, Default)]
struct Actor {
    table: Table,
    read: i64,
}

impl Actor {
    fn read(&mut self, log: &[Logged], count: usize) {
        let from = self.read;
        for record in log.iter().filter(|it| it.offset >= from).take(count) {
            let (place, value) = (record.place.clone(), record.value.clone());
            self.table
                .apply(place, record.offset, 0, record.wish.clone(), value);
            self.read = record.offset + 1;
        }
    }

    fn stored(&self) -> Vec<(Place, u64, Bytes)> {
        let cells = self.table.cells.iter();
        cells
            .filter_map(|(place, cell)| Some((place.clone(), cell.version, cell.value.clone()?)))
            .collect()
    }
}

/// A topic, its readers, and one reader that saw every record.
#[derive(Debug, Default)]
struct World {
    log: Vec<Logged>,
    end: i64,
    actors: [Actor; ACTORS],
    witness: Actor,
}

impl World {
    fn append(&mut self, place: Place, wish: Wish, value: Option<Bytes>) {
        let value = value.filter(|_| !wish.is_tombstone());
        let offset = self.end;
        self.end += 1;
        self.log.push(Logged {
            offset,
            place,
            wish,
            value,
        });
        self.witness.read(&self.log, usize::MAX);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Read { actor, count } => self.actors[actor].read(&self.log, count),
            Step::Write {
                actor,
                key,
                is_delete,
            } => self.write(actor, key, is_delete),
            Step::Create { actor, key } => self.create(actor, key),
            Step::Repair { actor } => self.repair(actor),
            Step::Compact { share } => self.compact(share),
            Step::Restart { actor } => {
                self.actors[actor] = Actor::default();
                // Nothing is served before all of the log was read.
                self.actors[actor].read(&self.log, usize::MAX);
            }
        }
    }

    fn value(&self) -> Option<Bytes> {
        Some(Bytes::from(self.end.to_string()))
    }

    fn write(&mut self, actor: usize, key: usize, is_delete: bool) {
        let place = place(&key.to_string());
        let cell = self.actors[actor].table.cell(&place);
        let expected = cell.and_then(|cell| cell.value.as_ref().map(|_| cell.version));
        let is_delete = is_delete && expected.is_some();
        let wish = Wish::Change {
            expected,
            is_delete,
        };
        self.append(place, wish, self.value());
    }

    /// Creates, unless the actor knows better: a store looks before it writes.
    fn create(&mut self, actor: usize, key: usize) {
        let place = place(&key.to_string());
        let cell = self.actors[actor].table.cell(&place);
        if cell.is_none_or(|cell| cell.value.is_none()) {
            self.append(place, put(None), self.value());
        }
    }

    fn repair(&mut self, actor: usize) {
        let table = &self.actors[actor].table;
        let Some(place) = table.shadowed().next().cloned() else {
            return;
        };
        let Some(cell) = table.cell(&place).cloned() else {
            return;
        };
        let wish = Wish::Restate {
            version: cell.version,
            is_absent: cell.value.is_none(),
            losers: cell.losers,
        };
        self.append(place, wish, cell.value);
    }

    /// Lets the actors read and answer everything, as they do within the lag of compaction.
    fn settle(&mut self) {
        for _ in 0..1000 {
            for actor in 0..ACTORS {
                self.actors[actor].read(&self.log, usize::MAX);
                self.repair(actor);
            }
            let is_shadowed = |actor: &Actor| actor.table.shadowed().next().is_some();
            if !self.actors.iter().any(is_shadowed) {
                return;
            }
        }
        panic!("the log is never at rest: {:?}", self.log);
    }

    /// Keeps the last record of each key of the first part of the log, as brokers do.
    fn compact(&mut self, share: usize) {
        self.settle();
        let clean_to = self.end * i64::try_from(share).unwrap_or(0) / 4;
        let mut last = std::collections::HashMap::new();
        for record in self.log.iter().filter(|it| it.offset < clean_to) {
            last.insert(record.place.clone(), record.offset);
        }
        self.log.retain(|record| {
            let is_last = last.get(&record.place) == Some(&record.offset);
            record.offset >= clean_to || (is_last && record.value.is_some())
        });
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        self.settle();
        let mut late = Actor::default();
        late.read(&self.log, usize::MAX);
        prop_assert_eq!(late.stored(), self.witness.stored(), "{:?}", self.log);
        for actor in &mut self.actors {
            actor.read(&self.log, usize::MAX);
            prop_assert_eq!(actor.stored(), self.witness.stored(), "{:?}", self.log);
        }
        Ok(())
    }
}

#[test]
fn whoever_reads_the_log_sees_the_same_values_compacted_or_not() {
    let config = ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let history = |steps: Vec<Step>| {
        let mut world = World::default();
        steps.into_iter().for_each(|step| world.step(step));
        world.check()
    };
    TestRunner::new(config).run(&steps(), history).unwrap();
}
