//! Every error code that a client can see has a page.

use std::{fs, path::Path};

use chronogram_graphql::Code;

/// Codes of HTTP alone; all others are the schema's too.
const OF_HTTP_ALONE: &[&str] = &["BAD_REQUEST"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn known() -> Vec<&'static str> {
    Code::ALL.iter().map(|code| code.as_str()).chain(OF_HTTP_ALONE.iter().copied()).collect()
}

/// Words in quotes that look like a code, in the sources of the HTTP edge.
fn codes_of_http(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_of_http(&path, found);
        } else if path.file_name().is_some_and(|name| name == "failure.rs" || name == "messages.rs") {
            let source = fs::read_to_string(&path).unwrap();
            let quoted = source.split('"').skip(1).step_by(2);
            let is_code = |word: &&str| word.len() > 3 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            found.extend(quoted.filter(is_code).map(str::to_owned));
        }
    }
}

#[test]
fn every_code_has_a_page_and_stands_in_the_list() {
    let pages = root().join("docs/errors");
    let list = fs::read_to_string(pages.join("README.md")).unwrap();
    for code in known() {
        let name = format!("{}.md", code.to_ascii_lowercase().replace('_', "-"));
        let page = fs::read_to_string(pages.join(&name)).unwrap_or_else(|_| panic!("docs/errors/{name} is missing"));
        assert!(page.starts_with(&format!("# {code}\n")), "docs/errors/{name} is about something else");
        assert!(list.contains(&format!("[`{code}`]({name})")), "docs/errors/README.md does not list {code}");
    }
    let files = fs::read_dir(&pages).unwrap().count();
    assert_eq!(files, known().len() + 1, "a page is about a code that nobody gives");
}

#[test]
fn http_gives_no_code_that_is_not_known() {
    let mut found = Vec::new();
    codes_of_http(&root().join("api/http/src"), &mut found);
    assert!(found.len() > 5, "the codes stand elsewhere by now: {found:?}");
    let unknown: Vec<_> = found.iter().filter(|code| !known().contains(&code.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?} have no page");
}
