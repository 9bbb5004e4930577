//! Makes nodes of a parser's events, without recursion and within limits.

use super::{
    node::{Content, Entry, Node, Style},
    resolve,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, Tag, options};
use serde_json::Value;
use std::{collections::HashMap, ops::Range, sync::Arc};

/// Most values of a document, with aliases written out.
const MAX_WEIGHT: u64 = 1_000_000;
/// Most levels of a document, with aliases written out.
const MAX_DEPTH: usize = 128;

/// What is wrong with the text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) offset: usize,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    /// Whether the document can be used all the same, since only a key is there twice.
    pub(crate) warning: bool,
}

impl Fault {
    fn error(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
            help: None,
            warning: false,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Reads every document of a text; those that are empty are left out.
pub(crate) fn read(text: &str) -> (Vec<Arc<Node>>, Vec<Fault>) {
    let mut parser = Parser::new_from_str_with_options(text, limits());
    let (mut documents, mut faults) = (Vec::new(), Vec::new());
    let mut builder = Builder::default();
    while let Some(next) = parser.next_event() {
        let outcome = match next {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => builder.take(event, &span),
            Err(error) => Err(fault_of(&error, text)),
        };
        if let Err(fault) = outcome {
            faults.append(&mut builder.warnings);
            faults.push(fault);
            builder = Builder::default();
            // A parser that cannot go on has said why already.
            if !parser.proceed_next_document().unwrap_or(false) {
                break;
            }
        }
        faults.append(&mut builder.warnings);
        documents.extend(builder.finished.take().filter(|node| !is_empty(node)));
    }
    (documents, faults)
}

fn limits() -> Options {
    let mut options = options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    options.set_emit_comments(false);
    options
}

fn is_empty(node: &Node) -> bool {
    matches!(
        &node.content,
        Content::Scalar {
            value: Value::Null,
            ..
        }
    )
}

fn fault_of(error: &ScanError, text: &str) -> Fault {
    let offset = error.marker().byte_offset().unwrap_or_default();
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let fault = Fault::error(offset, format!("not YAML: {}", error.info()));
    let indent = &line[..line.len() - line.trim_start().len()];
    if line.contains("{{") {
        return fault.help("this looks like a template, which has to be rendered first");
    }
    if indent.contains('\t') {
        return fault.help("indent with blanks, not with tabs");
    }
    fault
}

/// A list or an object whose end was not seen yet.
struct Open {
    content: Content,
    /// The key that waits for its value.
    key: Option<(String, Range<usize>, Style)>,
    anchor: usize,
    start: usize,
    /// Objects that `<<` names.
    merged: Vec<Arc<Node>>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    finished: Option<Arc<Node>>,
    warnings: Vec<Fault>,
}

type Outcome = Result<(), Fault>;

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Outcome {
        let range = span.byte_range().unwrap_or_default();
        match event {
            Event::DocumentStart(..) => *self = Self::default(),
            Event::Scalar(text, style, anchor, tag) => {
                let (value, style) = scalar(&text, style, tag.as_deref(), &range)?;
                let node = Node {
                    content: Content::Scalar { value, style },
                    span: range,
                    weight: 1,
                    depth: 1,
                };
                self.place(Arc::new(node), anchor)?;
            }
            Event::SequenceStart(_, anchor, _) => {
                self.begin(Content::List(Vec::new()), anchor, &range)
            }
            Event::MappingStart(_, anchor, _) => {
                self.begin(Content::Map(Vec::new()), anchor, &range)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&range)?,
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id).cloned() else {
                    return Err(Fault::error(
                        range.start,
                        "an alias within the value that it stands for",
                    ));
                };
                self.place(node, 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, content: Content, anchor: usize, range: &Range<usize>) {
        self.open.push(Open {
            content,
            key: None,
            anchor,
            start: range.start,
            merged: Vec::new(),
        });
    }

    fn end(&mut self, range: &Range<usize>) -> Outcome {
        let Some(mut open) = self.open.pop() else {
            return Ok(());
        };
        merge(&mut open);
        let (weight, depth) = measure(&open.content);
        if weight > MAX_WEIGHT || depth > MAX_DEPTH {
            let message =
                format!("more than {MAX_WEIGHT} values or {MAX_DEPTH} levels, aliases written out");
            return Err(Fault::error(open.start, message));
        }
        let node = Node {
            content: open.content,
            span: open.start..range.end,
            weight,
            depth,
        };
        self.place(Arc::new(node), open.anchor)
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Arc<Node>, anchor: usize) -> Outcome {
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        let Some(open) = self.open.last_mut() else {
            self.finished = Some(node);
            return Ok(());
        };
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map(_) if open.key.is_none() => open.key = Some(key_of(&node)?),
            Content::Map(entries) => {
                let Some((key, key_span, style)) = open.key.take() else {
                    return Ok(());
                };
                if key == "<<" && style == Style::Plain {
                    return merge_source(&mut open.merged, node);
                }
                if let Some(present) = entries.iter_mut().find(|entry| entry.key == key) {
                    self.warnings.push(twice(&key, key_span.start));
                    *present = Entry {
                        key,
                        key_span,
                        value: node,
                    };
                } else {
                    entries.push(Entry {
                        key,
                        key_span,
                        value: node,
                    });
                }
            }
            Content::Scalar { .. } => {}
        }
        Ok(())
    }
}

fn twice(key: &str, offset: usize) -> Fault {
    let message = format!("`{key}` is there twice; this one counts");
    Fault {
        offset,
        message,
        help: None,
        warning: true,
    }
}

/// Returns the text of a key; numbers and truth values become texts, as they do on the way to JSON.
fn key_of(node: &Node) -> Result<(String, Range<usize>, Style), Fault> {
    let Content::Scalar { value, style } = &node.content else {
        let message = "a key is a list or an object; only texts can be keys";
        let help = "a template such as {{ … }} has to be rendered first; a text with braces stands in quotes";
        return Err(Fault::error(node.span.start, message).help(help));
    };
    let key = match value {
        Value::String(text) => text.clone(),
        Value::Null => {
            return Err(Fault::error(
                node.span.start,
                "a key is missing before the colon",
            ));
        }
        other => other.to_string(),
    };
    Ok((key, node.span.clone(), *style))
}

fn merge_source(merged: &mut Vec<Arc<Node>>, node: Arc<Node>) -> Outcome {
    let is_map = |node: &Node| matches!(node.content, Content::Map(_));
    match &node.content {
        Content::List(items) if items.iter().all(|item| is_map(item)) => {
            merged.extend(items.iter().cloned())
        }
        _ if is_map(&node) => merged.push(node),
        _ => {
            return Err(Fault::error(
                node.span.start,
                "`<<` takes an object, or a list of objects",
            ));
        }
    }
    Ok(())
}

/// Adds the members that `<<` brings in; those written out win, then the first that was named.
fn merge(open: &mut Open) {
    let Content::Map(entries) = &mut open.content else {
        return;
    };
    for source in &open.merged {
        let Content::Map(added) = &source.content else {
            continue;
        };
        for entry in added {
            if !entries.iter().any(|present| present.key == entry.key) {
                let (key, key_span) = (entry.key.clone(), entry.key_span.clone());
                entries.push(Entry {
                    key,
                    key_span,
                    value: Arc::clone(&entry.value),
                });
            }
        }
    }
}

fn measure(content: &Content) -> (u64, usize) {
    let of = |nodes: &mut dyn Iterator<Item = &Arc<Node>>| {
        nodes.fold((1_u64, 1), |(weight, depth), node| {
            (
                weight.saturating_add(node.weight),
                depth.max(node.depth + 1),
            )
        })
    };
    match content {
        Content::Scalar { .. } => (1, 1),
        Content::List(items) => of(&mut items.iter()),
        Content::Map(entries) => of(&mut entries.iter().map(|entry| &entry.value)),
    }
}

fn scalar(
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    range: &Range<usize>,
) -> Result<(Value, Style), Fault> {
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    };
    let standard = tag.and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
    let value = match standard.as_deref() {
        Some("binary") => binary(text, range)?,
        Some("int" | "float" | "bool" | "null") => plain(text, range)?,
        None if style == Style::Plain && tag.is_none() => plain(text, range)?,
        _ => Value::from(text),
    };
    Ok((value, style))
}

