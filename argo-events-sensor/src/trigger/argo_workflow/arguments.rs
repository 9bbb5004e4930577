//! Reads the flags that the `argo` command takes after an operation.
//!
//! Flags that say where the API server is are refused, since it is the pod's; those about output are
//! read and have no effect.

use super::{selector::FieldSelector, verb::Verb};
use argo_events_core::{Error, ErrorKind, Result};

/// What flags ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Arguments {
    /// Beats the namespace of the object.
    pub(super) namespace: Option<String>,
    /// More workflows than the one that the manifest names.
    pub(super) more: Vec<String>,
    pub(super) submit: SubmitOptions,
    pub(super) targets: Targets,
    /// What to submit from instead of the object: kind and name.
    pub(super) from: Option<(String, String)>,
    pub(super) dry_run: bool,
    pub(super) server_dry_run: bool,
    /// Whether to reuse what succeeded when a workflow is resubmitted.
    pub(super) memoized: bool,
    /// Whether to run nodes again that succeeded.
    pub(super) restart_successful: bool,
    /// Which nodes of the workflow.
    pub(super) nodes: FieldSelector,
    /// What is written to nodes that are stopped.
    pub(super) message: String,
    pub(super) wait: Wait,
    has_output: bool,
}

/// What is changed in a workflow before it is submitted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SubmitOptions {
    pub(super) name: String,
    pub(super) generate_name: String,
    pub(super) entrypoint: String,
    pub(super) service_account: String,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) annotations: Vec<(String, String)>,
    pub(super) priority: Option<i32>,
    pub(super) instance_id: String,
}

/// Workflows that are chosen by what they are like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Targets {
    pub(super) labels: String,
    pub(super) fields: String,
}

impl Targets {
    /// Tells whether nothing is chosen like that.
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
}

/// Whether to wait for the end of a workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wait {
    /// Not at all.
    #[default]
    No,
    /// Until the end, whatever that is.
    Watch,
    /// Until the end, which must not be a failure.
    Succeed,
}

use Verb::{Resubmit, Resume, Retry, Stop, Submit, SubmitFrom, Terminate};

/// A flag: its name, its letter, whether it takes a value, and the operations that have it.
type Flag = (&'static str, char, bool, &'static [Verb]);

const SUBMITS: &[Verb] = &[Submit, SubmitFrom];
const MAKES: &[Verb] = &[Submit, SubmitFrom, Resubmit];
const RUNS: &[Verb] = &[Submit, SubmitFrom, Resubmit, Retry];
const SELECTS: &[Verb] = &[Resubmit, Retry, Stop, Terminate];
/// Flags that every operation has.
const ALL: &[Verb] = &[];
const NO_LETTER: char = '\0';

const FLAGS: &[Flag] = &[
    ("namespace", 'n', true, ALL),
    ("instanceid", NO_LETTER, true, ALL),
    ("verbose", 'v', false, ALL),
    ("loglevel", NO_LETTER, true, ALL),
    ("gloglevel", NO_LETTER, true, ALL),
    ("name", NO_LETTER, true, SUBMITS),
    ("generate-name", NO_LETTER, true, SUBMITS),
    ("entrypoint", NO_LETTER, true, SUBMITS),
    ("serviceaccount", NO_LETTER, true, SUBMITS),
    ("labels", 'l', true, SUBMITS),
    (
        "dry-run",
        NO_LETTER,
        false,
        &[Submit, SubmitFrom, Stop, Terminate],
    ),
    ("server-dry-run", NO_LETTER, false, SUBMITS),
    ("strict", NO_LETTER, false, SUBMITS),
    ("from", NO_LETTER, true, SUBMITS),
    ("status", NO_LETTER, true, SUBMITS),
    ("scheduled-time", NO_LETTER, true, SUBMITS),
    ("priority", NO_LETTER, true, MAKES),
    ("parameter", 'p', true, RUNS),
    ("output", 'o', true, RUNS),
    ("wait", 'w', false, RUNS),
    ("watch", NO_LETTER, false, RUNS),
    ("log", NO_LETTER, false, RUNS),
    ("memoized", NO_LETTER, false, &[Resubmit]),
    ("restart-successful", NO_LETTER, false, &[Retry]),
    (
        "node-field-selector",
        NO_LETTER,
        true,
        &[Submit, SubmitFrom, Resume, Retry, Stop],
    ),
    ("message", NO_LETTER, true, &[Stop]),
    ("selector", 'l', true, SELECTS),
    ("field-selector", NO_LETTER, true, SELECTS),
];

