//! What to do about one group, and about an object that moves into one.

use super::{
    Group, PENDING, group_of,
    resources::{self, Files},
};
use crate::{
    Action, Plan, Settings, check,
    children::{self, Reasons},
    object::{self, Ownership},
    workload::{self, Bus, Flavour, Obstacle, bus_named, deployments},
};
use serde_json::Value;

/// What a plan for a group is made from.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The group.
    pub group: &'a Group,
    /// Objects of the namespace and kind; only those that belong to the group count.
    pub objects: &'a [Value],
    /// The EventBus.
    pub bus: Bus<'a>,
    /// Deployments and ConfigMaps of the namespace with the label of the group.
    pub children: &'a [Value],
}

/// Reasons of what a group is made of.
const PACKED: Reasons = Reasons {
    create: "CreateDeploymentFailed",
    update: "UpdateDeploymentFailed",
};

/// Compares what the objects of a group ask for with what exists; the plan has no status.
///
/// An object that is wrong is left out, or goes on as it was before it became wrong; the others do
/// not notice.
pub fn plan(observed: &Observed<'_>, settings: &Settings) -> Plan {
    let files = files(observed, settings);
    if files.is_empty() {
        return Plan {
            actions: remove(observed, |_| true),
            ..Plan::default()
        };
    }
    match settle(observed, &files, settings) {
        Ok(actions) => Plan {
            actions,
            ..Plan::default()
        },
        Err(obstacle) => Plan {
            error: Some(obstacle.message()),
            ..Plan::default()
        },
    }
}

fn settle(
    observed: &Observed<'_>,
    files: &Files,
    settings: &Settings,
) -> Result<Vec<Action>, Obstacle> {
    let group = observed.group;
    let bus = bus_named(&group.bus, observed.bus)?;
    let maps = resources::config_maps(group, bus, files);
    let deployment = resources::deployment(group, bus, files, &maps, settings)
        .map_err(|why| Obstacle::unbuildable("BuildDeploymentSpecFailed", why))?;
    let kept: Vec<String> = maps
        .iter()
        .chain([&deployment])
        .map(|child| object::name(child).to_owned())
        .collect();
    let mut actions = Vec::new();
    // Pods are started when their files are there; files go when no pod is told of them any more.
    for child in maps.into_iter().chain([deployment]) {
        let found = children::find(
            observed.children,
            object::kind(&child),
            object::name(&child),
        );
        actions.extend(children::ensure(child, found, bus, PACKED));
    }
    actions.extend(remove(observed, |child| {
        !kept.iter().any(|name| name == object::name(child))
    }));
    Ok(actions)
}

fn remove(observed: &Observed<'_>, unwanted: impl Fn(&Value) -> bool) -> Vec<Action> {
    let group = Some(observed.group);
    let found = observed.children.iter().filter(|child| {
        Group::of_child(child).as_ref() == group && !object::is_deleting(child) && unwanted(child)
    });
    found
        .map(|child| children::delete(child, PACKED.update))
        .collect()
}

/// Returns the files of the objects, sorted by name.
fn files(observed: &Observed<'_>, settings: &Settings) -> Files {
    let members = observed.objects.iter().filter(|object| {
        !object::is_deleting(object) && group_of(object, settings).as_ref() == Some(observed.group)
    });
    let mut files: Vec<(String, Value)> = members
        .filter_map(|object| {
            let name = resources::file_name(object);
            let text = if check::errors(object, settings).is_empty() {
                workload::resources::bare(object).to_string().into()
            } else {
                before(observed, &name)?
            };
            Some((name, text))
        })
        .collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    files.into_iter().collect()
}

/// Returns the file as it is now.
fn before(observed: &Observed<'_>, name: &str) -> Option<Value> {
    let mut texts = observed.children.iter().map(|child| &child["data"][name]);
    texts.find(|text| text.is_string()).cloned()
}

/// Returns what to do about an object that runs in a group: its own pods, and the file that they
/// read, end once one of the group that has it is ready.
pub(crate) fn move_in(
    observed: &workload::Observed<'_>,
    flavour: &Flavour,
    group: &Group,
) -> Result<Vec<Action>, Obstacle> {
    let own = deployments(observed, flavour);
    let lacks = match observed.packed_into {
        None => Some("is not there yet with this object as it is now"),
        // Whether pods are ready keeps none from counting as deployed, here as elsewhere.
        Some(shared) if !own.is_empty() && !object::has_current_pods(shared) => {
            Some("is not ready with this object yet; its own pods stay until then")
        }
        Some(_) => None,
    };
    if let Some(lacks) = lacks {
        let message = format!("Deployment {} that it shares {lacks}", group.name());
        return Err(Obstacle::unbuildable(PENDING, message));
    }
    let owner = observed.object;
    let name = workload::resources::object_name(flavour, owner);
    let file = children::find(observed.children, "ConfigMap", &name).filter(|file| {
        object::ownership(file, owner) == Ownership::Ours && !object::is_deleting(file)
    });
    Ok(own
        .into_iter()
        .chain(file)
        .map(|own| children::delete(own, PACKED.update))
        .collect())
}
