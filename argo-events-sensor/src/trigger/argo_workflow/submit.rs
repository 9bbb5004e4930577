//! What is submitted: a workflow with the changes that flags ask for, or one made of a template.

use super::{
    arguments::{SubmitOptions, invalid},
    change::remove_labels,
    nodes::text,
};
use argo_events_core::Result;
use serde_json::{Map, Value, json};

pub(super) const SCHEDULED_TIME: &str = "workflows.argoproj.io/scheduled-time";
pub(super) const API_VERSION: &str = "argoproj.io/v1alpha1";
const INSTANCE: &str = "workflows.argoproj.io/controller-instanceid";
/// Who made a workflow; nobody is known here.
const CREATORS: [&str; 4] = [
    "workflows.argoproj.io/creator",
    "workflows.argoproj.io/creator-email",
    "workflows.argoproj.io/creator-preferred-username",
    "workflows.argoproj.io/action",
];

/// What a workflow can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Cron,
    Template,
    ClusterTemplate,
}

impl Origin {
    /// Reads a kind as a manifest names it, in whatever case.
    ///
    /// # Errors
    /// For other kinds.
    pub(super) fn of_kind(kind: &str) -> Result<Self> {
        match kind.to_lowercase().as_str() {
            "cronworkflow" => Ok(Self::Cron),
            "workflowtemplate" => Ok(Self::Template),
            _ => Err(invalid(format!(
                "nothing can be submitted from kind {kind:?}; use WorkflowTemplate or CronWorkflow"
            ))),
        }
    }

    /// Reads a kind as `--from` names it.
    ///
    /// # Errors
    /// For other kinds.
    pub(super) fn of_flag(kind: &str) -> Result<Self> {
        match kind {
            "CronWorkflow" | "cronworkflow" | "cronworkflows" | "cronwf" => Ok(Self::Cron),
            "WorkflowTemplate" | "workflowtemplate" | "workflowtemplates" | "wftmpl" => {
                Ok(Self::Template)
            }
            "ClusterWorkflowTemplate"
            | "clusterworkflowtemplate"
            | "clusterworkflowtemplates"
            | "cwftmpl" => Ok(Self::ClusterTemplate),
            _ => Err(invalid(format!(
                "nothing can be submitted from kind {kind:?}"
            ))),
        }
    }

    /// Returns the name in paths, and whether its objects live in namespaces.
    pub(super) fn resource(self) -> (&'static str, bool) {
        match self {
            Self::Cron => ("cronworkflows", true),
            Self::Template => ("workflowtemplates", true),
            Self::ClusterTemplate => ("clusterworkflowtemplates", false),
        }
    }

    /// Makes a workflow of an object of this kind.
    pub(super) fn workflow(self, of: &Value, now: &str) -> Value {
        match self {
            Self::Cron => from_cron(of, now),
            Self::Template => from_template(of, "workflow-template", false),
            Self::ClusterTemplate => from_template(of, "cluster-workflow-template", true),
        }
    }
}

fn from_template(template: &Value, label: &str, is_cluster_wide: bool) -> Value {
    let name = text(&template["metadata"], "name");
    let label = format!("workflows.argoproj.io/{label}");
    let mut reference = json!({ "name": name });
    if is_cluster_wide {
        reference["clusterScope"] = true.into();
    }
    json!({
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": {"generateName": format!("{name}-"), "labels": {(label): name}},
        "spec": {"workflowTemplateRef": reference},
    })
}

fn from_cron(cron: &Value, now: &str) -> Value {
    let (metadata, added) = (&cron["metadata"], &cron["spec"]["workflowMetadata"]);
    let name = text(metadata, "name");
    let mut labels = Map::new();
    if let Some(instance) = metadata["labels"].get(INSTANCE) {
        labels.insert(INSTANCE.to_owned(), instance.clone());
    }
    labels.insert(
        "workflows.argoproj.io/cron-workflow".to_owned(),
        name.into(),
    );
    let mut annotations = Map::from_iter([(SCHEDULED_TIME.to_owned(), now.into())]);
    extend(&mut labels, &added["labels"]);
    extend(&mut annotations, &added["annotations"]);
    let owner = json!({
        "apiVersion": API_VERSION, "kind": "CronWorkflow", "name": name, "uid": metadata["uid"],
        "controller": true, "blockOwnerDeletion": true,
    });
    let mut workflow = json!({
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": {
            "generateName": format!("{name}-"), "labels": labels, "annotations": annotations,
            "ownerReferences": [owner],
        },
        "spec": cron["spec"]["workflowSpec"],
    });
    if added["finalizers"].is_array() {
        workflow["metadata"]["finalizers"] = added["finalizers"].clone();
    }
    workflow
}

fn extend(members: &mut Map<String, Value>, with: &Value) {
    for (name, value) in with.as_object().into_iter().flatten() {
        members.insert(name.clone(), value.clone());
    }
}

impl SubmitOptions {
    /// Changes a workflow before it is submitted.
    pub(super) fn apply(&self, workflow: &mut Value) {
        let set = |workflow: &mut Value, within: &str, name: &str, value: &str| {
            if !value.is_empty() {
                part(workflow, within)[name] = value.into();
            }
        };
        set(workflow, "spec", "entrypoint", &self.entrypoint);
        set(
            workflow,
            "spec",
            "serviceAccountName",
            &self.service_account,
        );
        if let Some(priority) = self.priority {
            part(workflow, "spec")["priority"] = priority.into();
        }
        override_parameters(workflow, &self.parameters);
        remove_labels(workflow, &CREATORS);
        let instance = (INSTANCE.to_owned(), self.instance_id.clone());
        let instance = Some(instance).filter(|(_, id)| !id.is_empty());
        let labels: Vec<_> = self.labels.iter().cloned().chain(instance).collect();
        mark(workflow, "labels", &labels);
        mark(workflow, "annotations", &self.annotations);
        set(workflow, "metadata", "generateName", &self.generate_name);
        set(workflow, "metadata", "name", &self.name);
    }
}

