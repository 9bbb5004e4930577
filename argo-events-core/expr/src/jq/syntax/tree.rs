//! The tree of a program.

/// Definitions and what they are for.
#[derive(Clone, Debug)]
pub(in crate::jq) struct Query {
    pub(in crate::jq) definitions: Vec<Definition>,
    pub(in crate::jq) body: Body,
    /// How deep the tree is below.
    pub(super) height: u32,
}

/// What a query does.
#[derive(Clone, Debug)]
pub(in crate::jq) enum Body {
    /// Nothing was written.
    Missing,
    Term(Box<Term>),
    /// `a | b | c`.
    Pipe(Vec<Query>),
    /// `a, b, c`.
    Comma(Vec<Query>),
    /// `a as $x ?// [$x] | b`.
    Bind(Box<Query>, Vec<Pattern>, Box<Query>),
    Binary(Operator, Box<Query>, Box<Query>),
}

/// `def name(parameters): body;`.
#[derive(Clone, Debug)]
pub(in crate::jq) struct Definition {
    pub(in crate::jq) name: String,
    pub(in crate::jq) parameters: Vec<String>,
    pub(in crate::jq) body: Query,
}

/// Something with suffixes.
#[derive(Clone, Debug)]
pub(in crate::jq) struct Term {
    pub(in crate::jq) kind: TermKind,
    pub(in crate::jq) suffixes: Vec<Suffix>,
    pub(super) height: u32,
}

/// What a term is before its suffixes.
#[derive(Clone, Debug)]
pub(in crate::jq) enum TermKind {
    Identity,
    Recurse,
    Null,
    True,
    False,
    Index(Index),
    Call(Call),
    Object(Vec<Member>),
    Array(Option<Query>),
    Number(String),
    /// A sign before a term: whether it is a minus.
    Signed(bool, Box<Term>),
    Format(FormatText),
    Text(Template),
    If(If),
    Try(Box<(Query, Option<Query>)>),
    Reduce(Box<Loop>),
    Foreach(Box<Loop>, Option<Box<Query>>),
    Label(String, Query),
    Break(String, usize),
    Query(Query),
}

/// A function or variable by name.
#[derive(Clone, Debug)]
pub(in crate::jq) struct Call {
    pub(in crate::jq) name: String,
    pub(in crate::jq) arguments: Vec<Query>,
    /// Where it is written.
    pub(in crate::jq) at: usize,
}

/// `@name`, or `@name "text"`.
#[derive(Clone, Debug)]
pub(in crate::jq) struct FormatText {
    pub(in crate::jq) name: String,
    pub(in crate::jq) text: Option<Template>,
    pub(in crate::jq) at: usize,
}

/// A string; without interpolations only its text.
#[derive(Clone, Debug)]
pub(in crate::jq) enum Template {
    Plain(String),
    /// Texts and queries in turn, as terms.
    Pieces(Vec<Query>),
}

/// `.name`, `."text"`, `[query]` or `[from:to]`.
#[derive(Clone, Debug)]
pub(in crate::jq) enum Index {
    Name(String),
    Text(Template),
    Query(Query),
    Slice(Box<(Option<Query>, Option<Query>)>),
}

/// What follows a term.
#[derive(Clone, Debug)]
pub(in crate::jq) enum Suffix {
    Index(Index),
    Iterate,
    Optional,
}

/// `if condition then consequence elif … else alternative end`.
#[derive(Clone, Debug)]
pub(in crate::jq) struct If {
    /// Conditions and consequences, at least one.
    pub(in crate::jq) branches: Vec<(Query, Query)>,
    pub(in crate::jq) alternative: Option<Query>,
}

/// `reduce` and `foreach`.
#[derive(Clone, Debug)]
pub(in crate::jq) struct Loop {
    pub(in crate::jq) source: Query,
    pub(in crate::jq) pattern: Pattern,
    pub(in crate::jq) start: Query,
    pub(in crate::jq) update: Query,
}

/// A member of an object that is made.
#[derive(Clone, Debug)]
pub(in crate::jq) struct Member {
    pub(in crate::jq) key: Key,
    pub(in crate::jq) value: Option<Query>,
}

/// The name of a member.
#[derive(Clone, Debug)]
pub(in crate::jq) enum Key {
    Name(String),
    /// `$name`, with where it is written.
    Variable(String, usize),
    Text(Template),
    Query(Query),
}

/// What values are taken apart with.
#[derive(Clone, Debug)]
pub(in crate::jq) enum Pattern {
    Variable(String),
    Array(Vec<Pattern>),
    Object(Vec<PatternMember>),
}

/// A member of an object that is taken apart.
#[derive(Clone, Debug)]
pub(in crate::jq) struct PatternMember {
    pub(in crate::jq) key: Key,
    pub(in crate::jq) value: Option<Pattern>,
}

