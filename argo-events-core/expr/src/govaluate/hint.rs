//! What was probably meant.

/// Says what to write for an operator that is none.
pub(super) fn for_symbol(text: &str) -> &'static str {
    match text {
        "=" | "===" => "`==`, which compares",
        "<>" | "!==" | "=!" => "`!=`",
        "=>" => "`>=`",
        "=<" => "`<=`",
        "!" => "`!=` between values, or an operator before the `!`",
        "~=" | "~" => "`=~`, which matches a pattern",
        "_" => "a name that begins with a letter; write others in brackets, as [_name]",
        _ if text.len() > 1 && text.ends_with(['-', '!', '~']) => {
            "a blank between an operator and the sign that follows it, as in `a == -1`"
        }
        _ => "one of == != > >= < <= =~ !~ in && || + - * / % ** & | ^ << >> ? : ??",
    }
}

/// Says what to write for a word that stands where an operator should.
pub(super) fn for_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "and" | "AND" => "`&&`",
        "or" | "OR" => "`||`",
        "contains" | "matches" => "`=~`, which matches a pattern",
        "not" => "`!` before the value",
        _ => return None,
    })
}
