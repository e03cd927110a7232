//! `parse_mode=Markdown`, the old one: no nesting, and only four characters can be escaped.

use super::{Formatted, FormattingError, builder::Builder, refuse};

/// Reads the old Markdown.
pub(super) fn parse(source: &str) -> Result<Formatted, FormattingError> {
    let mut built = Builder::default();
    let mut at = 0;
    while let Some(character) = source.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = source.get(at..).unwrap_or_default();
        if let Some(escaped) =
            rest.strip_prefix('\\').and_then(|rest| rest.chars().next()).filter(|c| "_*`[".contains(*c))
        {
            built.push(escaped);
            at += 2;
            continue;
        }
        if !"_*`[".contains(character) {
            built.push(character);
            at += character.len_utf8();
            continue;
        }
        at += entity(rest, at, &mut built)?;
    }
    Ok(built.finish())
}

/// Reads the entity at the start of `rest`; how many bytes it took.
fn entity(rest: &str, at: usize, built: &mut Builder) -> Result<usize, FormattingError> {
    let (open, close, kind) = match rest.chars().next() {
        Some('_') => ("_", "_", "italic"),
        Some('*') => ("*", "*", "bold"),
        Some('[') => ("[", "]", "text_link"),
        _ if rest.starts_with("```") => ("```", "```", "pre"),
        _ => ("`", "`", "code"),
    };
    let mut body = rest.get(open.len()..).unwrap_or_default();
    let Some(mut length) = body.find(close) else {
        return refuse(format!("Can't find end of the entity starting at byte offset {at}"));
    };
    let mut taken = open.len() + length + close.len();
    let mut language = None;
    if kind == "pre" {
        let inside = body.get(..length).unwrap_or_default();
        let line = inside.split('\n').next().unwrap_or_default();
        let is_language = inside.contains('\n') && !line.is_empty() && !line.contains(char::is_whitespace);
        language = is_language.then(|| line.to_owned());
        let skipped = if is_language { line.len() + 1 } else { usize::from(inside.starts_with('\n')) };
        body = body.get(skipped..).unwrap_or_default();
        length -= skipped;
    }
    let mark = built.mark();
    body.get(..length).unwrap_or_default().chars().for_each(|c| built.push(c));
    if kind != "text_link" {
        built.close(kind, mark, |entity| entity.language = language);
        return Ok(taken);
    }
    if let Some((target, _)) =
        rest.get(taken..).and_then(|after| after.strip_prefix('(')).and_then(|t| t.split_once(')'))
    {
        built.close_link(mark, target);
        taken += target.len() + 2;
    }
    Ok(taken)
}