/// Returns a member to change it; what is no map becomes an empty one.
fn part<'a>(value: &'a mut Value, name: &str) -> &'a mut Value {
    if !value.is_object() {
        *value = json!({});
    }
    let part = &mut value[name];
    if !part.is_object() {
        *part = json!({});
    }
    part
}

/// Adds labels or annotations.
fn mark(workflow: &mut Value, what: &str, added: &[(String, String)]) {
    for (name, value) in added {
        part(part(workflow, "metadata"), what)[name] = value.as_str().into();
    }
}

/// Puts parameters before those of the workflow, and removes what they replace.
pub(super) fn override_parameters(workflow: &mut Value, parameters: &[(String, String)]) {
    if parameters.is_empty() {
        return;
    }
    let given = parameters.iter();
    let given = given.map(|(name, value)| json!({"name": name, "value": value}));
    let mut all: Vec<_> = given.collect();
    let before = workflow["spec"]["arguments"]["parameters"].as_array();
    let is_given = |one: &&Value| parameters.iter().any(|(name, _)| one["name"] == **name);
    let before = before.into_iter().flatten();
    all.extend(before.filter(|one| !is_given(one)).cloned());
    if workflow["status"]["storedWorkflowTemplateSpec"].is_object() {
        let stored = part(part(workflow, "status"), "storedWorkflowTemplateSpec");
        part(stored, "arguments")["parameters"] = all.clone().into();
    }
    part(part(workflow, "spec"), "arguments")["parameters"] = all.into();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn options_change_the_workflow() {
        let mut workflow = json!({
            "metadata": {"name": "w", "labels": {"a": "1", "workflows.argoproj.io/creator": "x"}},
            "spec": {"entrypoint": "main", "arguments": {"parameters": [
                {"name": "p", "value": "old"}, {"name": "q", "value": "kept"},
            ]}},
        });
        let options = SubmitOptions {
            name: "v".to_owned(),
            entrypoint: "other".to_owned(),
            service_account: "account".to_owned(),
            parameters: vec![pair("p", "new"), pair("r", "5")],
            labels: vec![pair("a", "2")],
            annotations: vec![pair("note", "n")],
            priority: Some(3),
            instance_id: "i".to_owned(),
            ..SubmitOptions::default()
        };
        options.apply(&mut workflow);
        let wanted = json!({
            "metadata": {
                "name": "v", "labels": {"a": "2", (INSTANCE): "i"}, "annotations": {"note": "n"},
            },
            "spec": {"entrypoint": "other", "serviceAccountName": "account", "priority": 3,
                "arguments": {"parameters": [
                    {"name": "p", "value": "new"}, {"name": "r", "value": "5"},
                    {"name": "q", "value": "kept"},
                ]}},
        });
        assert_eq!(workflow, wanted);
    }

    #[test]
    fn without_options_nothing_changes() {
        let workflow = json!({"metadata": {"labels": "text"}, "spec": null});
        let mut changed = workflow.clone();
        SubmitOptions::default().apply(&mut changed);
        assert_eq!(changed, workflow);
    }

    #[test]
    fn a_template_is_referred_to() {
        let template = json!({"metadata": {"name": "t"}});
        let workflow = Origin::ClusterTemplate.workflow(&template, "now");
        assert_eq!(workflow["metadata"]["generateName"], "t-");
        assert_eq!(
            workflow["spec"],
            json!({"workflowTemplateRef": {"name": "t", "clusterScope": true}})
        );
        let labels = &workflow["metadata"]["labels"];
        assert_eq!(
            *labels,
            json!({"workflows.argoproj.io/cluster-workflow-template": "t"})
        );
    }

    #[test]
    fn a_cron_workflow_is_copied_and_owns_the_copy() {
        let cron = json!({
            "metadata": {"name": "c", "uid": "u", "labels": {(INSTANCE): "i", "other": "x"}},
            "spec": {
                "schedule": "* * * * *",
                "workflowSpec": {"entrypoint": "main"},
                "workflowMetadata": {"labels": {"l": "1"}, "annotations": {"n": "2"}},
            },
        });
        let workflow = Origin::Cron.workflow(&cron, "now");
        assert_eq!(workflow["spec"], json!({"entrypoint": "main"}));
        let metadata = &workflow["metadata"];
        let labels = json!({"workflows.argoproj.io/cron-workflow": "c", (INSTANCE): "i", "l": "1"});
        assert_eq!(metadata["labels"], labels);
        assert_eq!(
            metadata["annotations"],
            json!({(SCHEDULED_TIME): "now", "n": "2"})
        );
        assert_eq!(metadata["ownerReferences"][0]["uid"], "u");
    }

    #[test]
    fn kinds_are_known_in_any_case() {
        assert_eq!(Origin::of_kind("CRONWORKFLOW").unwrap(), Origin::Cron);
        assert_eq!(
            Origin::of_kind("workflowTemplate").unwrap(),
            Origin::Template
        );
        assert!(Origin::of_kind("ClusterWorkflowTemplate").is_err());
        assert_eq!(Origin::of_flag("cwftmpl").unwrap(), Origin::ClusterTemplate);
        assert!(Origin::of_flag("wf").is_err());
    }
}
