//! A workflow that is to run again from where it failed.
//!
//! Nodes that failed, and all that they led to, are removed, with their pods; nodes that they are part of
//! are set back to running; everything else stays. The order in which nodes are looked at is that of
//! their dependence, since what is removed early need not be looked at again.

#[cfg(test)]
mod tests;

use super::{
    arguments::Arguments,
    change::{forget_actors, refused, remove},
    nodes::{self, Nodes, is_failure, text, texts},
    resubmit::unend,
    submit::override_parameters,
};
use argo_events_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const GROUPS: [&str; 4] = ["DAG", "TaskGroup", "StepGroup", "Steps"];
/// Types of nodes that do something themselves.
const DOERS: [&str; 4] = ["Container", "Pod", "HTTP", "Plugin"];
/// Labels that say that a workflow has ended.
const OF_THE_END: [&str; 2] = [
    super::change::COMPLETED,
    "workflows.argoproj.io/workflow-archiving-status",
];
const PHASE: &str = "workflows.argoproj.io/phase";

type Ids<'a> = BTreeSet<&'a str>;

/// A workflow set back, and the pods that are in the way of it.
#[derive(Debug, PartialEq)]
pub(super) struct Retried {
    pub(super) workflow: Value,
    pub(super) pods: Vec<String>,
}

/// Sets a workflow back to where it failed.
///
/// # Errors
/// When it has not failed, or its nodes do not fit together.
pub(super) fn retry(mut workflow: Value, arguments: &Arguments, now: &str) -> Result<Retried> {
    let is_restart = arguments.restart_successful && !arguments.nodes.is_empty();
    match text(&workflow["status"], "phase") {
        phase if is_failure(phase) => {}
        "Succeeded" if is_restart => {}
        "Succeeded" => {
            let message = "a workflow that succeeded is retried with --restart-successful and --node-field-selector only";
            return Err(refused(message));
        }
        phase => {
            let message = format!("a workflow in phase {phase:?} cannot be retried");
            return Err(refused(message));
        }
    }
    let nodes = nodes::take(&mut workflow)?;
    let graph = Graph::new(&workflow, &nodes)?;
    let chosen = |node: &&Value| is_restart && arguments.nodes.chooses(node);
    let begin: Ids<'_> = nodes
        .values()
        .filter(chosen)
        .map(|node| text(node, "id"))
        .collect();
    let plan = graph.plan(begin)?;
    let pods = graph.pods(&workflow, &plan);
    let kept = plan.nodes(&nodes, &graph.exit, now);
    begin_again(&mut workflow, now);
    override_parameters(&mut workflow, &arguments.submit.parameters);
    forget_actors(&mut workflow);
    nodes::put(&mut workflow, kept)?;
    Ok(Retried { workflow, pods })
}

/// Makes a workflow look as if it ran.
fn begin_again(workflow: &mut Value, now: &str) {
    let mut labels = workflow["metadata"]["labels"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    OF_THE_END
        .iter()
        .for_each(|label| drop(labels.remove(*label)));
    labels.insert(PHASE.to_owned(), "Running".into());
    workflow["metadata"]["labels"] = labels.into();
    unend(&mut workflow["spec"]);
    let status = &mut workflow["status"];
    status["phase"] = "Running".into();
    status["startedAt"] = now.into();
    status["finishedAt"] = Value::Null;
    for gone in ["message", "persistentVolumeClaims"] {
        remove(status, gone);
    }
    if status["storedWorkflowTemplateSpec"].is_object() {
        remove(&mut status["storedWorkflowTemplateSpec"], "shutdown");
    }
    let mut conditions = status["conditions"].as_array().cloned().unwrap_or_default();
    conditions.retain(|condition| condition["type"] != "Completed");
    conditions.push(json!({"type": "Completed", "status": "False"}));
    status["conditions"] = conditions.into();
}

/// Tells whether something that a node led to succeeded, and is not to be run again.
pub(super) fn has_success_below(nodes: &Nodes, node: &Value, except: &Ids<'_>) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![node]);
    while let Some(node) = open.pop() {
        for child in texts(node, "children").filter(|child| seen.insert(*child)) {
            let Some(node) = nodes.get(child) else {
                continue;
            };
            if text(node, "phase") == "Succeeded" && !except.contains(child) {
                return true;
            }
            open.push(node);
        }
    }
    false
}

/// Nodes with their parents.
struct Graph<'a> {
    nodes: &'a Nodes,
    parents: BTreeMap<&'a str, &'a str>,
    /// The first node.
    root: &'a str,
    /// How the names of nodes begin that run at the end.
    exit: String,
}

