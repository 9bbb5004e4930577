//! Differences on purpose of the argoWorkflow trigger: it needs no program, and knows what it made.

use super::Rule;
use crate::{
    Outcome,
    families::trigger_argoworkflow::{
        Fired, intended,
        intent::{Command, WORKFLOWS},
    },
};
use serde_json::Value;

/// There is no command that could fail or be missing.
pub const NO_COMMAND: Rule = Rule {
    name: "argoWorkflow: no program is run",
    reason: "the reference fails when its command is missing or killed, or says so",
    required: "the changes that the command stands for, and success",
    applies: |vector| {
        let argo = &vector["in"]["argo"];
        let is_set = |name: &str| argo[name].as_i64().is_some_and(|code| code != 0);
        vector["in"]["argoMissing"] == true || is_set("Exit") || is_set("Signal")
    },
};

/// What was submitted is known without looking for it.
pub const SUBMITTED: Rule = Rule {
    name: "argoWorkflow: what was submitted is the result",
    reason: "the reference looks for it by labels and fails when the list is empty or refused",
    required: "the changes that the command stands for, and success",
    applies: |vector| {
        let key = |namespace: &str| {
            format!("GET /apis/argoproj.io/v1alpha1/namespaces/{namespace}/workflows")
        };
        let answers = &vector["in"]["cluster"]["answers"];
        let namespace = object(vector)["metadata"]["namespace"].as_str();
        let sensor = vector["in"]["sensor"]["namespace"].as_str();
        let namespace = namespace.or(sensor).unwrap_or("ns-x");
        let items = &answers[key(namespace)][0]["object"]["items"];
        let is_moved = sets(vector, "metadata.namespace");
        is_submit(vector) && (is_moved || items.as_array().is_none_or(Vec::is_empty))
    },
};

/// A workflow that was submitted has labels to wait for.
pub const SUBMITTED_LABELS: Rule = Rule {
    name: "argoWorkflow: a label policy sees what was submitted",
    reason: "the reference cannot interpret its own result, and fails every such attempt",
    required: "success with the labels, else what the policy says about waiting in vain",
    applies: |vector| is_submit(vector) && policy(vector)["labels"].is_object(),
};

/// What was made of a template is known.
pub const FROM_TEMPLATE: Rule = Rule {
    name: "argoWorkflow: what was submitted from a template is the result",
    reason: "the reference looks for a workflow with the name of the template",
    required: "a workflow of the template, and success",
    applies: |vector| config(vector)["operation"] == "submit-from",
};

/// Flags that the command would refuse.
pub const REFUSED_FLAGS: Rule = Rule {
    name: "argoWorkflow: args that the command refuses",
    reason: "the recorded command was a recorder, which takes everything",
    required: "a failure, and nothing changed",
    applies: |vector| {
        let args = args(vector);
        let named = args.positional();
        let is_file = is_any_submit(vector) && !named.is_empty();
        is_file || named.contains(&"") || args.has_unknown_flags()
    },
};

/// Args may name more workflows.
pub const MORE_NAMES: Rule = Rule {
    name: "argoWorkflow: args that name workflows which are not there",
    reason: "the recorded command was a recorder, which takes everything",
    required: "a failure after the workflow of the source was changed",
    applies: |vector| !is_any_submit(vector) && !args(vector).positional().is_empty(),
};

/// A flag may name another namespace.
pub const OTHER_NAMESPACE: Rule = Rule {
    name: "argoWorkflow: args that name another namespace",
    reason: "the reference changes things there, and then looks for the result elsewhere",
    required: "every call goes to that namespace; a failure if the workflow is not there",
    applies: |vector| args(vector).other_namespace().is_some(),
};

/// Only workflows are submitted.
pub const KIND: Rule = Rule {
    name: "argoWorkflow: only workflows are submitted",
    reason: "the recorded command was a recorder, which takes every file",
    required: "a failure that names the kind, and nothing changed",
    applies: |vector| {
        let source = &config(vector)["source"];
        let kind = object(vector)["kind"]
            .as_str()
            .unwrap_or("Workflow")
            .to_owned();
        let other = |text: &Value| {
            text.as_str()
                .is_some_and(|it| it.contains("kind: ConfigMap"))
        };
        let is_file = source["file"]["path"]
            .as_str()
            .is_some_and(|it| it.ends_with("obj.yaml"));
        is_submit(vector) && (kind != "Workflow" || other(&source["inline"]) || is_file)
    },
};

/// A namespace is needed.
pub const NO_NAMESPACE: Rule = Rule {
    name: "argoWorkflow: without a namespace, the pod's own is meant",
    reason: "the reference gives the command an empty namespace and searches all of them",
    required: "the workflow is submitted to the client's namespace",
    applies: |vector| {
        vector["in"]["sensor"]["namespace"] == ""
            && object(vector)["metadata"]["namespace"].is_null()
    },
};

