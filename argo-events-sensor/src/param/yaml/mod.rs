//! Bodies of type `application/yaml` as JSON, the way the reference converts them.
//!
//! That is YAML 1.1: `yes` is a truth, also as a name, and `012` is ten. Only the first document
//! counts, names are sorted, integers stay exact. Aliases are written out within a stated limit.

mod scalar;

use argo_events_expr::gojson::encode_string_into;
use granit_parser::{Event, Options, Parser, Tag, options};
use scalar::Scalar;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// How deep a document may nest.
const MAX_DEPTH: usize = 128;
/// Most values of a document, with aliases written out.
const MAX_VALUES: usize = 200_000;

/// Converts a document to JSON.
pub(crate) fn to_json(text: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    // YAML 1.1 lets no value begin behind a tab, later versions do.
    if text.trim_start_matches(['\n', '\r']).starts_with('\t') {
        return Err("the document begins with a tab; indent with blanks".to_owned());
    }
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    write(&mut out, &*read(text)?)?;
    Ok(out)
}

/// A value with the number of values in it and how deep they nest, aliases written out.
#[derive(Debug)]
struct Node {
    content: Content,
    count: usize,
    depth: usize,
}

#[derive(Debug)]
enum Content {
    Scalar(Scalar),
    List(Vec<Arc<Node>>),
    Map(Vec<(Arc<Node>, Arc<Node>)>),
}

impl Node {
    fn scalar(scalar: Scalar) -> Arc<Self> {
        Arc::new(Self {
            content: Content::Scalar(scalar),
            count: 1,
            depth: 1,
        })
    }
}

/// A collection that is not read to its end.
struct Open {
    anchor: usize,
    is_map: bool,
    children: Vec<Arc<Node>>,
}

impl Open {
    fn close(self) -> Result<Arc<Node>, String> {
        let count = self
            .children
            .iter()
            .fold(1_usize, |sum, child| sum.saturating_add(child.count));
        let depth = self
            .children
            .iter()
            .map(|child| child.depth)
            .max()
            .unwrap_or(0)
            + 1;
        if count > MAX_VALUES {
            return Err(format!("the document has more than {MAX_VALUES} values"));
        }
        if depth > MAX_DEPTH {
            return Err(format!("the document nests deeper than {MAX_DEPTH} levels"));
        }
        let content = if self.is_map {
            let mut children = self.children.into_iter();
            let mut pairs = Vec::new();
            while let (Some(name), Some(value)) = (children.next(), children.next()) {
                pairs.push((name, value));
            }
            Content::Map(pairs)
        } else {
            Content::List(self.children)
        };
        Ok(Arc::new(Node {
            content,
            count,
            depth,
        }))
    }
}

fn limits() -> Options {
    let mut limits = options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    limits.set_emit_comments(false);
    limits
}

/// Reads the first document; an empty text is a null.
fn read(text: &str) -> Result<Arc<Node>, String> {
    let mut parser = Parser::new_from_str_with_options(text, limits());
    let mut reader = Reader::default();
    while let Some(next) = parser.next_event() {
        let (event, _) = next.map_err(|error| error.to_string())?;
        if matches!(event, Event::DocumentEnd | Event::StreamEnd) {
            break;
        }
        if let Some(document) = reader.take(event)? {
            return Ok(document);
        }
    }
    Ok(Node::scalar(Scalar::Null))
}

/// Makes values of a parser's events, without recursion.
#[derive(Default)]
struct Reader {
    anchors: HashMap<usize, Arc<Node>>,
    open: Vec<Open>,
}

impl Reader {
    /// Takes an event. Returns the document once it is complete.
    fn take(&mut self, event: Event<'_>) -> Result<Option<Arc<Node>>, String> {
        let (node, anchor) = match event {
            Event::SequenceStart(_, anchor, _) => return Ok(self.begin(anchor, false)),
            Event::MappingStart(_, anchor, _) => return Ok(self.begin(anchor, true)),
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = Scalar::read(&text, style, standard(tag.as_deref()))?;
                (Node::scalar(scalar), anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(closed) => {
                    let anchor = closed.anchor;
                    (closed.close()?, anchor)
                }
                None => return Ok(None),
            },
            Event::Alias(id) => {
                let node = self.anchors.get(&id).ok_or("an anchor contains itself")?;
                (Arc::clone(node), 0)
            }
            _ => return Ok(None),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => return Ok(Some(node)),
        }
        Ok(None)
    }