fn plain(text: &str, range: &Range<usize>) -> Result<Value, Fault> {
    resolve::plain(text).map_err(|resolve::NoJson| {
        Fault::error(
            range.start,
            format!("`{text}` is a number that JSON has no place for"),
        )
        .help(format!("if it is a text, write '{text}' in quotes"))
    })
}

fn binary(text: &str, range: &Range<usize>) -> Result<Value, Fault> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = BASE64_STANDARD
        .decode(compact)
        .map_err(|error| Fault::error(range.start, format!("`!!binary` is not base64: {error}")))?;
    Ok(Value::from(String::from_utf8_lossy(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(text: &str) -> Vec<Value> {
        read(text).0.iter().map(|node| node.value()).collect()
    }

    #[test]
    fn documents_are_told_apart_and_empty_ones_left_out() {
        assert_eq!(
            values("a: 1\n---\n---\n# nothing\n---\nb: [x, 2]\n"),
            [json!({"a": 1}), json!({"b": ["x", 2]})]
        );
        assert_eq!(
            values(r#"{"a": {"b": [true, null]}}"#),
            [json!({"a": {"b": [true, null]}})]
        );
    }

    #[test]
    fn a_broken_document_does_not_hide_the_others() {
        let (documents, faults) = read("a: 1\n---\nb: [\n---\nc: 3\n---\nd: 'x\n");
        assert_eq!(
            documents
                .iter()
                .map(|node| node.value())
                .collect::<Vec<_>>(),
            [json!({"a": 1}), json!({"c": 3})]
        );
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn tabs_and_templates_are_named_for_what_they_are() {
        let help = |text| read(text).1[0].help.clone().unwrap_or_default();
        assert!(help("a:\n\tb: 1\n").contains("tabs"));
        assert!(help("a: {{ .Values.name }}: x\n").contains("template"));
    }

    #[test]
    fn anchors_and_merges_are_written_out() {
        let text = "base: &b {x: 1, z: 2}\nmore:\n  <<: *b\n  z: 3\nsame: *b\n";
        let wanted =
            json!({"base": {"x": 1, "z": 2}, "more": {"z": 3, "x": 1}, "same": {"x": 1, "z": 2}});
        assert_eq!(values(text), [wanted]);
    }

    #[test]
    fn a_key_given_twice_is_reported_and_the_last_counts() {
        let (documents, faults) = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(documents[0].value(), json!({"a": 3, "b": 2}));
        assert!(faults[0].warning && faults[0].offset == 10, "{faults:?}");
    }

    #[test]
    fn aliases_cannot_fill_memory() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = level - 1;
            let items = vec![format!("*a{before}"); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        let (documents, faults) = read(&text);
        assert!(
            documents.is_empty() && faults[0].message.contains("aliases written out"),
            "{faults:?}"
        );
    }

    #[test]
    fn nesting_and_cycles_are_refused() {
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(read(&deep).1.len(), 1);
        assert_eq!(read("a: &a [*a]\n").1.len(), 1);
    }

    #[test]
    fn tags_and_quotes_decide_what_a_word_is() {
        let text = "a: 'yes'\nb: !!str 5\nc: !!int '7'\nd: !!binary aGk=\n1: yes\n";
        assert_eq!(
            values(text),
            [json!({"a": "yes", "b": "5", "c": 7, "d": "hi", "1": true})]
        );
    }
}
