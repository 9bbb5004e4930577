//! The records of a lane: what each trigger's resolver wrote, under the trigger's name and meaning.
//!
//! A record is a head and then entries. A trigger is introduced once per process or snapshot, with its
//! meaning; its changes follow under a number. An introduction with another meaning
//! begins anew: what was written under the old one has been taken over by then.

use super::{
    bytes::{Reader, invalid, put_bytes, put_count},
    journal::Journal,
    plan::{Meaning, TriggerPlan},
};
use argo_events_core::{Result, resolver::Shape};
use bytes::Bytes;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

const VERSION: u8 = 1;
const INTRODUCTION: u8 = 1;
const CHANGES: u8 = 2;
const GONE: u8 = 3;

/// Appends what each record of a lane begins with.
pub(crate) fn put_head(out: &mut Vec<u8>, everything: bool) {
    out.extend([VERSION, u8::from(everything)]);
}

/// Appends a trigger's name and meaning, and the number that stands for them from now on.
pub(crate) fn put_introduction(out: &mut Vec<u8>, trigger: usize, plan: &TriggerPlan) {
    out.push(INTRODUCTION);
    put_count(out, trigger);
    put_bytes(out, plan.shape.trigger.as_bytes());
    out.extend(plan.meaning.trigger.to_le_bytes());
    put_count(out, plan.shape.dependencies.len());
    let meanings = plan
        .meaning
        .dependencies
        .iter()
        .copied()
        .chain(std::iter::repeat(0));
    for (name, meaning) in plan.shape.dependencies.iter().zip(meanings) {
        put_bytes(out, name.as_bytes());
        out.extend(meaning.to_le_bytes());
    }
}

/// Appends what a trigger's resolver wrote.
pub(crate) fn put_changes(out: &mut Vec<u8>, trigger: usize, record: &[u8]) {
    out.push(CHANGES);
    put_count(out, trigger);
    put_bytes(out, record);
}

/// Appends that there is no trigger of this name any more.
pub(crate) fn put_gone(out: &mut Vec<u8>, name: &str) {
    out.push(GONE);
    put_bytes(out, name.as_bytes());
}

/// What was not taken over from records, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// Each thing that was dropped.
    pub dropped: Vec<Dropped>,
    /// Firings of changed triggers that are still open under their old names.
    pub adopted: usize,
}

/// Something that records hold and that has no place any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dropped {
    /// There is no trigger of this name.
    Trigger {
        /// Its name.
        trigger: String,
        /// Firings that were open and will not be executed, if its resolver was one of ours.
        open: Option<usize>,
    },
    /// The trigger's condition or join changed, so what waited there means nothing now.
    Waiting {
        /// Its name.
        trigger: String,
    },
    /// The dependency changed, so its events that waited are not what it asks for now.
    Dependency {
        /// The trigger's name.
        trigger: String,
        /// The dependency's name.
        dependency: String,
        /// Events that waited.
        events: usize,
    },
}

/// What records say, sorted by trigger; only what was written under its last meaning.
#[derive(Debug, Default)]
pub(crate) struct Epochs {
    by_name: BTreeMap<String, Epoch>,
    /// The names behind the numbers of the record's writer.
    numbers: HashMap<u64, String>,
}

/// What was written of a trigger since it got its meaning.
#[derive(Debug)]
pub(crate) struct Epoch {
    meaning: Meaning,
    dependencies: Vec<String>,
    records: Vec<Bytes>,
}

impl Epochs {
    pub(crate) fn read(&mut self, record: &Bytes) -> Result<()> {
        let mut reader = Reader::new(record);
        match reader.byte()? {
            VERSION if reader.flag()? => *self = Self::default(),
            VERSION => {}
            other => return Err(invalid(&format!("version {other} is unknown"))),
        }
        while !reader.is_empty() {
            match reader.byte()? {
                INTRODUCTION => self.introduce(&mut reader)?,
                CHANGES => self.change(&mut reader)?,
                GONE => drop(self.by_name.remove(&reader.text()?)),
                other => return Err(invalid(&format!("entry {other} is unknown"))),
            }
        }
        Ok(())
    }

