//! A compiled expression.

use super::{
    EvaluateError, Limits, ParseError, Value,
    evaluate::{Budget, Evaluation},
    lexer, plan,
    stage::Stage,
    syntax,
};

/// An expression that can be evaluated any number of times.
#[derive(Clone, Debug)]
pub struct Expression {
    stage: Stage,
    variables: Vec<String>,
    limits: Limits,
}

impl Expression {
    /// Compiles a text.
    ///
    /// ```
    /// use argo_events_expr::govaluate::Expression;
    /// let mistake = Expression::parse("amount = 5").unwrap_err();
    /// assert_eq!(mistake.to_string(), "Invalid token: '='");
    /// assert_eq!((mistake.offset(), mistake.expectation()), (7, Some("`==`, which compares")));
    /// ```
    ///
    /// # Errors
    /// When the text is no expression, or longer or deeper than the default [`Limits`] allow.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, Limits::default())
    }

    /// Compiles a text within limits of one's own.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_with(text: &str, limits: Limits) -> Result<Self, ParseError> {
        if text.len() > limits.max_length {
            let (length, most) = (text.len(), limits.max_length);
            let message = format!("expression is {length} bytes long, at most {most} are read");
            return Err(ParseError::new(message, most).expected("a shorter expression"));
        }
        let tokens = lexer::tokens(text)?;
        syntax::check(&tokens, text.len())?;
        let (stage, variables) = plan::plan(&tokens, limits)?;
        Ok(Self {
            stage,
            variables,
            limits,
        })
    }

    /// Lists the names that values are bound to, in the order in which [`Self::evaluate`] takes them.
    #[must_use]
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Computes the value; `values` are those of [`Self::variables`], `None` for one without.
    ///
    /// # Errors
    /// When an operator refuses a value, a variable that is needed has none, or the limits end.
    pub fn evaluate<'v>(
        &'v self,
        values: &'v [Option<Value<'v>>],
    ) -> Result<Value<'v>, EvaluateError> {
        let mut evaluation = Evaluation {
            names: &self.variables,
            values,
            budget: Budget::of(self.limits),
        };
        evaluation.stage(&self.stage)
    }
}
