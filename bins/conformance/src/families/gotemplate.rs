//! Family `gotemplate`: templates with the functions of sprig, on an input of JSON.

use crate::{Outcome, vectors};
use argo_events_expr::{
    gotemplate::{CompileError, RenderError, Template},
    gotime::Time,
    govalue::{self, Moment},
    sprig,
};
use serde_json::Value;
use std::rc::Rc;

/// Runs one vector.
pub(super) fn check(vector: &Value) -> Outcome {
    let got = render(vector);
    let wanted = match vector["error"] == true {
        true => Err(vector["message"].as_str().unwrap_or_default().to_owned()),
        false => Ok(vectors::bytes(vector, "want").unwrap_or_default()),
    };
    let stage = vector["stage"].as_str();
    let got_stage = got.as_ref().err().map(Failure::stage);
    let got = got.map_err(|failure| failure.message().to_owned());
    if got == wanted && (stage.is_none() || stage == got_stage) {
        return Outcome::Passed;
    }
    Outcome::failed(shown(&wanted), shown(&got))
}

/// Why a vector's template gave no text.
enum Failure {
    Compile(CompileError),
    Render(RenderError),
}

impl Failure {
    fn stage(&self) -> &'static str {
        match self {
            Self::Compile(_) => "parse",
            Self::Render(_) => "exec",
        }
    }

    fn message(&self) -> &str {
        match self {
            Self::Compile(error) => error.message(),
            Self::Render(error) => error.message(),
        }
    }
}

fn render(vector: &Value) -> Result<Vec<u8>, Failure> {
    let bytes = |field| vectors::bytes(vector, field).unwrap_or_default();
    let template = Template::compile("param", bytes("template"), &sprig::functions());
    let template = template.map_err(Failure::Compile)?;
    let input = govalue::Value::from_json(bytes("data"));
    // Any moment will do: what shows it is left out of the vectors.
    let host = Rc::new(Moment::at(Time::unix(1_700_000_000, 0)));
    let rendered = template.render_on(host, govalue::Value::map([("Input", input)]));
    rendered.map_err(Failure::Render)
}

fn shown(result: &Result<Vec<u8>, String>) -> String {
    match result {
        Ok(text) => format!("{:?}", String::from_utf8_lossy(text)),
        Err(message) => format!("error: {message}"),
    }
}
