//! What a recorded command line would have changed in a cluster.

use serde_json::{Map, Value, json};

const ROOT: &str = "/apis/argoproj.io/v1alpha1";
pub(crate) const WORKFLOWS: &str = "workflows";
/// Flags with a value that each operation has; those of all operations first.
const VALUED: [(&str, &[&str]); 7] = [
    ("", &["-n", "--namespace", "--loglevel", "--instanceid"]),
    (
        "submit",
        &[
            "-p",
            "--parameter",
            "-l",
            "--labels",
            "--priority",
            "--name",
            "--generate-name",
            "--entrypoint",
            "--serviceaccount",
            "-o",
            "--output",
            "--scheduled-time",
            "--status",
        ],
    ),
    (
        "retry",
        &[
            "-p",
            "--parameter",
            "-o",
            "--output",
            "--node-field-selector",
            "-l",
            "--selector",
        ],
    ),
    (
        "resubmit",
        &[
            "-p",
            "--parameter",
            "-o",
            "--output",
            "--priority",
            "-l",
            "--selector",
        ],
    ),
    (
        "stop",
        &["--message", "--node-field-selector", "-l", "--selector"],
    ),
    ("resume", &["--node-field-selector"]),
    ("terminate", &["-l", "--selector"]),
];
/// Flags without one.
const SWITCHES: [(&str, &[&str]); 4] = [
    ("", &["-v", "--verbose"]),
    ("submit", &["-w", "--wait", "--watch", "--log", "--strict"]),
    (
        "retry",
        &["-w", "--wait", "--watch", "--log", "--restart-successful"],
    ),
    (
        "resubmit",
        &["-w", "--wait", "--watch", "--log", "--memoized"],
    ),
];
const WAITS: [&str; 4] = ["-w", "--wait", "--watch", "--log"];

/// A command as recorded, or as it would have been.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) namespace: String,
    pub(crate) verb: String,
    /// Name of a workflow, or kind and name that one is submitted from.
    pub(crate) name: String,
    pub(crate) args: Vec<String>,
    /// What was submitted.
    file: Option<Value>,
}

impl Command {
    /// Reads the first command of a vector; where there was no program to run, the one that was meant.
    pub(crate) fn of(vector: &Value) -> Option<Self> {
        if vector["in"]["argoMissing"] == true {
            return Some(Self::meant(&vector["in"]));
        }
        let recorded = &vector["want"]["commands"][0];
        let argv: Vec<_> = list(&recorded["argv"]).map(text).collect();
        let [_, _, namespace, verb, rest @ ..] = argv.as_slice() else {
            return None;
        };
        let (verb, name, args) = match rest {
            ["--from", from, args @ ..] => ("submit-from", *from, args),
            [name, args @ ..] => (*verb, *name, args),
            [] => return None,
        };
        let file = recorded["file"]["utf8"].as_str();
        Some(Self {
            namespace: (*namespace).to_owned(),
            verb: verb.to_owned(),
            name: name.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            file: file.and_then(|text| serde_json::from_str(text).ok()),
        })
    }

    fn meant(input: &Value) -> Self {
        let config = &input["trigger"]["template"]["argoWorkflow"];
        let object = &config["source"]["resource"];
        let or = |value: &Value, usual: &str| value.as_str().unwrap_or(usual).to_owned();
        let sensor = or(&input["sensor"]["namespace"], "ns-x");
        let verb = or(&config["operation"], "submit");
        let name = text(&object["metadata"]["name"]);
        let name = match text(&object["kind"]).to_lowercase().as_str() {
            "cronworkflow" => format!("cronwf/{name}"),
            "workflowtemplate" => format!("workflowtemplate/{name}"),
            _ => name.to_owned(),
        };
        let mut file = object.clone();
        let labels = [
            ("action-timestamp", "<ms>".to_owned()),
            ("sensor", or(&input["sensor"]["name"], "sensor-x")),
            ("trigger", or(&input["trigger"]["template"]["name"], "")),
        ];
        for (label, value) in labels {
            let label = format!("events.argoproj.io/{label}");
            file["metadata"]["labels"][label] = value.into();
        }
        Self {
            namespace: or(&object["metadata"]["namespace"], &sensor),
            file: (verb == "submit").then_some(file),
            verb,
            name,
            args: list(&config["args"])
                .map(|arg| text(arg).to_owned())
                .collect(),
        }
    }

    /// Makes a command of nothing but its flags.
    pub(crate) fn with_args(verb: &str, args: &Value) -> Self {
        Self {
            namespace: String::new(),
            verb: verb.to_owned(),
            name: String::new(),
            args: list(args).map(|arg| text(arg).to_owned()).collect(),
            file: None,
        }
    }

    /// Tells whether what the command needs is there.
    pub(crate) fn can_succeed(&self, vector: &Value) -> bool {
        matches!(self.verb.as_str(), "submit" | "submit-from") || self.is_there(vector)
    }

