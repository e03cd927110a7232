//! The page that authors read is the contract: it is written from the WIT, and the committed one is current.
//! `UPDATE_DOCS=1 cargo test … --test house` writes it.

use std::{fmt::Write as _, fs, path::Path};

const HEAD: &str =
    "<!-- Written from plugins/wit/world.wit by tests/house/contract_page.rs: change that, not this. -->\n";

#[test]
#[allow(clippy::disallowed_methods)] // a test's own switch
fn the_contract_page_is_what_the_wit_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = root.join("docs/plugin-authors/contract.md");
    let written = page_of(&fs::read_to_string(root.join("plugins/wit/world.wit")).unwrap());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&page, &written).unwrap();
    }
    let committed = fs::read_to_string(&page).unwrap();
    assert!(committed == written, "docs/plugin-authors/contract.md is old: UPDATE_DOCS=1 cargo test --test house");
}

#[test]
fn every_name_of_the_contract_is_on_the_page() {
    let wit = "/// Whole.\npackage a:b@1.0.0;\n\n/// Kinds.\ninterface i {\n    use t.{x};\n    /// One.\n    record r {\n        /// \
               First | only.\n        f-g: list<x>,\n    }\n    variant v {\n        c(x),\n        d,\n    }\n    enum e { p, q }\n    \
               type n = u64;\n    /// Does.\n    go: func(a: x) -> n;\n}\n\nworld w {\n    import i;\n}\n";
    let expected = format!(
        "{HEAD}# The contract `a:b@1.0.0`\n\nWhole.\n\n## Interface `i`\n\nKinds.\n\n### `r`: record\n\nOne.\n\n\
         | name | type | meaning |\n|---|---|---|\n| `f-g` | `list<x>` | First \\| only. |\n\n### `v`: variant\n\n\
         | name | type | meaning |\n|---|---|---|\n| `c` | `x` |  |\n| `d` |  |  |\n\n### `e`: enum\n\n`p, q`\n\n\
         ### `n`: `u64`\n\n### `go`: function\n\nDoes.\n\n```wit\ngo: func(a: x) -> n;\n```\n\n## World `w`\n\n- import `i`\n"
    );
    assert_eq!(page_of(wit), expected);
}

/// The WIT as a page. It reads the file line by line, as it is formatted: one declaration a line.
fn page_of(wit: &str) -> String {
    let mut page = HEAD.to_owned();
    let mut docs: Vec<&str> = Vec::new();
    let mut in_type = false;
    for line in wit.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            docs.push(doc.strip_prefix(' ').unwrap_or(doc));
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let name = rest.trim_end_matches([';', '{', ' ']);
        match word {
            "package" => heading(&mut page, "#", &format!("The contract `{name}`"), &docs),
            "interface" => heading(&mut page, "\n##", &format!("Interface `{name}`"), &docs),
            "world" => {
                heading(&mut page, "\n##", &format!("World `{name}`"), &docs);
                page.push('\n');
            }
            "record" | "variant" => {
                heading(&mut page, "\n###", &format!("`{name}`: {word}"), &docs);
                page.push_str("\n| name | type | meaning |\n|---|---|---|\n");
                in_type = true;
            }
            "enum" => {
                let (name, cases) = rest.split_once(" { ").unwrap_or((rest, ""));
                heading(&mut page, "\n###", &format!("`{name}`: enum"), &docs);
                let _ = writeln!(page, "\n`{}`", cases.trim_end_matches(" }"));
            }
            "type" => {
                let (name, of) = name.split_once(" = ").unwrap_or((name, ""));
                heading(&mut page, "\n###", &format!("`{name}`: `{of}`"), &docs);
            }
            "import" | "export" => {
                let _ = writeln!(page, "- {word} `{name}`");
            }
            "}" => in_type = false,
            "use" | "" => {}
            _ if in_type => row(&mut page, line.trim_end_matches(','), &docs),
            _ => {
                heading(&mut page, "\n###", &format!("`{}`: function", word.trim_end_matches(':')), &docs);
                let _ = writeln!(page, "\n```wit\n{line}\n```");
            }
        }
        docs.clear();
    }
    page
}

fn heading(page: &mut String, level: &str, title: &str, docs: &[&str]) {
    let _ = writeln!(page, "{level} {title}");
    if !docs.is_empty() {
        let _ = writeln!(page, "\n{}", docs.join("\n"));
    }
}

/// A field (`name: type`) or a case (`name(type)`, `name`).
fn row(page: &mut String, item: &str, docs: &[&str]) {
    let (name, of) = match (item.split_once(": "), item.split_once('(')) {
        (Some((name, of)), _) => (name, of),
        (None, Some((name, of))) => (name, of.trim_end_matches(')')),
        (None, None) => (item, ""),
    };
    let of = if of.is_empty() { String::new() } else { format!("`{of}`") };
    let _ = writeln!(page, "| `{name}` | {of} | {} |", docs.join(" ").replace('|', "\\|"));
}
