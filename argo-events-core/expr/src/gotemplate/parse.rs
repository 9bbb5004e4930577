//! Reads the structure of a template: texts, actions and what they enclose.

use super::{
    error::CompileError,
    lex::Lexer,
    limits::Limits,
    pipeline::Context,
    quote::unquote,
    token::{Keyword, Kind, Token},
    tree::{Action, Branch, Invocation, List, Node},
};
use crate::govalue::{Functions, Text};
use std::{collections::HashMap, sync::Arc};

/// A template's definitions by name.
pub(super) type Definitions = HashMap<Text, List>;

/// A parser on its way through the text.
#[derive(Debug)]
pub(super) struct Parser<'t> {
    pub(super) name: &'t str,
    pub(super) text: &'t Text,
    pub(super) functions: &'t Functions,
    pub(super) limits: &'t Limits,
    lexer: Lexer<'t>,
    /// Pieces that were looked at, the next one last; the first is the last that was read.
    tokens: [Option<Token<'t>>; 3],
    peeked: usize,
    /// Where the last piece read begins, for messages.
    pub(super) last: usize,
    definitions: Definitions,
    /// What is known within the definition that is read.
    pub(super) scope: Scope,
    /// How deep actions and parentheses nest.
    pub(super) nesting: usize,
    /// The line where the action began that is read.
    action: Option<usize>,
}

/// What is known within one definition.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) variables: Vec<Arc<str>>,
    ranges: usize,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            variables: vec!["$".into()],
            ranges: 0,
        }
    }
}

/// What ends a list of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    End,
    Else,
}