    fn introduce(&mut self, reader: &mut Reader) -> Result<()> {
        let number = reader.number()?;
        let name = reader.text()?;
        let epoch = Epoch::introduce(reader)?;
        self.numbers.insert(number, name.clone());
        match self.by_name.get_mut(&name) {
            Some(known) if known.continues(&epoch) => known.meaning = epoch.meaning,
            _ => drop(self.by_name.insert(name, epoch)),
        }
        Ok(())
    }

    fn change(&mut self, reader: &mut Reader) -> Result<()> {
        let (number, record) = (reader.number()?, reader.bytes()?);
        let name = self.numbers.get(&number);
        let epoch = name.and_then(|name| self.by_name.get_mut(name));
        let epoch = epoch.ok_or_else(|| invalid("a trigger was not introduced"))?;
        epoch.records.push(record);
        Ok(())
    }

    pub(crate) fn take(&mut self, trigger: &str) -> Option<Epoch> {
        self.by_name.remove(trigger)
    }

    /// Reports what nobody took, and returns the names.
    pub(crate) fn rest(self, restored: &mut Restored) -> Vec<String> {
        for (name, epoch) in &self.by_name {
            let shape = epoch.shape(String::new(), name.clone());
            let mut journal = Journal::new(Arc::clone(&shape));
            let read = journal.adopt(&shape, &epoch.records);
            let open = read.is_ok().then(|| journal.firings().count());
            restored.dropped.push(Dropped::Trigger {
                trigger: name.clone(),
                open,
            });
        }
        self.by_name.into_keys().collect()
    }
}

impl Epoch {
    fn introduce(reader: &mut Reader) -> Result<Self> {
        let trigger = reader.fixed()?;
        let count = reader.count()?;
        let (mut dependencies, mut meanings) = (Vec::new(), Vec::new());
        for _ in 0..count {
            dependencies.push(reader.text()?);
            meanings.push(reader.fixed()?);
        }
        let meaning = Meaning {
            trigger,
            dependencies: meanings,
        };
        Ok(Self {
            meaning,
            dependencies,
            records: Vec::new(),
        })
    }

    /// Tells whether records of the other one go on where those of this one end.
    fn continues(&self, other: &Self) -> bool {
        self.meaning.trigger == other.meaning.trigger && self.dependencies == other.dependencies
    }

    fn shape(&self, sensor: String, trigger: String) -> Arc<Shape> {
        Arc::new(Shape {
            sensor,
            trigger,
            dependencies: self.dependencies.clone(),
        })
    }

    /// Gives the records to the trigger of their name, as far as they still mean something to it.
    pub(crate) fn restore(self, plan: &mut TriggerPlan, restored: &mut Restored) -> Result<()> {
        let trigger = &plan.shape.trigger;
        if self.meaning.trigger != plan.meaning.trigger
            || self.dependencies != plan.shape.dependencies
        {
            let shape = self.shape(plan.shape.sensor.clone(), trigger.clone());
            plan.resolver.adopt(&shape, &self.records)?;
            restored.adopted += plan.resolver.open().len();
            restored.dropped.push(Dropped::Waiting {
                trigger: trigger.clone(),
            });
            return Ok(());
        }
        for record in &self.records {
            plan.resolver.restore(record)?;
        }
        self.forget_changed(plan, restored);
        Ok(())
    }

    fn forget_changed(&self, plan: &mut TriggerPlan, restored: &mut Restored) {
        let meanings = self
            .meaning
            .dependencies
            .iter()
            .zip(&plan.meaning.dependencies);
        for (place, (old, new)) in (0..).zip(meanings) {
            if old == new {
                continue;
            }
            let before = plan.resolver.pending();
            plan.resolver.forget(place);
            restored.dropped.push(Dropped::Dependency {
                trigger: plan.shape.trigger.clone(),
                dependency: self.dependencies[usize::from(place)].clone(),
                events: before - plan.resolver.pending(),
            });
        }
    }
}