impl Arguments {
    /// Reads the flags of an operation.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, for what the command would refuse; `Unsupported` for what only the command can do.
    pub(super) fn read(verb: Verb, args: &[String]) -> Result<Self> {
        let mut read = Self::default();
        let mut rest = args.iter();
        while let Some(argument) = rest.next() {
            match argument.strip_prefix("--") {
                Some("") => {
                    rest.by_ref().for_each(|name| read.more.push(name.clone()));
                }
                Some(flag) => read.long(verb, flag, &mut rest)?,
                None => match argument.strip_prefix('-') {
                    Some(letters) if !letters.is_empty() => {
                        read.letters(verb, letters, &mut rest)?
                    }
                    _ => read.more.push(argument.clone()),
                },
            }
        }
        read.checked(verb)
    }

    fn long<'a>(
        &mut self,
        verb: Verb,
        text: &str,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<()> {
        let (name, given) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let flag = find(verb, |flag| flag.0 == name).ok_or_else(|| unknown(verb, name))?;
        let value = match given {
            Some(value) => value,
            None if flag.2 => rest.next().ok_or_else(|| lacks_value(name))?.clone(),
            None => "true".to_owned(),
        };
        self.set(flag.0, value)
    }

    /// Reads letters behind one dash: switches, the last one perhaps with a value.
    fn letters<'a>(
        &mut self,
        verb: Verb,
        letters: &str,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<()> {
        let mut characters = letters.chars();
        while let Some(letter) = characters.next() {
            let wanted = |flag: &Flag| flag.1 == letter && letter != NO_LETTER;
            let flag = find(verb, wanted).ok_or_else(|| unknown(verb, &letter.to_string()))?;
            let behind = characters.as_str();
            let value = match behind.strip_prefix('=') {
                Some(value) => value.to_owned(),
                None if flag.2 && behind.is_empty() => {
                    rest.next().ok_or_else(|| lacks_value(flag.0))?.clone()
                }
                None if flag.2 => behind.to_owned(),
                None => {
                    self.set(flag.0, "true".to_owned())?;
                    continue;
                }
            };
            return self.set(flag.0, value);
        }
        Ok(())
    }

    fn set(&mut self, flag: &'static str, value: String) -> Result<()> {
        let truth = || switch(flag, &value);
        match flag {
            "namespace" => self.namespace = Some(value),
            "instanceid" => self.submit.instance_id = value,
            "name" => self.submit.name = value,
            "generate-name" => self.submit.generate_name = value,
            "entrypoint" => self.submit.entrypoint = value,
            "serviceaccount" => self.submit.service_account = value,
            "labels" => self.submit.labels = pairs(&value)?,
            "parameter" => self.submit.parameters.push(parameter(&value)?),
            "priority" => self.submit.priority = Some(number(flag, &value)?),
            "scheduled-time" => self.schedule(value)?,
            "from" => self.from = Some(origin(&value)?),
            "dry-run" => self.dry_run = truth()?,
            "server-dry-run" => self.server_dry_run = truth()?,
            "memoized" => self.memoized = truth()?,
            "restart-successful" => self.restart_successful = truth()?,
            "node-field-selector" => self.nodes = FieldSelector::parse(&value)?,
            "message" => self.message = value,
            "selector" => self.targets.labels = value,
            "field-selector" => self.targets.fields = value,
            "wait" if truth()? => self.wait = Wait::Succeed,
            "watch" | "log" if truth()? && self.wait == Wait::No => self.wait = Wait::Watch,
            "output" => self.has_output = !value.is_empty(),
            "strict" | "verbose" => drop(truth()?),
            // What is shown, and how.
            _ => {}
        }
        Ok(())
    }

    fn schedule(&mut self, time: String) -> Result<()> {
        if time.parse::<jiff::Timestamp>().is_err() {
            let message = "--scheduled-time must be a time such as 2026-01-02T15:04:05-07:00";
            return Err(invalid(message));
        }
        let name = super::submit::SCHEDULED_TIME.to_owned();
        self.submit.annotations = vec![(name, time)];
        Ok(())
    }

    fn checked(self, verb: Verb) -> Result<Self> {
        let is_submit = SUBMITS.contains(&verb);
        if let Some(file) = self.more.first().filter(|_| is_submit) {
            let message = format!("{file:?} names a file, and the workflow comes from the source");
            return Err(invalid(message));
        }
        if self.more.iter().any(String::is_empty) {
            return Err(invalid("an empty text names no workflow"));
        }
        if verb == Submit && self.from.is_some() {
            let message = "--from cannot be combined with a workflow; use operation submit-from";
            return Err(invalid(message));
        }
        let is_dry = is_submit && (self.dry_run || self.server_dry_run);
        if is_dry && (self.wait != Wait::No || (self.dry_run && self.server_dry_run)) {
            let message = "--dry-run, --server-dry-run and waiting exclude each other";
            return Err(invalid(message));
        }
        if is_dry && !self.has_output {
            return Err(invalid("a dry run needs --output"));
        }
        Ok(self)
    }
}

/// Finds a flag of an operation.
fn find(verb: Verb, wanted: impl Fn(&Flag) -> bool) -> Option<&'static Flag> {
    FLAGS
        .iter()
        .filter(|flag| flag.3.is_empty() || flag.3.contains(&verb))
        .find(|flag| wanted(flag))
}

