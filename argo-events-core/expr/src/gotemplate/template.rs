//! A template that is compiled once and rendered many times.

use super::{
    CompileError, Limits, RenderError,
    error::Place,
    exec::{self, Program},
    parse::{Definitions, Parser},
};
use crate::govalue::{Functions, Host, Run, Text, Value};
use std::{collections::HashMap, rc::Rc, sync::Arc};

/// A template that is compiled once and rendered many times, on any thread.
///
/// ```
/// use argo_events_expr::{gotemplate::{Functions, Template}, govalue::Value};
/// let text = "{{ range $i, $e := .Input.items }}{{ $i }}={{ $e }} {{ end }}";
/// let template = Template::compile("items", text, &Functions::default())?;
/// let input = Value::map([("Input", Value::from_json(r#"{"items": ["a", 1e6]}"#))]);
/// assert_eq!(template.render(input)?, b"0=a 1=1e+06 ");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Template(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    name: String,
    text: Text,
    definitions: Definitions,
    limits: Limits,
}

impl Template {
    /// Compiles a template with the functions that it may call besides the ones it always knows.
    ///
    /// The name stands in messages; [`Self::render`] renders the definition that has it.
    ///
    /// # Errors
    /// When the text is no template or exceeds a limit.
    pub fn compile(
        name: impl Into<String>,
        text: impl AsRef<[u8]>,
        functions: &Functions,
    ) -> Result<Self, CompileError> {
        Self::compile_within(name, text, functions, Limits::default())
    }

    /// Compiles a template within limits other than the usual ones.
    ///
    /// # Errors
    /// When the text is no template or exceeds a limit.
    pub fn compile_within(
        name: impl Into<String>,
        text: impl AsRef<[u8]>,
        functions: &Functions,
        limits: Limits,
    ) -> Result<Self, CompileError> {
        let (name, text) = (name.into(), text.as_ref());
        let owned = Text::from(text);
        let definitions = if text.len() > limits.text {
            return Err(too_long(&name, limits.text));
        } else if text.windows(2).any(|pair| pair == b"{{") {
            Parser::new(&name, &owned, functions, &limits).parse()?
        } else {
            plain(&name, &owned)
        };
        Ok(Self(Arc::new(Compiled {
            name,
            text: owned,
            definitions,
            limits,
        })))
    }

    /// Gives the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Renders the template for an input, without anything of the world around.
    ///
    /// # Errors
    /// When a part of the template does not fit the input, a function fails or a limit is reached.
    pub fn render(&self, input: Value) -> Result<Vec<u8>, RenderError> {
        self.render_in(&mut Run::new(self.0.limits.of_run()), input)
    }

    /// Renders the template for an input; what its functions ask for comes from a host.
    ///
    /// # Errors
    /// When a part of the template does not fit the input, a function fails or a limit is reached.
    pub fn render_on(&self, host: Rc<dyn Host>, input: Value) -> Result<Vec<u8>, RenderError> {
        self.render_in(&mut Run::on(host, self.0.limits.of_run()), input)
    }

    /// Renders the template as part of a run that has begun.
    ///
    /// # Errors
    /// When a part of the template does not fit the input, a function fails or a limit is reached.
    pub fn render_in(&self, run: &mut Run, input: Value) -> Result<Vec<u8>, RenderError> {
        let program = Program {
            name: &self.0.name,
            text: &self.0.text,
            definitions: &self.0.definitions,
            limits: &self.0.limits,
        };
        exec::render(program, input, run)
    }
}

fn too_long(name: &str, limit: usize) -> CompileError {
    CompileError {
        message: format!("template: {name}:1: text is longer than {limit} bytes"),
        place: Place::of(b"", 0),
        hint: None,
    }
}

/// Makes the definitions of a text without actions.
fn plain(name: &str, text: &Text) -> Definitions {
    let nodes = vec![super::tree::Node::Text(text.clone())];
    HashMap::from([(name.into(), super::tree::List { start: 0, nodes })])
}