/// A name is given once.
pub const NAME_TAKEN: Rule = Rule {
    name: "argoWorkflow: a name that is taken",
    reason: "the recorded command was a recorder, which made nothing that could be in the way",
    required: "the first firing succeeds, the others fail",
    applies: |vector| {
        let times = vector["in"]["times"].as_u64().unwrap_or(1);
        let firings = vector["in"]["firings"].as_array().map_or(0, Vec::len);
        let is_named = object(vector)["metadata"]["name"].is_string();
        is_submit(vector) && (times > 1 || firings > 1) && is_named
    },
};

type Judge = fn(&Value, &Fired) -> Result<(), String>;

/// Tells whether a rule is about a vector, and what is required was given.
pub(crate) fn judge(vector: &Value, fired: &Fired) -> Option<Outcome> {
    let judges: [(&Rule, Judge); 10] = [
        (&REFUSED_FLAGS, refused),
        (&OTHER_NAMESPACE, goes_elsewhere),
        (&KIND, refused),
        (&NO_NAMESPACE, goes_home),
        (&NAME_TAKEN, once),
        (&MORE_NAMES, |_, fired| {
            ensure(!fired.succeeded() && !fired.writes().is_empty())
        }),
        (&NO_COMMAND, done),
        (&SUBMITTED_LABELS, waits),
        (&SUBMITTED, done),
        (&FROM_TEMPLATE, done),
    ];
    // Nothing was run, for a reason that holds here as well.
    let is_refused = vector["want"]["commands"]
        .as_array()
        .is_none_or(Vec::is_empty);
    if is_refused && vector["in"]["argoMissing"] != true {
        return None;
    }
    let (rule, holds) = judges
        .into_iter()
        .find(|(rule, _)| (rule.applies)(vector))?;
    let shown = |what| format!("{what}: {:?} {:?}", fired.results, fired.calls);
    Some(rule.require(vector, holds(vector, fired).map_err(shown)))
}

fn done(vector: &Value, fired: &Fired) -> Result<(), String> {
    let is_missing = Command::of(vector).is_some_and(|it| !it.can_succeed(vector));
    ensure(fired.succeeded() != is_missing)?;
    intended(vector, fired)
}

fn refused(_: &Value, fired: &Fired) -> Result<(), String> {
    ensure(!fired.succeeded() && fired.writes().is_empty())
}

fn goes_elsewhere(vector: &Value, fired: &Fired) -> Result<(), String> {
    let args = args(vector);
    let namespace = format!(
        "/namespaces/{}/",
        args.other_namespace().unwrap_or_default()
    );
    let goes = |call: &Value| {
        call["path"]
            .as_str()
            .is_some_and(|it| it.contains(&namespace))
    };
    let is_right = fired.calls.iter().all(goes) && !fired.calls.is_empty();
    ensure(is_right && fired.succeeded() == is_any_submit(vector))
}

fn goes_home(_: &Value, fired: &Fired) -> Result<(), String> {
    let home = format!("/apis/argoproj.io/v1alpha1/namespaces/default/{WORKFLOWS}");
    let goes = |call: &&Value| call["path"] == *home && call["verb"] == "POST";
    ensure(fired.succeeded() && fired.writes().iter().all(goes) && !fired.calls.is_empty())
}

fn once(_: &Value, fired: &Fired) -> Result<(), String> {
    let mut results = fired.results.iter();
    let is_first = results.next().is_some_and(Result::is_ok);
    ensure(is_first && results.all(Result::is_err))
}

fn waits(vector: &Value, fired: &Fired) -> Result<(), String> {
    let labels = Command::of(vector)
        .map(|command| command.labels())
        .unwrap_or_default();
    let wanted = policy(vector)["labels"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let has = wanted
        .iter()
        .all(|(name, value)| labels.get(name) == Some(value));
    let is_patient = policy(vector)["errorOnBackoffTimeout"] != true;
    ensure(fired.succeeded() == (has || is_patient))?;
    intended(vector, fired)
}

fn ensure(holds: bool) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err("something else".to_owned())
    }
}

fn config(vector: &Value) -> &Value {
    &vector["in"]["trigger"]["template"]["argoWorkflow"]
}

fn object(vector: &Value) -> &Value {
    &config(vector)["source"]["resource"]
}

fn policy(vector: &Value) -> &Value {
    &vector["in"]["trigger"]["policy"]["k8s"]
}

/// Reads the args of the manifest as those of a command.
fn args(vector: &Value) -> Command {
    let verb = config(vector)["operation"]
        .as_str()
        .filter(|it| !it.is_empty());
    Command::with_args(verb.unwrap_or("submit"), &config(vector)["args"])
}

fn is_submit(vector: &Value) -> bool {
    matches!(
        config(vector)["operation"].as_str(),
        None | Some("" | "submit")
    )
}

fn is_any_submit(vector: &Value) -> bool {
    is_submit(vector) || config(vector)["operation"] == "submit-from"
}

/// Tells whether a parameter sets a member of the object.
fn sets(vector: &Value, place: &str) -> bool {
    let parameters = config(vector)["parameters"].as_array();
    parameters
        .into_iter()
        .flatten()
        .any(|it| it["dest"] == place)
}