fn unknown(verb: Verb, name: &str) -> Error {
    /// Flags that choose another server, or that read files.
    const ELSEWHERE: [&str; 12] = [
        "argo-server",
        "s",
        "argo-http1",
        "as",
        "context",
        "f",
        "header",
        "H",
        "kubeconfig",
        "parameter-file",
        "server",
        "token",
    ];
    if ELSEWHERE.contains(&name) {
        let message = format!(
            "the flag {name:?} is not supported: workflows are sent to the pod's API server, and parameters are given with -p"
        );
        return Error::permanent(ErrorKind::Unsupported, message);
    }
    invalid(format!("{} has no flag {name:?}", verb.name()))
}

fn lacks_value(name: &str) -> Error {
    invalid(format!("the flag {name:?} needs a value"))
}

fn switch(flag: &str, value: &str) -> Result<bool> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(invalid(format!(
            "the flag {flag:?} is true or false, not {value:?}"
        ))),
    }
}

fn number(flag: &str, value: &str) -> Result<i32> {
    let number = value.parse();
    number.map_err(|_| invalid(format!("the flag {flag:?} needs a number, not {value:?}")))
}

fn parameter(text: &str) -> Result<(String, String)> {
    let pair = text.split_once('=');
    let (name, value) = pair.ok_or_else(|| {
        invalid(format!(
            "a parameter is written as name=value, not {text:?}"
        ))
    })?;
    Ok((name.to_owned(), value.to_owned()))
}

fn pairs(text: &str) -> Result<Vec<(String, String)>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let pair = |text: &str| match text.split('=').collect::<Vec<_>>()[..] {
        [name, value] if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(invalid(format!(
            "labels are written as a=b,c=d, not {text:?}"
        ))),
    };
    text.split(',').map(pair).collect()
}

fn origin(text: &str) -> Result<(String, String)> {
    let (kind, name) = text
        .split_once('/')
        .ok_or_else(|| invalid(format!("--from is written as kind/name, not {text:?}")))?;
    Ok((kind.to_owned(), name.to_owned()))
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::permanent(ErrorKind::ConfigInvalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(verb: Verb, args: &[&str]) -> Result<Arguments> {
        let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
        Arguments::read(verb, &args)
    }

    #[test]
    fn flags_are_read_in_all_their_forms() {
        let args = [
            "--priority",
            "5",
            "-p",
            "a=b c",
            "-px=1",
            "-p=y=2",
            "--labels=a=b,c=d",
            "--wait",
            "-v",
            "--serviceaccount",
            "s",
            "-n",
            "one",
            "--namespace=two",
        ];
        let read = read(Submit, &args).unwrap();
        assert_eq!(read.submit.priority, Some(5));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let parameters = [pair("a", "b c"), pair("x", "1"), pair("y", "2")];
        assert_eq!(read.submit.parameters, parameters);
        assert_eq!(read.submit.labels, [pair("a", "b"), pair("c", "d")]);
        assert_eq!(read.submit.service_account, "s");
        assert_eq!(read.namespace.as_deref(), Some("two"));
        assert_eq!(read.wait, Wait::Succeed);
    }

    #[test]
    fn a_letter_may_mean_different_things() {
        assert_eq!(read(Submit, &["-l", "a=b"]).unwrap().submit.labels.len(), 1);
        assert_eq!(read(Stop, &["-l", "a=b"]).unwrap().targets.labels, "a=b");
        assert_eq!(read(Submit, &["-wv"]).unwrap().wait, Wait::Succeed);
    }

    #[test]
    fn what_is_no_flag_names_more_workflows() {
        let read = read(Retry, &["w2", "--", "-w3"]).unwrap();
        assert_eq!(read.more, ["w2", "-w3"]);
    }

    #[test]
    fn what_the_command_would_refuse_is_refused() {
        for (verb, args) in [
            (Submit, &["extra"][..]),
            (Submit, &[""]),
            (Submit, &["--", "extra"]),
            (Submit, &["--from", "cronwf/x"]),
            (Submit, &["--priority", "high"]),
            (Submit, &["-p", "no-value"]),
            (Submit, &["-p"]),
            (Submit, &["--labels", "a"]),
            (Submit, &["--memoized"]),
            (Submit, &["--dry-run"]),
            (Submit, &["--dry-run", "--wait", "-o", "json"]),
            (Submit, &["--wait=maybe"]),
            (SubmitFrom, &["--scheduled-time", "noon"]),
            (Retry, &[""]),
            (Suspend, &["-w"]),
            (Stop, &["--node-field-selector", "phase"]),
        ] {
            let error = read(verb, args).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{args:?}");
        }
        let error = read(Submit, &["--kubeconfig", "x"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }

    use Verb::Suspend;
}
