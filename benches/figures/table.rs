//! Rows of the printed table.

use std::fmt::Write as _;

/// One measured figure with its target.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// The figure.
    pub(crate) figure: f64,
    /// Unit behind the figure: `x`, `instructions`, `MB`, `µs`.
    pub(crate) unit: &'static str,
    /// The target, and whether the figure may be at most or has to be at least that.
    pub(crate) target: Target,
    /// Details: medians of both sides, spread.
    pub(crate) detail: String,
}

/// A bound.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// The figure should not be above this.
    AtMost(f64),
    /// The figure should not be below this.
    AtLeast(f64),
}

impl Row {
    /// Whether the figure meets its target.
    pub(crate) fn met(&self) -> bool {
        match self.target {
            Target::AtMost(bound) => self.figure <= bound,
            Target::AtLeast(bound) => self.figure >= bound,
        }
    }
}

/// Draws the table.
pub(crate) fn render(rows: &[Row]) -> String {
    let mut text = format!("{:<58} {:>12} {:>14}  {:<6} {}\n", "what", "figure", "target", "", "detail");
    for row in rows {
        let (sign, bound) = match row.target {
            Target::AtMost(bound) => ("≤", bound),
            Target::AtLeast(bound) => ("≥", bound),
        };
        let verdict = if row.met() { "met" } else { "MISSED" };
        let figure = format!("{} {}", short(row.figure), row.unit);
        let target = format!("{sign} {} {}", short(bound), row.unit);
        let _ = writeln!(text, "{:<58} {figure:>12} {target:>14}  {verdict:<6} {}", row.what, row.detail);
    }
    let missed = rows.iter().filter(|row| !row.met()).count();
    let _ = writeln!(text, "{} figures, {} met, {missed} missed", rows.len(), rows.len() - missed);
    text
}

fn short(figure: f64) -> String {
    if figure >= 1000.0 { format!("{figure:.0}") } else { format!("{figure:.2}") }
}

/// The median of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