/// What becomes of nodes.
#[derive(Default)]
struct Plan<'a> {
    reset: Ids<'a>,
    delete: Ids<'a>,
}

impl<'a> Graph<'a> {
    fn new(workflow: &Value, nodes: &'a Nodes) -> Result<Self> {
        let name = text(&workflow["metadata"], "name");
        let exit = format!("{name}.onExit");
        let mut parents = BTreeMap::new();
        for (id, node) in nodes {
            for child in texts(node, "children") {
                if !nodes.contains_key(child) {
                    return Err(broken("a node is missing", child));
                }
                parents.insert(child, id.as_str());
            }
        }
        let mut root = None;
        for (id, node) in nodes {
            let node_name = text(node, "name");
            if node_name == name {
                root = Some(id.as_str());
            } else if !parents.contains_key(id.as_str()) && !node_name.starts_with(&exit) {
                return Err(broken("a node has no parent", id));
            }
        }
        let root = root.ok_or_else(|| broken("the first node is missing", name))?;
        Ok(Self {
            nodes,
            parents,
            root,
            exit,
        })
    }

    fn field(&self, id: &str, name: &str) -> &'a str {
        self.nodes.get(id).map_or("", |node| text(node, name))
    }

    fn children(&self, id: &str) -> impl Iterator<Item = &'a str> {
        self.nodes
            .get(id)
            .into_iter()
            .flat_map(|node| texts(node, "children"))
    }

    fn parent(&self, id: &str) -> Option<&'a str> {
        self.parents.get(id).copied()
    }

    /// Lists a node and all that it led to, nearest first.
    fn below(&self, id: &'a str) -> Vec<&'a str> {
        let (mut seen, mut open) = (BTreeSet::from([id]), VecDeque::from([id]));
        let mut found = Vec::new();
        while let Some(id) = open.pop_front() {
            found.push(id);
            open.extend(self.children(id).filter(|child| seen.insert(*child)));
        }
        found
    }

    /// Decides about every node; `begin` are nodes to run again though they did not fail.
    fn plan(&self, begin: Ids<'a>) -> Result<Plan<'a>> {
        let failed: Vec<_> = self
            .nodes
            .keys()
            .filter(|id| self.has_failed(id, &begin))
            .collect();
        let mut again = begin;
        again.extend(failed.into_iter().map(String::as_str));
        let mut plan = Plan::default();
        for id in self.below(self.root) {
            if again.contains(id) && !plan.delete.contains(id) {
                self.set_back(id, &mut plan)?;
            }
        }
        Ok(plan)
    }

    /// Tells whether a node failed, and nothing that it led to made up for it.
    fn has_failed(&self, id: &str, begin: &Ids<'_>) -> bool {
        let node = &self.nodes[id];
        if !is_failure(text(node, "phase")) || !DOERS.contains(&text(node, "type")) {
            return false;
        }
        // One of several attempts: what counts is what came of all of them.
        let is_attempt = node["nodeFlag"]["retried"] == true;
        let judged = self
            .parent(id)
            .filter(|_| is_attempt)
            .and_then(|id| self.nodes.get(id));
        !has_success_below(self.nodes, judged.unwrap_or(node), begin)
    }

    /// Removes a node with all that it led to, and sets back what it is part of.
    fn set_back(&self, start: &'a str, plan: &mut Plan<'a>) -> Result<()> {
        plan.delete.extend(self.below(start));
        let mut current = (start != self.root).then_some(start);
        let mut steps = 0;
        while let Some(id) = current {
            steps += 1;
            if steps > self.nodes.len() {
                return Err(broken("nodes go round in circles", start));
            }
            let kind = self.field(id, "type");
            current = if GROUPS.contains(&kind) {
                plan.reset.insert(id);
                self.leave(id, plan)?
            } else if kind == "Container" {
                let pod = self.up_to(id, plan, |graph, id| graph.field(id, "type") == "Pod")?;
                plan.delete.extend(self.below(pod));
                Some(pod)
            } else {
                if kind == "Retry" && is_failure(self.field(id, "phase")) {
                    plan.reset.insert(id);
                }
                self.parent(id)
            };
        }
        Ok(())
    }

    /// Goes up from a group through everything that it is in, and sets that back.
    fn leave(&self, from: &'a str, plan: &mut Plan<'a>) -> Result<Option<&'a str>> {
        let mut current = from;
        for _ in 0..=self.nodes.len() {
            let is = |id: Option<&str>, kinds: &[&str]| {
                id.is_some_and(|id| kinds.contains(&self.field(id, "type")))
            };
            if let Some(parent) = self.parent(current).filter(|id| is(Some(*id), &["Retry"])) {
                plan.reset.insert(parent);
                current = parent;
            }
            let parent = self.parent(current);
            if is(parent, &["StepGroup", "TaskGroup"]) {
                plan.reset.extend(parent);
            }
            let boundary = self.field(current, "boundaryID");
            if boundary.is_empty() {
                return Ok(parent);
            }
            current = self.up_to(current, plan, |_, id| id == boundary)?;
        }
        Err(broken("nodes go round in circles", from))
    }

    /// Goes up to the node that is wanted, and sets it back.
    fn up_to(
        &self,
        from: &'a str,
        plan: &mut Plan<'a>,
        is_wanted: impl Fn(&Self, &str) -> bool,
    ) -> Result<&'a str> {
        let mut current = Some(from);
        for _ in 0..=self.nodes.len() {
            let Some(id) = current else { break };
            if is_wanted(self, id) {
                plan.reset.insert(id);
                return Ok(id);
            }
            current = self.parent(id);
        }
        Err(broken("a node is part of nothing", from))
    }

    /// Lists the pods of the nodes that are removed, and of those that run at the end.
    fn pods(&self, workflow: &Value, plan: &Plan<'_>) -> Vec<String> {
        let exits = self
            .nodes
            .iter()
            .filter(|(_, node)| text(node, "name") == self.exit);
        let exits = exits.flat_map(|(id, _)| self.below(id));
        let removed = plan
            .delete
            .iter()
            .copied()
            .filter(|id| self.field(id, "type") == "Pod");
        let pods = removed
            .chain(exits)
            .map(|id| nodes::pod(workflow, &self.nodes[id]));
        pods.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

impl Plan<'_> {
    /// Returns the nodes as they are when the workflow runs again.
    fn nodes(&self, before: &Nodes, exit: &str, now: &str) -> Nodes {
        let mut after = Nodes::new();
        for (id, node) in before {
            let is_removed = self.delete.contains(id.as_str());
            let is_reset = self.reset.contains(id.as_str());
            if is_removed || (text(node, "name").starts_with(exit) && !is_reset) {
                continue;
            }
            let mut node = node.clone();
            for list in ["children", "outboundNodes"] {
                let kept = texts(&node, list).filter(|id| !self.delete.contains(id));
                let kept: Vec<_> = kept.map(str::to_owned).collect();
                if kept.is_empty() {
                    remove(&mut node, list);
                } else {
                    node[list] = kept.into();
                }
            }
            if is_reset {
                reset(&mut node, now);
            }
            after.insert(id.clone(), node);
        }
        after
    }
}

/// Makes a node look as if it ran.
fn reset(node: &mut Value, now: &str) {
    if text(node, "type") == "Suspend" {
        for parameter in nodes::elements_mut(node, ["outputs", "parameters"]) {
            *parameter = json!({"name": parameter["name"], "valueFrom": {"supplied": {}}});
        }
    }
    // One that was skipped stays so, since nothing would end it.
    if text(node, "phase") != "Skipped" {
        node["phase"] = "Running".into();
    }
    remove(node, "message");
    node["startedAt"] = now.into();
    node["finishedAt"] = Value::Null;
}

fn broken(message: &str, node: &str) -> Error {
    let message = format!("the workflow cannot be retried: {message}");
    Error::permanent(ErrorKind::PayloadInvalid, message).with("node", node)
}
