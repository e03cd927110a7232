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
        let measured = format!("{} {unit}", figure(value));
        // A long run is watched, and may be cut.
        eprintln!("  {what}: {measured} {ratio}");
        self.0.push([what.to_owned(), measured, against, ratio, bound.to_owned()]);
    }

    /// Prints everything, aligned.
    pub(crate) fn print(&self) {
        let head = ["WHAT", "MEASURED", "BASELINE", "RATIO", "BOUND BY"].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(&head).chain(&self.0).collect();
        let mut widths = [0; 5];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row.iter()) {
                *width = cell.chars().count().max(*width);
            }
        }
        let [a, b, c, d, _] = widths;
        for row in rows {
            let [what, value, baseline, ratio, bound] = row;
            println!("{what:<a$}  {value:>b$}  {baseline:>c$}  {ratio:>d$}  {bound}");
        }
    }
}

fn figure(value: f64) -> String {
    if value >= 10_000.0 { format!("{:.1} k", value / 1_000.0) } else { format!("{value:.1}") }
}
