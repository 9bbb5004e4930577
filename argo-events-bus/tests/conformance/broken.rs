//! A bus that breaks a promise fails the case of that promise; one that breaks none passes all.

use crate::harness::{Local, Memory};
use argo_events_core::{BusCapabilities, EventBus, Result};
use argo_events_testkit::{
    bus::{self, Breach, BrokenBus, BusHarness, Case, Pace, ensure},
    store,
};
use async_trait::async_trait;
use libtest_mimic::Trial;
use std::{sync::Arc, time::Duration};

/// Breaks what another harness opens.
struct Broken<H> {
    harness: H,
    breach: Option<Breach>,
}

#[async_trait]
impl<H: BusHarness> BusHarness for Broken<H> {
    fn capabilities(&self) -> BusCapabilities {
        self.harness.capabilities()
    }

    async fn open(&self) -> Result<Arc<dyn EventBus>> {
        Ok(Arc::new(BrokenBus::new(
            self.harness.open().await?,
            self.breach,
        )))
    }

    fn pace(&self) -> Pace {
        let pace = self.harness.pace();
        // What a broken bus withholds on real files is waited for in vain.
        if pace.paused {
            pace
        } else {
            pace.patience(Duration::from_secs(2))
        }
    }
}

/// Makes a trial of every way to break a promise, and those of a bus that is wrapped but whole.
pub(crate) fn trials() -> Vec<Trial> {
    let whole = || Broken {
        harness: Memory,
        breach: None,
    };
    let mut trials = bus::trials("wrapped but whole", whole);
    trials.extend(Breach::ALL.map(|breach| {
        let name = format!(
            "{} is noticed to be broken by a bus that {breach:?}",
            breach.promise()
        );
        Trial::test(name, move || Ok(is_noticed(breach)?)).with_kind("broken")
    }));
    trials
}

fn is_noticed(breach: Breach) -> bus::Outcome {
    let cases = bus::cases().into_iter().chain(store::cases());
    let cases: Vec<_> = cases.filter(|case| case.id == breach.promise()).collect();
    let noticed = cases.iter().any(|case| verdict(*case, breach).is_err());
    ensure(noticed, format!("none of {cases:?} failed"))
}

fn verdict(case: Case, breach: Breach) -> bus::Outcome {
    match (case.unmet(Memory.capabilities()), breach) {
        (None, _) => case.run(Broken {
            harness: Memory,
            breach: Some(breach),
        }),
        // Only what is about restarts needs files.
        (Some(_), Breach::ForgetsGroups | Breach::ForgetsValues) => case.run(Broken {
            harness: Local::new(),
            breach: Some(breach),
        }),
        (Some(_), _) => Ok(()),
    }
}
