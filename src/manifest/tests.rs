//! What users see of manifests that are wrong.

use super::*;
use argo_events_core::Severity;

fn sensor(spec: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Sensor\nmetadata: {{ name: orders }}\nspec:\n{spec}"
    )
}
