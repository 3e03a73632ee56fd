//! Rows to means: of a class over its arrays, of everything over the classes.

use super::contender::Kind;
use super::measure::Row;

/// What a mean is taken of.
pub type Figure = fn(&Row) -> f64;

/// All rows of a run.
#[derive(Debug, Default)]
pub struct Rows(pub Vec<Row>);

impl Rows {
    /// In the order of their first arrays.
    pub fn classes(&self) -> Vec<&str> {
        distinct(self.0.iter().map(|row| row.class.as_str()))
    }

    pub fn arrays(&self, class: &str) -> Vec<&str> {
        distinct(self.0.iter().filter(|row| row.class == class).map(|row| row.array.as_str()))
    }

    /// Who took part, in the order of [`Kind::ALL`].
    pub fn kinds(&self) -> Vec<Kind> {
        let took_part = |kind: &Kind| self.0.iter().any(|row| row.kind == *kind);
        Kind::ALL.into_iter().filter(took_part).collect()
    }

    pub fn row(&self, array: &str, kind: Kind) -> Option<&Row> {
        self.0.iter().find(|row| row.array == array && row.kind == kind)
    }

    /// Over the arrays of a class.
    pub fn class_mean(&self, class: &str, kind: Kind, figure: Figure) -> Option<f64> {
        let rows = self.0.iter().filter(|row| row.class == class && row.kind == kind);
        geometric_mean(rows.map(figure))
    }

    /// Over all classes.
    pub fn mean(&self, kind: Kind, figure: Figure) -> Option<f64> {
        let classes = self.classes().into_iter();
        geometric_mean(classes.filter_map(|class| self.class_mean(class, kind, figure)))
    }

    /// How many times better one is than another in the mean over a class.
    pub fn class_quotient(
        &self,
        class: &str,
        (over, under): (Kind, Kind),
        figure: Figure,
    ) -> Option<f64> {
        Some(self.class_mean(class, over, figure)? / self.class_mean(class, under, figure)?)
    }

    /// The same over all classes that both are measured on.
    pub fn quotient(&self, pair: (Kind, Kind), figure: Figure) -> Option<f64> {
        let classes = self.classes().into_iter();
        geometric_mean(classes.filter_map(|class| self.class_quotient(class, pair, figure)))
    }

    /// The array on which one is least better than another, and by how much.
    pub fn worst(&self, (over, under): (Kind, Kind), figure: Figure) -> Option<(f64, &str)> {
        let overs = self.0.iter().filter(|row| row.kind == over);
        let quotients = overs.filter_map(|row| {
            let other = self.row(&row.array, under)?;
            Some((figure(row) / figure(other), row.array.as_str()))
        });
        quotients.min_by(|(a, _), (b, _)| a.total_cmp(b))
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// `None` of nothing.
pub fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0, 0.0), |(n, sum), value| (n + 1, sum + value.ln()));
    (count > 0).then(|| (sum / f64::from(count)).exp())
}