/// An operator between two expressions, other than `|`, `,` and `as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::jq) enum Operator {
    Alternative,
    Assign,
    Modify,
    UpdateAdd,
    UpdateSubtract,
    UpdateMultiply,
    UpdateDivide,
    UpdateModulo,
    UpdateAlternative,
    Or,
    And,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Query {
    pub(super) fn new(definitions: Vec<Definition>, body: Body) -> Self {
        let below = definitions.iter().map(|definition| definition.body.height);
        let height = 1 + below.max().unwrap_or(0).max(body.height());
        Self {
            definitions,
            body,
            height,
        }
    }

    pub(in crate::jq) fn of(kind: TermKind) -> Self {
        Self::from(Term::of(kind))
    }

    pub(in crate::jq) fn call(name: &str, arguments: Vec<Query>) -> Self {
        let name = name.to_owned();
        Self::of(TermKind::Call(Call {
            name,
            arguments,
            at: 0,
        }))
    }

    pub(in crate::jq) fn binary(operator: Operator, left: Query, right: Query) -> Self {
        let body = Body::Binary(operator, Box::new(left), Box::new(right));
        Self::new(Vec::new(), body)
    }
}

impl From<Term> for Query {
    fn from(term: Term) -> Self {
        Self::new(Vec::new(), Body::Term(Box::new(term)))
    }
}

impl Term {
    pub(in crate::jq) fn of(kind: TermKind) -> Self {
        Self {
            height: 1 + kind.height(),
            kind,
            suffixes: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, suffix: Suffix) {
        let below = match &suffix {
            Suffix::Index(index) => index.height(),
            Suffix::Iterate | Suffix::Optional => 0,
        };
        self.height = 1 + self.height.max(below);
        self.suffixes.push(suffix);
    }
}

fn highest<'q>(queries: impl IntoIterator<Item = &'q Query>) -> u32 {
    queries
        .into_iter()
        .map(|query| query.height)
        .max()
        .unwrap_or(0)
}

impl Body {
    fn height(&self) -> u32 {
        match self {
            Self::Missing => 0,
            Self::Term(term) => term.height,
            Self::Pipe(queries) | Self::Comma(queries) => highest(queries),
            Self::Bind(source, patterns, body) => {
                let patterns = patterns.iter().map(Pattern::height).max();
                source.height.max(body.height).max(patterns.unwrap_or(0))
            }
            Self::Binary(_, left, right) => left.height.max(right.height),
        }
    }
}

impl TermKind {
    fn height(&self) -> u32 {
        match self {
            Self::Index(index) => index.height(),
            Self::Call(call) => highest(&call.arguments),
            Self::Object(members) => {
                let heights = members.iter().map(|member| {
                    let key = member.key.height();
                    key.max(highest(&member.value))
                });
                heights.max().unwrap_or(0)
            }
            Self::Array(query) => highest(query),
            Self::Signed(_, term) => term.height,
            Self::Format(format) => format.text.as_ref().map_or(0, Template::height),
            Self::Text(template) => template.height(),
            Self::If(condition) => condition.height(),
            Self::Try(parts) => parts.0.height.max(highest(&parts.1)),
            Self::Reduce(parts) => parts.height(),
            Self::Foreach(parts, extract) => parts.height().max(highest(extract.as_deref())),
            Self::Label(_, query) | Self::Query(query) => query.height,
            _ => 0,
        }
    }
}

impl If {
    fn height(&self) -> u32 {
        let branches = self
            .branches
            .iter()
            .zip(1..)
            .map(|((condition, then), place)| condition.height.max(then.height) + place);
        let last = highest(&self.alternative) + self.branches.len() as u32;
        branches.max().unwrap_or(0).max(last)
    }
}

impl Loop {
    fn height(&self) -> u32 {
        highest([&self.source, &self.start, &self.update]).max(self.pattern.height())
    }
}

impl Template {
    /// Pieces are added up from left to right, so that each is a level.
    fn height(&self) -> u32 {
        match self {
            Self::Plain(_) => 0,
            Self::Pieces(pieces) => highest(pieces) + pieces.len() as u32,
        }
    }
}

impl Index {
    fn height(&self) -> u32 {
        match self {
            Self::Name(_) => 0,
            Self::Text(template) => template.height(),
            Self::Query(query) => query.height,
            Self::Slice(bounds) => highest(&bounds.0).max(highest(&bounds.1)),
        }
    }
}

impl Key {
    fn height(&self) -> u32 {
        match self {
            Self::Name(_) | Self::Variable(..) => 0,
            Self::Text(template) => template.height(),
            Self::Query(query) => query.height,
        }
    }
}

impl Pattern {
    fn height(&self) -> u32 {
        let below = match self {
            Self::Variable(_) => None,
            Self::Array(patterns) => patterns.iter().map(Self::height).max(),
            Self::Object(members) => {
                let heights = members.iter().map(|member| {
                    let value = member.value.as_ref().map_or(0, Self::height);
                    value.max(member.key.height())
                });
                heights.max()
            }
        };
        1 + below.unwrap_or(0)
    }
}
