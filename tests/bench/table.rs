//! The table that is printed.

/// Rows of what was measured.
#[derive(Default)]
pub(crate) struct Table(Vec<[String; 5]>);

impl Table {
    /// A figure, its baseline where there is one, and what bounds it.
    pub(crate) fn row(&mut self, what: &str, value: f64, unit: &str, baseline: Option<(&str, f64)>, bound: &str) {
        let (against, ratio) = match baseline {
            Some((name, base)) => (format!("{name} {}", figure(base)), format!("{:.2} ×", value / base)),
            None => (String::new(), String::new()),
        };
        self.0.push([what.to_owned(), format!("{} {unit}", figure(value)), against, ratio, bound.to_owned()]);
    }

    /// Prints everything, aligned.
    pub(crate) fn print(&self) {
        let head = ["WHAT", "MEASURED", "BASELINE", "RATIO", "BOUND BY"].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(&head).chain(&self.0).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..4).map(width).collect();
        for row in rows {
            let [what, value, baseline, ratio, bound] = row;
            println!(
                "{what:<a$}  {value:>b$}  {baseline:>c$}  {ratio:>d$}  {bound}",
                a = widths[0],
                b = widths[1],
                c = widths[2],
                d = widths[3]
            );
        }
    }
}

fn figure(value: f64) -> String {
    if value >= 10_000.0 { format!("{:.1} k", value / 1_000.0) } else { format!("{value:.1}") }
}
