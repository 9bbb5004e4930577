//! Counts outcomes and prints them: one line per family, then the closing line.

use crate::{Check, Outcome, families::FAMILIES, families::WAITING, vectors};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// How many differences of a family are printed.
const SHOWN: usize = 5;

/// Sums over everything that ran.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Vectors that gave what is required, differences on purpose included.
    pub passed: usize,
    /// Vectors that did not.
    pub failed: usize,
    /// Vectors that wait for a part that is not built yet.
    pub waiting: usize,
    /// Families nobody knows.
    pub unknown: usize,
}

/// Runs the families of a directory, or the one named, and prints the report.
///
/// # Errors
/// When vectors cannot be read or the report cannot be written.
pub fn run(
    directory: &Path,
    only: Option<&str>,
    shown: Option<usize>,
    out: &mut impl Write,
) -> io::Result<Totals> {
    let mut totals = Totals::default();
    let mut seen = false;
    for family in vectors::families(directory)? {
        if only.is_some_and(|name| name != family.name) {
            continue;
        }
        seen = true;
        if let Some((_, check)) = FAMILIES.iter().find(|(name, _)| *name == family.name) {
            run_family(&family, *check, shown.unwrap_or(SHOWN), &mut totals, out)?;
        } else if let Some((_, reason)) = WAITING.iter().find(|(name, _)| *name == family.name) {
            let count = vectors::read(&family)?.len();
            totals.waiting += count;
            writeln!(out, "{} waits {count}: {reason}", family.name)?;
        } else {
            totals.unknown += 1;
            writeln!(out, "{} is an unknown family", family.name)?;
        }
    }
    if let (Some(name), false) = (only, seen) {
        totals.unknown += 1;
        writeln!(
            out,
            "{name} is an unknown family: no such file in {}",
            directory.display()
        )?;
    }
    if totals.waiting > 0 {
        writeln!(out, "waiting for later parts: {}", totals.waiting)?;
    }
    writeln!(
        out,
        "{} passed, {} failed",
        totals.passed,
        totals.failed + totals.unknown
    )?;
    Ok(totals)
}

fn run_family(
    family: &vectors::Family,
    check: Check,
    most: usize,
    totals: &mut Totals,
    out: &mut impl Write,
) -> io::Result<()> {
    let vectors = vectors::read(family)?;
    let mut passed = 0;
    let mut shown = Vec::new();
    let mut differing = BTreeMap::<&str, usize>::new();
    let mut waiting = BTreeMap::<&str, usize>::new();
    let mut failed = 0;
    for vector in &vectors {
        match guarded(check, vector) {
            Outcome::Passed => passed += 1,
            Outcome::Differs(rule) => *differing.entry(rule).or_default() += 1,
            Outcome::Waits(reason) => *waiting.entry(reason).or_default() += 1,
            Outcome::Failed { wanted, got } => {
                failed += 1;
                if shown.len() < most {
                    shown.push((vector, wanted, got));
                }
            }
        }
    }
    let on_purpose: usize = differing.values().sum();
    let waits: usize = waiting.values().sum();
    writeln!(
        out,
        "{} {}/{}",
        family.name,
        passed + on_purpose,
        vectors.len() - waits
    )?;
    for (rule, count) in differing {
        writeln!(out, "  differs on purpose {count}: {rule}")?;
    }
    for (reason, count) in waiting {
        writeln!(out, "  waits {count}: {reason}")?;
    }
    for (vector, wanted, got) in shown {
        writeln!(out, "  {}", cut(&vector.to_string()))?;
        writeln!(out, "    wanted {}", cut(&wanted))?;
        writeln!(out, "    got    {}", cut(&got))?;
    }
    totals.passed += passed + on_purpose;
    totals.failed += failed;
    totals.waiting += waits;
    Ok(())
}

/// Runs a check so that a panic in it counts as a failure of that vector alone.
fn guarded(check: Check, vector: &Value) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| check(vector)))
        .unwrap_or_else(|_| Outcome::failed("no panic", "a panic"))
}

fn cut(text: &str) -> String {
    const MOST: usize = 600;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