impl Ending {
    fn shown(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

/// A node, or the end of a list of them.
enum Item {
    Node(Node),
    Ending(Ending, usize),
}

type Result<T> = std::result::Result<T, CompileError>;

impl<'t> Parser<'t> {
    pub(super) fn new(
        name: &'t str,
        text: &'t Text,
        functions: &'t Functions,
        limits: &'t Limits,
    ) -> Self {
        Self {
            name,
            text,
            functions,
            limits,
            lexer: Lexer::new(text),
            tokens: [None, None, None],
            peeked: 0,
            last: 0,
            definitions: HashMap::new(),
            scope: Scope::default(),
            nesting: 0,
            action: None,
        }
    }

    /// Reads the whole text.
    pub(super) fn parse(mut self) -> Result<Definitions> {
        let mut root = List::default();
        while !self.peek().is(Kind::End) {
            if self.peek().is(Kind::LeftDelimiter) {
                let delimiter = self.next();
                if self.next_word().is_keyword(Keyword::Define) {
                    self.definition()?;
                    continue;
                }
                self.back_two(delimiter);
            }
            match self.text_or_action()? {
                Item::Node(node) => root.nodes.push(node),
                Item::Ending(ending, _) => {
                    return Err(self.error(format!("unexpected {}", ending.shown())));
                }
            }
        }
        self.define(self.name.into(), root)?;
        Ok(self.definitions)
    }

    /// Reads a definition, of which the first word is behind.
    fn definition(&mut self) -> Result<()> {
        const CONTEXT: &str = "define clause";
        let name = self.next_word();
        let name = self.template_name(&name, CONTEXT)?;
        self.expect(Kind::RightDelimiter, CONTEXT)?;
        let body = self.body()?;
        let list = self.ended(body, CONTEXT)?;
        self.define(name, list)
    }

    /// Reads what a definition encloses, which knows nothing of what is around it.
    fn body(&mut self) -> Result<(List, Ending)> {
        let scope = std::mem::take(&mut self.scope);
        let action = self.action.take();
        let (list, ending, _) = self.deeper(Self::list)?;
        self.scope = scope;
        self.action = action;
        Ok((list, ending))
    }

    fn ended(&self, (list, ending): (List, Ending), context: &str) -> Result<List> {
        match ending {
            Ending::End => Ok(list),
            Ending::Else => {
                let shown = ending.shown();
                Err(self.error(format!("unexpected {shown} in {context}")))
            }
        }
    }

    fn define(&mut self, name: Text, list: List) -> Result<()> {
        match self.definitions.get(&name) {
            Some(known) if !known.is_empty() => {
                if list.is_empty() {
                    return Ok(());
                }
                let name = crate::gostrconv::quote(&name);
                Err(self.error(format!("template: multiple definition of template {name}")))
            }
            _ => {
                self.definitions.insert(name, list);
                Ok(())
            }
        }
    }

    /// Reads up to the end of a list of nodes.
    fn list(&mut self) -> Result<(List, Ending, usize)> {
        let start = self.peek_word().start;
        let mut nodes = Vec::new();
        while !self.peek_word().is(Kind::End) {
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                Item::Ending(ending, place) => return Ok((List { start, nodes }, ending, place)),
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Result<Item> {
        let token = self.next_word();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(self.text.piece(token.text)))),
            Kind::LeftDelimiter => {
                self.action = Some(token.start);
                let item = self.action();
                self.action = None;
                item
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    fn action(&mut self) -> Result<Item> {
        let token = self.next_word();
        let Kind::Keyword(keyword) = token.kind else {
            return self.plain_action();
        };
        Ok(Item::Node(match keyword {
            Keyword::Block => Node::Template(self.block()?),
            Keyword::Break => {
                self.jump("{{break}}")?;
                Node::Break
            }
            Keyword::Continue => {
                self.jump("{{continue}}")?;
                Node::Continue
            }
            Keyword::Else => return self.else_action(),
            Keyword::End => {
                let place = self.expect(Kind::RightDelimiter, "end")?.start;
                return Ok(Item::Ending(Ending::End, place));
            }
            Keyword::If => Node::If(self.branch(Context::If)?),
            Keyword::Range => Node::Range(self.branch(Context::Range)?),
            Keyword::Template => Node::Template(self.template()?),
            Keyword::With => Node::With(self.branch(Context::With)?),
            Keyword::Dot | Keyword::Define | Keyword::Nil => return self.plain_action(),
        }))
    }

    /// Reads a pipeline whose value is written; its first piece was read.
    fn plain_action(&mut self) -> Result<Item> {
        self.back();
        let start = self.peek().start;
        let pipe = self.pipeline(Context::Command, Kind::RightDelimiter)?;
        Ok(Item::Node(Node::Action(Action { start, pipe })))
    }

    fn jump(&mut self, shown: &str) -> Result<()> {
        let token = self.next_word();
        if !token.is(Kind::RightDelimiter) {
            return Err(self.unexpected(&token, shown));
        }
        if self.scope.ranges == 0 {
            return Err(self.error(format!("{shown} outside {{{{range}}}}")));
        }
        Ok(())
    }

    /// Reads the rest of an `else`, unless a condition follows, which is then the next piece.
    fn else_action(&mut self) -> Result<Item> {
        let token = self.peek_word();
        let is_followed = token.is_keyword(Keyword::If) || token.is_keyword(Keyword::With);
        let start = token.start;
        if !is_followed {
            self.expect(Kind::RightDelimiter, "else")?;
        }
        Ok(Item::Ending(Ending::Else, start))
    }

    /// Reads an `if`, `with` or `range` up to its end.
    fn branch(&mut self, context: Context) -> Result<Branch> {
        let variables = self.scope.variables.len();
        let branch = self.deeper(|parser| parser.open_branch(context));
        self.scope.variables.truncate(variables);
        branch
    }

    fn open_branch(&mut self, context: Context) -> Result<Branch> {
        let pipe = self.pipeline(context, Kind::RightDelimiter)?;
        let is_range = usize::from(context == Context::Range);
        self.scope.ranges += is_range;
        let (list, ending, place) = self.list()?;
        self.scope.ranges -= is_range;
        let otherwise = match ending {
            Ending::End => None,
            Ending::Else => Some(self.otherwise(context, place)?),
        };
        Ok(Branch {
            pipe,
            list,
            otherwise,
        })
    }

    fn otherwise(&mut self, context: Context, start: usize) -> Result<List> {
        let is_next = |token: &Token<'_>, keyword| token.is_keyword(keyword);
        let node = match context {
            Context::If if is_next(self.peek(), Keyword::If) => {
                self.next();
                Node::If(self.branch(Context::If)?)
            }
            Context::With if is_next(self.peek(), Keyword::With) => {
                self.next();
                Node::With(self.branch(Context::With)?)
            }
            _ => {
                let (list, ending, _) = self.list()?;
                return match ending {
                    Ending::End => Ok(list),
                    Ending::Else => Err(self.error("expected end; found {{else}}")),
                };
            }
        };
        let nodes = vec![node];
        Ok(List { start, nodes })
    }

    fn block(&mut self) -> Result<Invocation> {
        const CONTEXT: Context = Context::Block;
        let token = self.next_word();
        let name = self.template_name(&token, CONTEXT.shown())?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelimiter)?;
        let header = self.last;
        let body = self.body()?;
        // As in Go the message names the line of the block's beginning.
        let end = std::mem::replace(&mut self.last, header);
        let list = self.ended(body, CONTEXT.shown())?;
        self.last = end;
        self.define(name.clone(), list)?;
        Ok(Invocation {
            start: token.start,
            name,
            pipe: Some(pipe),
        })
    }

    fn template(&mut self) -> Result<Invocation> {
        let token = self.next_word();
        let name = self.template_name(&token, Context::Template.shown())?;
        let pipe = if self.next_word().is(Kind::RightDelimiter) {
            None
        } else {
            self.back();
            Some(self.pipeline(Context::Template, Kind::RightDelimiter)?)
        };
        Ok(Invocation {
            start: token.start,
            name,
            pipe,
        })
    }

    fn template_name(&mut self, token: &Token<'_>, context: &str) -> Result<Text> {
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return Err(self.unexpected(token, context));
        }
        self.unquoted(token)
    }

    pub(super) fn unquoted(&mut self, token: &Token<'_>) -> Result<Text> {
        let text = unquote(token.text).ok_or_else(|| self.error("invalid syntax"))?;
        Ok(text.into())
    }

    /// Reads something that is enclosed, unless that nests too deep.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.nesting >= self.limits.nesting {
            let limit = self.limits.nesting;
            return Err(self.error(format!("more than {limit} levels inside each other")));
        }
        self.nesting += 1;
        let read = read(self);
        self.nesting -= 1;
        read
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token<'t>> {
        let token = self.next_word();
        match token.is(kind) {
            true => Ok(token),
            false => Err(self.unexpected(&token, context)),
        }
    }

