//! The builtins that are written in jq.

use crate::jq::syntax::{Definition, parse};
use std::{collections::HashMap, sync::LazyLock};

/// Each behaves as the function of that name in gojq does, its errors and its order included.
const TEXT: &str = r#"
def not: if . then false else true end;
def select(f): if f then . else empty end;
def map(f): [.[] | f];
def add(f): [f] | add;
def map_values(f): .[] |= f;
def in(xs): . as $key | xs | has($key);
def del(f): delpaths([path(f)]);

def recurse(f): def down: ., (f | down); down;
def recurse(f; condition): def down: ., (f | select(condition) | down); down;
def recurse: recurse(.[]?);

def to_entries: [keys[] as $key | {key: $key, value: .[$key]}];
def from_entries:
  map({(.key // .Key // .name // .Name): if has("value") then .value else .Value end})
  | add // {};
def with_entries(f): to_entries | map(f) | from_entries;

def while(condition; next): def go: if condition then ., (next | go) else empty end; go;
def until(condition; next): def go: if condition then . else next | go end; go;
def repeat(f): def go: f, go; go;
def range($end): _range(0; $end; 1);
def range($from; $end): _range($from; $end; 1);
def range($from; $end; $step): _range($from; $end; $step);

def min_by(f): _min_by(map([f]));
def max_by(f): _max_by(map([f]));
def sort_by(f): _sort_by(map([f]));
def group_by(f): _group_by(map([f]));
def unique_by(f): _unique_by(map([f]));

def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type | . == "array" or . == "object");
def scalars: select(type | . != "array" and . != "object");
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def nulls: select(. == null);
def values: select(. != null);
def finites: select(isfinite);
def normals: select(isnormal);

def combinations:
  if length == 0 then [] else .[0][] as $head | [$head] + (.[1:] | combinations) end;
def combinations(n): [limit(n; repeat(.))] | combinations;
def walk(f):
  def go: if type == "array" then map(go) elif type == "object" then map_values(go) end | f;
  go;

def first: .[0];
def first(g): label $found | g | ., break $found;
def last: .[-1];
def last(g): _last(g);
def isempty(g): label $found | (g | false, break $found), true;
def all: all(.);
def all(condition): all(.[]; condition);
def all(g; condition): isempty(g | select(condition | not));
def any: any(.);
def any(condition): any(.[]; condition);
def any(g; condition): isempty(g | select(condition)) | not;

def limit($n; g):
  if $n > 0 then
    label $enough
    | foreach g as $item ($n; . - 1; $item, if . <= 0 then break $enough else empty end)
  elif $n == 0 then empty
  else error("limit doesn't support negative count") end;
def skip($n; g):
  if $n > 0 then foreach g as $item ($n; . - 1; if . < 0 then $item else empty end)
  elif $n == 0 then g
  else error("skip doesn't support negative count") end;
def nth($n): .[$n];
def nth($n; g):
  if $n >= 0 then first(skip($n; g)) else error("nth doesn't support negative index") end;

def paths: path(..) | select(. != []);
def paths(f): path(.. | select(f)) | select(. != []);
def pick(f): . as $whole | reduce path(f) as $path (null; setpath($path; $whole | getpath($path)));

def tostream:
  path(def down: (.[]? | down), .; down) as $path
  | getpath($path)
  | reduce path(.[]?) as $next ([$path, .]; [$path + $next]);
def fromstream(f):
  foreach f as $event (
    null;
    if .e then null end
    | $event as [$path, $leaf]
    | if $event | length == 2
      then setpath(["v"] + $path; $leaf) | setpath(["e"]; $path | length == 0)
      else setpath(["e"]; $path | length == 1) end;
    if .e then .v else empty end
  );
def truncate_stream(f):
  . as $depth | null | f | if .[0] | length > $depth then .[0] |= .[$depth:] else empty end;

def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%S%z") | mktime;
def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdate: fromdateiso8601;
def todate: todateiso8601;

def match($re): match($re; null);
def match($re; $flags): _match($re; $flags; false)[];
def test($re): test($re; null);
def test($re; $flags): _match($re; $flags; true);
def capture($re): capture($re; null);
def capture($re; $flags): match($re; $flags) | .captures | _captures;
def scan($re): scan($re; null);
def scan($re; $flags):
  match($re; $flags + "g") | if .captures == [] then .string else [.captures[].string] end;
def splits($re): splits($re; null);
def splits($re; $flags):
  .[foreach (match($re; $flags + "g"), null) as {$offset, $length}
    (null; {start: .next, end: $offset, next: $offset + $length})];
def split($re; $flags): [splits($re; $flags)];
def sub($re; text): sub($re; text; null);
def sub($re; text; $flags):
  reduce match($re; $flags) as {$offset, $length, $captures} (
    {s: ., r: []};
    reduce ($captures | _captures | text) as $new (.i = 0; .r[.i] += .s[.next:$offset] + $new | .i += 1)
    | .next = $offset + $length
  )
  | .r[] + .s[.next:] // .s;
def gsub($re; text): sub($re; text; "g");
def gsub($re; text; $flags): sub($re; text; $flags + "g");

def inputs: try repeat(input) catch if . == "break" then empty else error end;

def INDEX(stream; key): reduce stream as $row ({}; .[$row | key | tostring] = $row);
def INDEX(key): INDEX(.[]; key);
def JOIN($index; key): [.[] | [., $index[key]]];
def JOIN($index; stream; key): stream | [., $index[key]];
def JOIN($index; stream; key; join): stream | [., $index[key]] | join;
def IN(s): any(s == .; .);
def IN(source; s): any(source == s; .);
.
"#;

type Definitions = HashMap<(String, usize), Definition>;

static DEFINITIONS: LazyLock<Definitions> = LazyLock::new(|| {
    let query = parse(TEXT).map(|source| source.query.definitions);
    let definitions = query.unwrap_or_default();
    definitions
        .into_iter()
        .map(|definition| {
            (
                (definition.name.clone(), definition.parameters.len()),
                definition,
            )
        })
        .collect()
});

pub(super) fn find(name: &str, parameters: usize) -> Option<&'static Definition> {
    DEFINITIONS.get(&(name.to_owned(), parameters))
}

pub(super) fn names() -> impl Iterator<Item = (&'static str, usize)> {
    DEFINITIONS
        .keys()
        .map(|(name, parameters)| (name.as_str(), *parameters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jq::Program;

    #[test]
    fn every_builtin_compiles() {
        assert!(DEFINITIONS.len() > 80);
        for (name, parameters) in names().filter(|(name, _)| *name != "inputs") {
            let arguments = vec!["."; parameters].join(";");
            let call = match parameters {
                0 => name.to_owned(),
                _ => format!("{name}({arguments})"),
            };
            let compiled = Program::compile(&call);
            assert!(compiled.is_ok(), "{call}: {compiled:?}");
        }
    }
}
