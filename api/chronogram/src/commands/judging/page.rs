//! Pages for a browser: one file, nothing loaded from elsewhere, no script. Every text is escaped.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

/// Of a chart, in pixels: the height of a row, where bars begin, how long the longest is.
const ROW: f64 = 24.0;
const LEFT: f64 = 200.0;
const WIDE: f64 = 640.0;

const STYLE: &str = "
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
svg{max-width:100%;height:auto;margin:.5rem 0}svg text{font:13px system-ui,sans-serif;fill:currentColor}
.bar0{fill:#4f7cac}.bar1{fill:#d98e32}.bar2{fill:#b5483a}.bar3{fill:#6a9f58}.bar4{fill:#8c6bb1}
ins{text-decoration:none;background:#6a9f5844}del{background:#b5483a33}
.soft{opacity:.7}";

/// A page that is being written. It is put together from text that was escaped.
pub(super) struct Page {
    body: String,
}

/// The file of a page, made before the work, so that nobody waits an hour for a folder that is not there.
pub(super) struct PageFile {
    path: PathBuf,
    file: File,
}

impl PageFile {
    /// Only its owner may read it: pages hold people's words.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = open.with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Self { path: path.to_owned(), file })
    }

    pub(super) fn write(mut self, page: &str) -> anyhow::Result<()> {
        self.file.write_all(page.as_bytes()).with_context(|| format!("{} cannot be written", self.path.display()))?;
        eprintln!("The page is {}; it holds people's words.", self.path.display());
        Ok(())
    }
}

/// Text that means itself in HTML and SVG, also within quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

impl Page {
    pub(super) fn new(title: &str) -> Self {
        let title = escaped(title);
        let body = format!(
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
             <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">\
             <title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
        );
        Self { body }
    }

    pub(super) fn heading(&mut self, text: &str) {
        let _ = write!(self.body, "<h2>{}</h2>", escaped(text));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        let _ = write!(self.body, "<p>{}</p>", escaped(text));
    }

    /// Rows of cells; those that are numbers stand to the right. Nothing where there are no rows.
    pub(super) fn table(&mut self, columns: &[&str], rows: &[Vec<Cell>]) {
        if rows.is_empty() {
            return;
        }
        let numbers: Vec<bool> =
            (0..columns.len()).map(|at| rows.iter().all(|row| matches!(row.get(at), Some(Cell::Number(_))))).collect();
        self.body.push_str("<table><tr>");
        for (column, is_number) in columns.iter().zip(numbers) {
            let class = if is_number { " class=number" } else { "" };
            let _ = write!(self.body, "<th{class}>{}</th>", escaped(column));
        }
        self.body.push_str("</tr>");
        for row in rows {
            self.body.push_str("<tr>");
            for cell in row {
                cell.write(&mut self.body);
            }
            self.body.push_str("</tr>");
        }
        self.body.push_str("</table>");
    }

    /// A bar for each row, of as many parts as there are names of parts.
    pub(super) fn bars(&mut self, parts: &[&str], rows: &[(String, Vec<f64>)]) {
        let sum = |row: &(String, Vec<f64>)| row.1.iter().sum::<f64>();
        let most = rows.iter().map(sum).fold(0.0, f64::max);
        if most <= 0.0 {
            return;
        }
        let mut y = ROW;
        let mut drawn = String::new();
        let mut x = LEFT;
        for (at, part) in parts.iter().enumerate() {
            let _ = write!(drawn, "<rect class=bar{} x={x} y=4 width=12 height=12 />", at % 5);
            let _ = write!(drawn, "<text x={} y=15>{}</text>", x + 18.0, escaped(part));
            x += 130.0;
        }
        for row in rows {
            let label: String = row.0.chars().take(28).collect();
            let _ = write!(drawn, "<text x={} y={} text-anchor=end>{}</text>", LEFT - 8.0, y + 15.0, escaped(&label));
            let mut x = LEFT;
            for (at, value) in row.1.iter().enumerate() {
                let width = value / most * WIDE;
                let _ = write!(drawn, "<rect class=bar{} x={x:.1} y={y} width={width:.1} height=18 />", at % 5);
                x += width;
            }
            let _ = write!(drawn, "<text x={:.1} y={}>{}</text>", x + 6.0, y + 15.0, rounded(sum(row)));
            y += ROW;
        }
        let wide = LEFT + WIDE + 100.0;
        let _ = write!(self.body, "<svg role=img viewBox=\"0 0 {wide} {y}\" width={wide} height={y}>{drawn}</svg>");
    }

    pub(super) fn finish(self) -> String {
        self.body
    }
}

/// A cell of a table.
pub(super) enum Cell {
    Text(String),
    Number(String),
    /// What was, and what is instead.
    Change {
        before: String,
        after: String,
    },
}

impl Cell {
    pub(super) fn number(number: u64) -> Self {
        Self::Number(super::grouped(number))
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn write(&self, out: &mut String) {
        let _ = match self {
            Self::Text(text) => write!(out, "<td>{}</td>", escaped(text)),
            Self::Number(number) => write!(out, "<td class=number>{}</td>", escaped(number)),
            Self::Change { before, after } => {
                write!(out, "<td><del>{}</del> <ins>{}</ins></td>", escaped(before), escaped(after))
            }
        };
    }
}

fn rounded(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_wrote_is_markup() {
        let hostile = "</td><script>alert(\"1\")</script>'&";
        let mut page = Page::new(hostile);
        page.heading(hostile);
        page.paragraph(hostile);
        page.table(
            &[hostile],
            &[vec![Cell::text(hostile)], vec![Cell::Change { before: hostile.into(), after: hostile.into() }]],
        );
        page.bars(&[hostile], &[(hostile.to_owned(), vec![1.0])]);
        let page = page.finish();
        assert!(!page.contains("<script") && !page.contains("\"1\""), "{page}");
        assert_eq!(page.matches("&lt;script&gt;").count(), 10, "{page}");
    }

    #[test]
    fn bars_are_as_long_as_their_share_and_none_are_drawn_of_nothing() {
        let mut page = Page::new("t");
        page.bars(&["a", "b"], &[("x".into(), vec![1.0, 1.0]), ("y".into(), vec![1.0, 0.0])]);
        let drawn = page.finish();
        assert_eq!(drawn.matches("width=320.0").count(), 3, "{drawn}");
        let mut empty = Page::new("t");
        empty.bars(&["a"], &[("x".into(), vec![0.0])]);
        assert!(!empty.finish().contains("<svg"));
    }
}