    pub(super) fn next(&mut self) -> Token<'t> {
        self.peek();
        self.peeked -= 1;
        let token = self.tokens[self.peeked].clone();
        token.expect("peeking has filled the place")
    }

    pub(super) fn peek(&mut self) -> &Token<'t> {
        if self.peeked == 0 {
            self.read();
        }
        let token = self.tokens[self.peeked - 1].as_ref();
        token.expect("peeking has filled the place")
    }

    fn read(&mut self) {
        let token = self.lexer.next();
        self.last = token.start;
        self.tokens[0] = Some(token);
        self.peeked = 1;
    }

    /// Takes the next piece that is no blank.
    pub(super) fn next_word(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if !token.is(Kind::Space) {
                return token;
            }
        }
    }

    /// Goes to the next piece that is no blank.
    pub(super) fn peek_word(&mut self) -> Token<'t> {
        let token = self.next_word();
        self.back();
        token
    }

    pub(super) fn back(&mut self) {
        self.peeked += 1;
    }

    /// Gives two pieces back, of which the later one still stands in its place.
    pub(super) fn back_two(&mut self, first: Token<'t>) {
        self.tokens[1] = Some(first);
        self.peeked = 2;
    }

    /// Gives three pieces back, of which the last one still stands in its place.
    pub(super) fn back_three(&mut self, first: Token<'t>, second: Token<'t>) {
        self.tokens[1] = Some(second);
        self.tokens[2] = Some(first);
        self.peeked = 3;
    }

    pub(super) fn unexpected(&self, token: &Token<'_>, context: &str) -> CompileError {
        if !token.is(Kind::Mistake) {
            return self.error_at(token.start, format!("unexpected {token} in {context}"));
        }
        let line = |offset| super::error::Place::of(self.text, offset).line;
        let begun = self.action.map(line);
        let begun = begun.filter(|begun| *begun != line(token.start));
        let started = begun.map(|line| format!(" in action started at {}:{line}", self.name));
        let mut started = started.unwrap_or_default();
        if token.mistake.ends_with(" action") && !started.is_empty() {
            started.drain(..b" in action".len());
        }
        self.error_at(token.start, format!("{token}{started}"))
    }

    /// Gives a mistake at the last piece read.
    pub(super) fn error(&self, message: impl AsRef<str>) -> CompileError {
        self.error_at(self.last, message)
    }

    /// Gives a mistake at a place; the message names the line of the last piece read, as in Go.
    pub(super) fn error_at(&self, place: usize, message: impl AsRef<str>) -> CompileError {
        let line = super::error::Place::of(self.text, self.last).line;
        CompileError {
            message: format!("template: {}:{line}: {}", self.name, message.as_ref()),
            place: super::error::Place::of(self.text, place),
            hint: None,
        }
    }
}
