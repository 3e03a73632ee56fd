//! Aligned columns, and numbers in readable units.

use std::fmt;
use std::time::Duration;

/// Rows of text, the first column aligned left, all others right.
pub(crate) struct Table {
    /// `None` for a rule.
    rows: Vec<Option<Vec<String>>>,
}

impl Table {
    pub(crate) fn new(heads: &[&str]) -> Self {
        let heads = heads.iter().map(ToString::to_string).collect();
        let mut table = Self { rows: vec![Some(heads)] };
        table.rule();
        table
    }

    /// Adds a row with a text for each column.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(Some(row));
    }

    /// Adds a line across all columns.
    pub(crate) fn rule(&mut self) {
        self.rows.push(None);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const GAP: usize = 2;
        let mut widths = vec![0; self.rows.iter().flatten().map(Vec::len).max().unwrap_or(0)];
        for row in self.rows.iter().flatten() {
            for (width, text) in widths.iter_mut().zip(row) {
                *width = (*width).max(text.chars().count());
            }
        }
        let total = widths.iter().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
        for row in &self.rows {
            let Some(row) = row else {
                writeln!(f, "{:─<total$}", "")?;
                continue;
            };
            let mut line = String::new();
            for (column, (text, &width)) in row.iter().zip(&widths).enumerate() {
                line += &match column {
                    0 => format!("{text:<width$}"),
                    _ => format!("{:GAP$}{text:>width$}", ""),
                };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// `517 B`, `65.7 kB`, `212 MB`.
pub(crate) fn bytes(nbytes: usize) -> String {
    scaled(nbytes as f64, &["B", "kB", "MB", "GB", "TB"])
}

/// Bytes per second: `1.32 GB/s`.
pub(crate) fn rate(nbytes: usize, duration: Duration) -> String {
    let per_second = nbytes as f64 / duration.as_secs_f64().max(1e-9);
    scaled(per_second, &["B/s", "kB/s", "MB/s", "GB/s", "TB/s"])
}

/// `8.21 µs`, `13.4 ms`.
pub(crate) fn time(duration: Duration) -> String {
    scaled(duration.as_nanos() as f64, &["ns", "µs", "ms", "s"])
}

/// `6.8:1`.
pub(crate) fn ratio(ratio: f64) -> String {
    format!("{ratio:.1}:1")
}

/// Three digits, in the unit that suits; units are thousand times each other.
fn scaled(mut value: f64, units: &[&str]) -> String {
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = match value {
        _ if unit == 0 => 0,
        _ if value < 9.995 => 2,
        _ if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {}", units[unit])
}