    /// Returns the path of a kind's objects.
    pub(crate) fn path(&self, plural: &str) -> String {
        format!("{ROOT}/namespaces/{}/{plural}", self.namespace)
    }

    /// Tells whether the name of what is submitted is given.
    pub(crate) fn is_named(&self) -> bool {
        let file = self.file.as_ref();
        file.is_some_and(|file| file["metadata"]["name"].is_string())
    }

    /// Tells whether the command waits for the end of a workflow.
    pub(crate) fn waits(&self) -> bool {
        self.args.iter().any(|arg| WAITS.contains(&arg.as_str()))
    }

    /// Returns a workflow that has ended.
    pub(crate) fn ended(&self) -> Value {
        json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
            "metadata": {"name": "wf-abc", "namespace": self.namespace},
            "status": {"phase": "Succeeded", "finishedAt": "2026-03-04T05:06:07Z"},
        })
    }

    /// Returns where the object is that something is submitted from, and what it may be like.
    pub(crate) fn origin(&self) -> Option<(String, Value)> {
        let (kind, name) = self
            .name
            .split_once('/')
            .filter(|_| self.verb == "submit-from")?;
        let (plural, kind) = match kind {
            "cronwf" => ("cronworkflows", "CronWorkflow"),
            _ => ("workflowtemplates", "WorkflowTemplate"),
        };
        let origin = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": kind,
            "metadata": {"name": name, "namespace": self.namespace, "uid": "u-1"},
            "spec": {"workflowSpec": {"entrypoint": "main"}},
        });
        Some((format!("{}/{name}", self.path(plural)), origin))
    }

    /// Brings a workflow into a state in which the command can succeed.
    pub(crate) fn complete(&self, workflow: &mut Value) {
        if workflow["kind"] != "Workflow" {
            return;
        }
        let name = text(&workflow["metadata"]["name"]).to_owned();
        match self.verb.as_str() {
            "resume" => workflow["spec"]["suspend"] = true.into(),
            "retry" => {
                let root = json!({"id": name, "name": name, "type": "Pod", "phase": "Failed"});
                workflow["status"] = json!({"phase": "Failed", "nodes": {name: root}});
                if self.waits() {
                    workflow["status"]["finishedAt"] = "2026-03-04T05:06:07Z".into();
                }
            }
            _ => {}
        }
    }

    /// Lists what the command line names besides the workflow.
    pub(crate) fn positional(&self) -> Vec<&str> {
        let mut found = Vec::new();
        let mut rest = self.args.iter().map(String::as_str);
        while let Some(arg) = rest.next() {
            match arg {
                "--" => found.extend(rest.by_ref()),
                _ if self.has(&VALUED, arg) => drop(rest.next()),
                _ if arg.len() > 1 && arg.starts_with('-') => {}
                _ => found.push(arg),
            }
        }
        found
    }

    /// Tells whether the command would refuse a flag.
    pub(crate) fn has_unknown_flags(&self) -> bool {
        let mut rest = self.args.iter().map(String::as_str);
        while let Some(arg) = rest.next().filter(|arg| *arg != "--") {
            if self.has(&VALUED, arg) {
                if rest.next().is_none() {
                    return true;
                }
                continue;
            }
            let name = arg.split('=').next().unwrap_or_default();
            let is_known = self.has(&SWITCHES, name) || self.has(&VALUED, name);
            if arg.len() > 1 && arg.starts_with('-') && !is_known {
                return true;
            }
        }
        false
    }

    fn has(&self, table: &[(&str, &[&str])], flag: &str) -> bool {
        let verb = self.verb.strip_suffix("-from").unwrap_or(&self.verb);
        let mut rows = table.iter().filter(|(of, _)| of.is_empty() || *of == verb);
        rows.any(|(_, flags)| flags.contains(&flag))
    }

    /// Returns the namespace that a flag names.
    pub(crate) fn other_namespace(&self) -> Option<&str> {
        self.value(&["-n", "--namespace"])
    }

    fn value(&self, names: &[&str]) -> Option<&str> {
        let at = self
            .args
            .iter()
            .rposition(|arg| names.contains(&arg.as_str()))?;
        self.args.get(at + 1).map(String::as_str)
    }

    fn values<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let is_named = |pair: &&[String]| names.contains(&pair[0].as_str());
        self.args
            .windows(2)
            .filter(is_named)
            .map(|pair| pair[1].as_str())
    }

    /// Tells whether changes are those that the command stands for; `Err` says what was expected.
    pub(crate) fn is_done_by(&self, vector: &Value, writes: &[&Value]) -> Result<(), String> {
        if !self.can_succeed(vector) {
            return ensure(writes.is_empty(), "nothing, for want of the workflow");
        }
        let one = format!("{}/{}", self.path(WORKFLOWS), self.name);
        let all = self.path(WORKFLOWS);
        let (verb, path) = match self.verb.as_str() {
            "submit" | "submit-from" | "resubmit" => ("POST", &all),
            "stop" | "terminate" => ("PATCH", &one),
            _ => ("PUT", &one),
        };
        let last = writes.last().copied().unwrap_or(&Value::Null);
        let is_call = last["verb"] == verb && last["path"] == **path;
        ensure(is_call, &format!("at last {verb} {path}"))?;
        let each = 1 + usize::from(self.verb == "retry");
        let is_alone = writes.len() == firings(vector) * each;
        ensure(is_alone, "one change a firing, and a pod less for a retry")?;
        let body = text(&last["body"]["utf8"]);
        let body: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
        self.says(&body)
    }

    /// Tells whether a body says what the command stands for.
    fn says(&self, body: &Value) -> Result<(), String> {
        let metadata = &body["metadata"];
        match self.verb.as_str() {
            "submit" => {
                let wanted = self.submitted();
                ensure(*body == wanted, &format!("a body of {wanted}"))
            }
            "submit-from" => {
                let name = self.name.split_once('/').map_or("", |(_, name)| name);
                let is_of_it = metadata["generateName"] == format!("{name}-")
                    && (body["spec"]["workflowTemplateRef"]["name"] == name
                        || body["spec"]["entrypoint"] == "main");
                ensure(is_of_it, "a workflow of the template")?;
                ensure(self.has_parameters(body), "the parameters of the flags")
            }
            "resubmit" => {
                let label = &metadata["labels"]["workflows.argoproj.io/resubmitted-from-workflow"];
                let is_new = metadata["resourceVersion"].is_null() && body["status"].is_null();
                ensure(
                    *label == *self.name && is_new,
                    "a new workflow that names the old one",
                )
            }
            "suspend" => ensure(body["spec"]["suspend"] == true, "spec.suspend"),
            "resume" => ensure(body["spec"]["suspend"].is_null(), "no spec.suspend"),
            "retry" => ensure(body["status"]["phase"] == "Running", "a workflow that runs"),
            "stop" => ensure(
                *body == json!({"spec": {"shutdown": "Stop"}}),
                "shutdown Stop",
            ),
            _ => {
                let wanted = json!({"spec": {"shutdown": "Terminate"}});
                ensure(*body == wanted, "shutdown Terminate")
            }
        }
    }

    /// Tells whether the workflow is in the cluster.
    fn is_there(&self, vector: &Value) -> bool {
        let path = format!("{}/{}", self.path(WORKFLOWS), self.name);
        let cluster = &vector["in"]["cluster"];
        let answer = &cluster["answers"][format!("GET {path}")][0];
        answer["object"].is_object()
            || (answer.is_null() && cluster["objects"][path.as_str()].is_object())
    }

    fn has_parameters(&self, body: &Value) -> bool {
        self.values(&["-p", "--parameter"]).all(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            list(&body["spec"]["arguments"]["parameters"])
                .any(|it| it["name"] == name && it["value"] == value)
        })
    }

    /// Returns what is submitted: the file, changed as the flags say.
    fn submitted(&self) -> Value {
        let mut body = self.file.clone().unwrap_or_default();
        if body["metadata"]["namespace"].is_null() {
            body["metadata"]["namespace"] = self.namespace.as_str().into();
        }
        let given = self
            .values(&["-p", "--parameter"])
            .filter_map(|pair| pair.split_once('='));
        let given: Vec<_> = given
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        if !given.is_empty() {
            let before = list(&body["spec"]["arguments"]["parameters"]).cloned();
            let kept = before.filter(|it| given.iter().all(|one| one["name"] != it["name"]));
            let all: Vec<_> = given.iter().cloned().chain(kept).collect();
            body["spec"]["arguments"]["parameters"] = all.into();
        }
        for pair in self
            .values(&["-l", "--labels"])
            .flat_map(|it| it.split(','))
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            body["metadata"]["labels"][name] = value.into();
        }
        for (flag, part, name) in [
            ("--name", "metadata", "name"),
            ("--generate-name", "metadata", "generateName"),
            ("--entrypoint", "spec", "entrypoint"),
            ("--serviceaccount", "spec", "serviceAccountName"),
        ] {
            if let Some(value) = self.value(&[flag]) {
                body[part][name] = value.into();
            }
        }
        if let Some(priority) = self
            .value(&["--priority"])
            .and_then(|it| it.parse::<i32>().ok())
        {
            body["spec"]["priority"] = priority.into();
        }
        body
    }

    /// Returns the labels of what is submitted.
    pub(crate) fn labels(&self) -> Map<String, Value> {
        let submitted = self.submitted();
        submitted["metadata"]["labels"]
            .as_object()
            .cloned()
            .unwrap_or_default()
    }
}

/// Returns how often a vector fires.
pub(crate) fn firings(vector: &Value) -> usize {
    let input = &vector["in"];
    let times = input["times"]
        .as_u64()
        .and_then(|times| usize::try_from(times).ok());
    let listed = input["firings"].as_array().map(Vec::len);
    listed.or(times).unwrap_or(1)
}

fn ensure(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
