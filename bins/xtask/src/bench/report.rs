//! What was measured: pairs of `ours` and `baseline`, as a table for people or an array for programs.

use crate::command::Outcome;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

/// Pairs by the name of their group and parameters.
#[derive(Debug, Default)]
pub(super) struct Report(BTreeMap<String, Pair>);

/// Nanoseconds of each side, for one element where the benchmark says how many it handles.
#[derive(Debug, Default)]
struct Pair {
    ours: Option<f64>,
    baseline: Option<f64>,
    /// Functions of other names, which nothing can be said about.
    unknown: Vec<String>,
}

impl Pair {
    fn ratio(&self) -> Option<f64> {
        Some(self.baseline? / self.ours?)
    }
}

impl Report {
    /// Reads what criterion left in a directory.
    pub(super) fn read(results: &Path) -> Result<Self, String> {
        let mut report = Self::default();
        if results.exists() {
            report.collect(results)?;
        }
        Ok(report)
    }

    fn collect(&mut self, directory: &Path) -> Outcome {
        let shown = |error| format!("{}: {error}", directory.display());
        for entry in fs::read_dir(directory).map_err(shown)? {
            let path = entry.map_err(shown)?.path();
            if path.ends_with("new") {
                self.add(&path);
            } else if path.is_dir() {
                self.collect(&path)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, directory: &Path) {
        let file = |name: &str| -> Option<Value> {
            serde_json::from_str(&fs::read_to_string(directory.join(name)).ok()?).ok()
        };
        let (Some(benchmark), Some(estimates)) = (file("benchmark.json"), file("estimates.json"))
        else {
            return;
        };
        let Some(nanoseconds) = estimates["median"]["point_estimate"].as_f64() else {
            return;
        };
        let elements = benchmark["throughput"]["Elements"].as_f64().unwrap_or(1.0);
        let text = |key: &str| benchmark[key].as_str().unwrap_or_default();
        let name = [text("group_id"), text("value_str")].join("/");
        let pair = self
            .0
            .entry(name.trim_end_matches('/').to_owned())
            .or_default();
        match text("function_id") {
            "ours" => pair.ours = Some(nanoseconds / elements),
            "baseline" => pair.baseline = Some(nanoseconds / elements),
            other => pair.unknown.push(other.to_owned()),
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&str, f64, Option<f64>, Option<f64>)> {
        let rows = self.0.iter();
        rows.filter_map(|(name, pair)| Some((&**name, pair.ours?, pair.baseline, pair.ratio())))
    }

    /// Shows the pairs to people.
    pub(super) fn as_table(&self) -> String {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |it| format!("{it:.0}"));
        let mut lines = vec![format!(
            "{:<52} {:>12} {:>12} {:>7}",
            "benchmark", "ours ns", "baseline ns", "ratio"
        )];
        for (name, ours, baseline, ratio) in self.rows() {
            let (ours, baseline) = (number(Some(ours)), number(baseline));
            let ratio = ratio.map_or("-".to_owned(), |it| format!("{it:.2}"));
            lines.push(format!("{name:<52} {ours:>12} {baseline:>12} {ratio:>7}"));
        }
        lines.push("ratio: our throughput over the baseline's, in the same run".to_owned());
        lines.join("\n")
    }

    /// Shows the pairs to programs.
    pub(super) fn as_array(&self) -> String {
        let array: Vec<Value> = self
            .rows()
            .map(|(name, ours, baseline, ratio)| {
                json!({"name": name, "ours": ours, "baseline": baseline, "unit": "ns", "ratio": ratio})
            })
            .collect();
        Value::Array(array).to_string()
    }

    /// Names what is no pair of `ours` and `baseline`, so that it has no ratio or no row at all.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, pair) in &self.0 {
            let unknown = pair.unknown.iter();
            faults.extend(unknown.map(|it| format!("{name}: {it:?} is neither ours nor baseline")));
            if pair.unknown.is_empty() && pair.ratio().is_none() {
                faults.push(format!("{name}: has no other side to be compared with"));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_behind(benches: &[(&str, &str, f64, u64)]) -> Report {
        let results = tempfile::tempdir().unwrap();
        for (group, function, nanoseconds, elements) in benches {
            let directory = results.path().join(group).join(function).join("2/new");
            fs::create_dir_all(&directory).unwrap();
            let benchmark = json!({
                "group_id": group, "function_id": function, "value_str": "2",
                "throughput": {"Elements": elements},
            });
            let estimates = json!({"median": {"point_estimate": nanoseconds}});
            fs::write(directory.join("benchmark.json"), benchmark.to_string()).unwrap();
            fs::write(directory.join("estimates.json"), estimates.to_string()).unwrap();
        }
        Report::read(results.path()).unwrap()
    }

    #[test]
    fn a_pair_becomes_a_ratio_of_throughputs_per_element() {
        let report = left_behind(&[("a", "ours", 2000.0, 10), ("a", "baseline", 1000.0, 10)]);
        let wanted =
            json!([{"name": "a/2", "ours": 200.0, "baseline": 100.0, "unit": "ns", "ratio": 0.5}]);
        assert_eq!(report.as_array(), wanted.to_string());
        assert!(report.faults().is_empty());
    }

    #[test]
    fn what_is_no_pair_is_named() {
        let report = left_behind(&[("a", "ours", 1.0, 1), ("b", "fast", 1.0, 1)]);
        let faults = report.faults().join("; ");
        assert!(faults.contains("a/2: has no other side"), "{faults}");
        assert!(faults.contains("\"fast\" is neither"), "{faults}");
    }
}