    fn begin(&mut self, anchor: usize, is_map: bool) -> Option<Arc<Node>> {
        self.open.push(Open {
            anchor,
            is_map,
            children: Vec::new(),
        });
        None
    }
}

/// Returns the name of a tag of YAML itself.
fn standard(tag: Option<&Tag>) -> Option<String> {
    let tag = tag?;
    tag.suffix_in_namespace("tag:yaml.org,2002:")
        .map(|suffix| suffix.to_string())
}

/// Writes a value; the depth is bounded by the parser's limits.
fn write(out: &mut Vec<u8>, node: &Node) -> Result<(), String> {
    match &node.content {
        Content::Scalar(scalar) => scalar.write(out),
        Content::List(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, element)?;
            }
            out.push(b']');
            Ok(())
        }
        Content::Map(pairs) => write_map(out, pairs),
    }
}

fn write_map(out: &mut Vec<u8>, pairs: &[(Arc<Node>, Arc<Node>)]) -> Result<(), String> {
    let mut members = BTreeMap::new();
    collect(pairs, &mut members, 0)?;
    out.push(b'{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        encode_string_into(out, name);
        out.push(b':');
        write(out, value)?;
    }
    out.push(b'}');
    Ok(())
}

/// Collects members: merged ones first, since those of the object itself win; the last of repeated
/// names counts.
fn collect<'a>(
    pairs: &'a [(Arc<Node>, Arc<Node>)],
    members: &mut BTreeMap<String, &'a Node>,
    depth: usize,
) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err("objects are merged too deep".to_owned());
    }
    let is_merge = |name: &Node| matches!(name.content, Content::Scalar(Scalar::Merge));
    for (_, merged) in pairs.iter().filter(|(name, _)| is_merge(name)) {
        let sources: Vec<&Arc<Node>> = match &merged.content {
            Content::List(sources) => sources.iter().rev().collect(),
            _ => vec![merged],
        };
        for source in sources {
            let Content::Map(pairs) = &source.content else {
                return Err("only objects can be merged".to_owned());
            };
            collect(pairs, members, depth + 1)?;
        }
    }
    for (name, value) in pairs.iter().filter(|(name, _)| !is_merge(name)) {
        let Content::Scalar(name) = &name.content else {
            return Err("a name is a list or an object".to_owned());
        };
        members.insert(name.name()?, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        String::from_utf8(to_json(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn names_are_sorted_and_the_last_of_repeated_ones_counts() {
        assert_eq!(json("b: 1\na: {y: 2}\nb: 3\n"), r#"{"a":{"true":2},"b":3}"#);
    }

    #[test]
    fn only_the_first_document_counts_and_an_empty_one_is_null() {
        assert_eq!(json("a: 1\n---\nb: 2\n"), r#"{"a":1}"#);
        assert_eq!(json(""), "null");
    }

    #[test]
    fn merged_members_give_way_to_the_objects_own() {
        let text = "base: &b {x: 1, y_: 2}\nmore: {<<: *b, x: 3}\n";
        assert_eq!(
            json(text),
            r#"{"base":{"x":1,"y_":2},"more":{"x":3,"y_":2}}"#
        );
    }

    #[test]
    fn aliases_cannot_fill_memory() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(to_json(text.as_bytes()).unwrap_err().contains("values"));
    }

    #[test]
    fn nesting_and_cycles_are_refused() {
        assert!(to_json("[".repeat(10_000).as_bytes()).is_err());
        assert!(to_json(b"a: &a [*a]").is_err());
        let mut text = format!("a0: &a0 {}x{}\n", "[".repeat(100), "]".repeat(100));
        for level in 1..9 {
            let (open, close) = ("[".repeat(100), "]".repeat(100));
            text.push_str(&format!(
                "a{level}: &a{level} {open}*a{}{close}\n",
                level - 1
            ));
        }
        assert!(to_json(text.as_bytes()).unwrap_err().contains("deeper"));
    }
}
