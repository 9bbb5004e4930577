//! `cargo xtask bench`: runs the benchmarks and prints each beside the baseline of the same run.
//!
//! A benchmark group has two functions, `ours` and `baseline`, with the same parameters; criterion's
//! own result files are read. Absolute times depend on the machine, so only ratios mean anything.

use crate::command::{self, Outcome, cargo, root};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

#[derive(Default)]
struct Pair {
    ours: Option<f64>,
    baseline: Option<f64>,
}

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (as_json, filter) = parse(arguments)?;
    let results = root().join("target/criterion");
    if results.exists() {
        fs::remove_dir_all(&results).map_err(|error| format!("{}: {error}", results.display()))?;
    }
    let mut command = cargo(&[
        "bench",
        "--quiet",
        "--package",
        "argo-events",
        "--all-features",
        "--",
    ]);
    command
        .args(filter)
        .env("CARGO_TARGET_DIR", root().join("target"));
    // Progress goes to standard error, so that standard output holds the table alone.
    let progress = command::output(&mut command)?;
    eprintln!("{progress}");
    let mut pairs = BTreeMap::new();
    collect(&results, &mut pairs)?;
    command::say(&if as_json {
        as_array(&pairs)
    } else {
        as_table(&pairs)
    });
    Ok(())
}

fn parse(arguments: &[String]) -> Result<(bool, Option<&String>), String> {
    let (mut as_json, mut filter) = (false, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--output" if words.next().is_some_and(|format| format == "json") => as_json = true,
            "--output" => return Err("--output takes json".to_owned()),
            _ => filter = Some(word),
        }
    }
    Ok((as_json, filter))
}

fn collect(directory: &Path, pairs: &mut BTreeMap<String, Pair>) -> Outcome {
    let entries =
        fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    for path in entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
    {
        if path.file_name().is_some_and(|name| name == "new") {
            read(&path, pairs);
        } else {
            collect(&path, pairs)?;
        }
    }
    Ok(())
}

fn read(directory: &Path, pairs: &mut BTreeMap<String, Pair>) {
    let file = |name: &str| -> Option<Value> {
        serde_json::from_str(&fs::read_to_string(directory.join(name)).ok()?).ok()
    };
    let (Some(benchmark), Some(estimates)) = (file("benchmark.json"), file("estimates.json"))
    else {
        return;
    };
    let text = |key: &str| benchmark[key].as_str().unwrap_or_default();
    let Some(nanoseconds) = estimates["median"]["point_estimate"].as_f64() else {
        return;
    };
    let name = [text("group_id"), text("value_str")].join("/");
    let pair = pairs
        .entry(name.trim_end_matches('/').to_owned())
        .or_default();
    match text("function_id") {
        "ours" => pair.ours = Some(nanoseconds),
        "baseline" => pair.baseline = Some(nanoseconds),
        _ => {}
    }
}

fn rows(pairs: &BTreeMap<String, Pair>) -> impl Iterator<Item = (&str, f64, Option<f64>)> {
    pairs
        .iter()
        .filter_map(|(name, pair)| Some((name.as_str(), pair.ours?, pair.baseline)))
}

fn as_table(pairs: &BTreeMap<String, Pair>) -> String {
    let mut lines = vec![format!(
        "{:<52} {:>14} {:>14} {:>7}",
        "benchmark", "ours ns", "baseline ns", "ratio"
    )];
    for (name, ours, baseline) in rows(pairs) {
        lines.push(match baseline {
            Some(baseline) => {
                format!(
                    "{name:<52} {ours:>14.0} {baseline:>14.0} {:>7.2}",
                    baseline / ours
                )
            }
            None => format!("{name:<52} {ours:>14.0} {:>14} {:>7}", "-", "-"),
        });
    }
    lines.push("ratio: our throughput over the baseline's, in the same run".to_owned());
    lines.join("\n")
}

fn as_array(pairs: &BTreeMap<String, Pair>) -> String {
    let array: Vec<Value> = rows(pairs)
        .map(|(name, ours, baseline)| {
            let ratio = baseline.map(|baseline| baseline / ours);
            json!({"name": name, "ours": ours, "baseline": baseline, "unit": "ns", "ratio": ratio})
        })
        .collect();
    Value::Array(array).to_string()
}
