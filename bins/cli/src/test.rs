//! `argo-events test`: sensors against events from files. No server, no clock, nothing is sent.
//!
//! [`sensors`] compiles what the manifests say, [`feed`] reads events, [`course`] lets sensors take
//! them one by one. Then either [`tell`] shows every decision, or [`expect`] compares what came of
//! it with what was expected, and [`report`] says so.

mod compare;
mod course;
mod expect;
mod feed;
mod item;
mod junit;
mod report;
mod sensors;
mod subjects;
mod tell;
mod value;

use crate::{
    arguments::{Test, TestOutput},
    exit::{Exit, Failure},
    paint::Paint,
};
use course::Course;
use sensors::Sensors;
use serde_json::json;
use std::{io::Write as _, path::Path};
use tokio::runtime::Runtime;

pub(crate) fn run(arguments: &Test) -> Result<Exit, Failure> {
    let sensors = Sensors::load(&arguments.paths)?;
    let runtime = runtime()?;
    let (text, exit) = match &arguments.expect {
        Some(file) => check(arguments, &sensors, file, &runtime)?,
        None => explain(arguments, &sensors, &runtime)?,
    };
    // A closed pipe means that the reader has seen enough.
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
    Ok(exit)
}

/// Rendering is asynchronous, since kinds of triggers may have to look things up.
fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Unreachable, format!("no runtime: {error}")))
}

/// Shows what each sensor makes of the events.
fn explain(
    arguments: &Test,
    sensors: &Sensors,
    runtime: &Runtime,
) -> Result<(String, Exit), Failure> {
    if arguments.output == TestOutput::Junit {
        let message = "--output junit reports expectations; name them with --expect FILE";
        return Err(Failure::new(Exit::CallWrong, message));
    }
    let steps = feed::arguments(&arguments.events, &sensors.subjects)
        .map_err(|message| Failure::new(Exit::InputWrong, message))?;
    let mut courses = Vec::with_capacity(sensors.plans.len());
    for plan in &sensors.plans {
        let course = runtime.block_on(Course::run(plan, &steps));
        courses.push(course.map_err(|error| Failure::new(Exit::InputWrong, error))?);
    }
    let text = match arguments.output {
        TestOutput::Json => {
            let all: Vec<_> = courses.iter().map(value::course).collect();
            json!({ "sensors": all }).to_string()
        }
        _ => tell::courses(&courses, &sensors.subjects, Paint::stdout()),
    };
    let failed = courses.iter().any(Course::cannot_render);
    Ok((text, if failed { Exit::InputWrong } else { Exit::Fine }))
}

/// Compares what comes of the cases of a file with what they expect.
fn check(
    arguments: &Test,
    sensors: &Sensors,
    file: &Path,
    runtime: &Runtime,
) -> Result<(String, Exit), Failure> {
    let cases = expect::read(file, sensors)?;
    let mut results = Vec::with_capacity(cases.len());
    for case in cases {
        let course = runtime.block_on(Course::run(&case.plan, &case.steps));
        let course = course.map_err(|error| Failure::new(Exit::InputWrong, error))?;
        results.push(report::Checked::of(case, course));
    }
    let text = match arguments.output {
        TestOutput::Text => report::text(&results, &sensors.subjects, Paint::stdout()),
        TestOutput::Json => report::json(&results).to_string(),
        TestOutput::Junit => junit::write(file, &results),
    };
    let failed = results.iter().any(|result| !result.differences.is_empty());
    Ok((text, if failed { Exit::InputWrong } else { Exit::Fine }))
}
