//! Reads expectations: cases with events and what they must bring about. See `docs/testing.md`.

use super::{
    feed,
    item::{Maker, Step},
    sensors::Sensors,
};
use crate::exit::{Exit, Failure};
use argo_events::{
    api,
    core::FieldPath,
    manifest::{Located, MAX_FILE_BYTES, Place},
    sensor::runtime::SensorPlan,
};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// A case that is ready to run.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) plan: Arc<SensorPlan>,
    pub(crate) steps: Vec<Step>,
    pub(crate) expect: Expect,
}

/// What a case expects; what it does not name may be as it likes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Expect {
    /// The triggers that fire, each as often as it does.
    pub(crate) fired: Option<Vec<String>>,
    /// Triggers that do not fire.
    pub(crate) not_fired: Vec<String>,
    /// Parts of what would be sent; a list says it firing by firing.
    pub(crate) rendered: BTreeMap<String, Value>,
    /// Dependencies that turn an event away, with a part of the reason.
    pub(crate) filtered: BTreeMap<String, Option<String>>,
    /// What triggers still need at the end, as `missing` shows it.
    pub(crate) missing: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    sensor: Option<String>,
    events: Vec<Value>,
    expect: Expect,
}

/// Reads the cases of a file. All that is wrong is reported at once.
pub(crate) fn read(file: &Path, sensors: &Sensors) -> Result<Vec<Case>, Failure> {
    let shown = file.display().to_string();
    let wrong = |message: String| Failure::new(Exit::InputWrong, message);
    let text = text_of(file).map_err(|error| wrong(format!("{shown}: {error}")))?;
    let documents = Located::read(&shown, text).map_err(|found| {
        let text = found.to_string();
        Failure::listing(Exit::InputWrong, text.trim_end())
    })?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let (mut cases, mut faults) = (Vec::new(), Vec::new());
    let reader = Reader { sensors, folder };
    for document in &documents {
        for (path, value) in listed(document, &mut faults) {
            let place = document.place_of(&path);
            match reader.case(value, place.clone(), cases.len()) {
                Ok(case) => cases.push(case),
                Err(fault) => faults.push(format!("{place}: {fault}")),
            }
        }
    }
    if cases.is_empty() && faults.is_empty() {
        faults.push(format!(
            "{shown}: no case was found; write a list under `cases`"
        ));
    }
    match faults.as_slice() {
        [] => Ok(cases),
        faults => Err(wrong(faults.join("\nerror: "))),
    }
}

fn text_of(file: &Path) -> Result<String, String> {
    let length = std::fs::metadata(file)
        .map_err(|error| error.to_string())?
        .len();
    if length > MAX_FILE_BYTES {
        return Err(format!("{length} bytes are more than {MAX_FILE_BYTES}"));
    }
    std::fs::read_to_string(file).map_err(|error| error.to_string())
}

/// Lists the cases of a document: a list, or an object with the list under `cases`.
fn listed<'a>(
    document: &'a Located<Value>,
    faults: &mut Vec<String>,
) -> Vec<(FieldPath, &'a Value)> {
    let root = FieldPath::root();
    let found = match (&**document, document.get("cases")) {
        (Value::Array(cases), _) => Some((root, cases)),
        (Value::Object(object), Some(Value::Array(cases))) if object.len() == 1 => {
            Some((root.field("cases"), cases))
        }
        _ => None,
    };
    let Some((path, cases)) = found else {
        let place = document.place();
        faults.push(format!(
            "{place}: expected a list of cases under `cases`, and nothing else"
        ));
        return Vec::new();
    };
    cases
        .iter()
        .enumerate()
        .map(|(index, case)| (path.index(index), case))
        .collect()
}

struct Reader<'a> {
    sensors: &'a Sensors,
    folder: &'a Path,
}

impl Reader<'_> {
    fn case(&self, value: &Value, place: Place, before: usize) -> Result<Case, String> {
        let written: Written =
            serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        let name = written
            .name
            .unwrap_or_else(|| format!("case {}", before + 1));
        let in_case = |message: String| format!("case `{name}`: {message}");
        let index = self.sensor(written.sensor.as_deref()).map_err(in_case)?;
        check(&written.expect, &self.sensors.specs[index]).map_err(in_case)?;
        let mut maker = Maker::new(&self.sensors.subjects);
        let mut steps = Vec::new();
        for event in &written.events {
            let read = match event {
                Value::String(name) => feed::file(name, self.folder, &mut maker),
                item => maker
                    .item(&item.to_string(), self.folder)
                    .map(|step| vec![step]),
            };
            steps.extend(read.map_err(in_case)?);
        }
        let (plan, expect) = (Arc::clone(&self.sensors.plans[index]), written.expect);
        Ok(Case {
            name,
            place,
            plan,
            steps,
            expect,
        })
    }

    fn sensor(&self, name: Option<&str>) -> Result<usize, String> {
        let names: Vec<_> = self
            .sensors
            .specs
            .iter()
            .map(|it| it.metadata.name.as_str())
            .collect();
        let listed = names.join(", ");
        match (name, names.as_slice()) {
            (None, [_]) => Ok(0),
            (None, _) => Err(format!(
                "which sensor? write `sensor:` with one of {listed}"
            )),
            (Some(name), _) => names
                .iter()
                .position(|known| *known == name)
                .ok_or_else(|| format!("no sensor is called `{name}`; there are: {listed}")),
        }
    }
}

/// Refuses names that are not there: what is expected of them would hold, or fail, for ever.
fn check(expect: &Expect, sensor: &api::Sensor) -> Result<(), String> {
    let templates = sensor
        .spec
        .triggers
        .iter()
        .filter_map(|trigger| trigger.template.as_ref());
    let triggers: Vec<_> = templates.map(|template| template.name.as_str()).collect();
    let dependencies: Vec<_> = sensor
        .spec
        .dependencies
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    let fired = expect.fired.iter().flatten().chain(&expect.not_fired);
    for name in fired
        .chain(expect.rendered.keys())
        .chain(expect.missing.keys())
    {
        known("trigger", name, &triggers)?;
    }
    for name in expect.filtered.keys() {
        known("dependency", name, &dependencies)?;
    }
    let says_nothing = expect.fired.is_none()
        && expect.not_fired.is_empty()
        && expect.rendered.is_empty()
        && expect.filtered.is_empty()
        && expect.missing.is_empty();
    if says_nothing {
        return Err("expects nothing; write `fired`, such as `fired: []`".to_owned());
    }
    Ok(())
}

fn known(what: &str, name: &str, names: &[&str]) -> Result<(), String> {
    if names.contains(&name) {
        return Ok(());
    }
    Err(format!(
        "no {what} is called `{name}`; there are: {}",
        names.join(", ")
    ))
}
