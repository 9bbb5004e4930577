//! Compiled texts and what they run on.

use super::{Language, Nowhere, Output, RunError, World};
use crate::gjson::Found;
use std::{fmt, sync::Arc};

/// What a program runs on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// A JSON document.
    Json(&'a [u8]),
    /// A text: what a template sees as its input, what a pattern searches.
    Text(&'a [u8]),
    /// A value for each of [`Program::variables`]; one that does not exist leaves its name unbound.
    Fields(&'a [Found<'a>]),
}

/// A compiled text of any language.
#[derive(Clone)]
pub struct Program {
    language: Language,
    compiled: Arc<dyn Compiled>,
}

/// What a language gives to [`Program`].
pub(super) trait Compiled: Send + Sync {
    /// Runs the program.
    fn run<'a>(
        &'a self,
        input: Input<'a>,
        world: &'static dyn World,
    ) -> Result<Output<'a>, RunError>;

    /// Makes another document of a document.
    fn reshape(&self, _document: &[u8], _world: &'static dyn World) -> Result<Vec<u8>, RunError> {
        Err(RunError::new("this program makes no documents"))
    }

    /// Lists the names that values are bound to.
    fn variables(&self) -> &[String] {
        &[]
    }
}

impl Program {
    pub(super) fn of(language: Language, compiled: impl Compiled + 'static) -> Self {
        Self {
            language,
            compiled: Arc::new(compiled),
        }
    }

    /// Runs the program in no world in particular; nothing remains of one run in the next.
    ///
    /// Its output depends on its input alone, but for Lua scripts and jq programs that ask for the
    /// time, and Lua scripts that ask for random numbers: they get the machine's. Programs of other
    /// languages fail where they ask.
    ///
    /// # Errors
    /// When the program fails, when the limits end, and on an input of a kind that it does not take.
    pub fn run<'a>(&'a self, input: Input<'a>) -> Result<Output<'a>, RunError> {
        self.compiled.run(input, &Nowhere)
    }

    /// Runs the program, which may ask a world for the time and for random numbers.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_in<'a>(
        &'a self,
        input: Input<'a>,
        world: &'static dyn World,
    ) -> Result<Output<'a>, RunError> {
        self.compiled.run(input, world)
    }

    /// Makes another JSON document of a JSON document, as transforms do.
    ///
    /// # Errors
    /// When the program fails, when the limits end, when what it gives is no object or table, and
    /// always but for Lua scripts and jq programs.
    pub fn reshape_in(
        &self,
        document: &[u8],
        world: &'static dyn World,
    ) -> Result<Vec<u8>, RunError> {
        self.compiled.reshape(document, world)
    }

    /// Lists the names that [`Input::Fields`] gives values to; only filter expressions have some.
    #[must_use]
    pub fn variables(&self) -> &[String] {
        self.compiled.variables()
    }

    /// Says which language the program is written in.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{:?}", self.language);
        formatter.debug_tuple("Program").field(&name).finish()
    }
}
