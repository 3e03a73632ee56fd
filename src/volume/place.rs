//! Where a volume is in the world.

/// What [`Volume`](super::Volume) tells of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// One for each axis of the array.
    pub(super) spacing: Vec<Option<f64>>,
    pub(super) origin: Option<[f64; 3]>,
    /// Of x, y and z.
    pub(super) direction: Option<[[f64; 3]; 3]>,
    /// Of x, y and z, where all are known.
    pub(super) steps: Option<[f64; 3]>,
    pub(super) slice_origins: Vec<[f64; 3]>,
}

impl Place {
    pub(super) fn affine(&self) -> Option<[[f64; 4]; 3]> {
        let (origin, direction, steps) = (self.origin?, self.direction?, self.steps?);
        let step = |row: usize, axis: usize| direction[axis][row] * steps[axis];
        let row = |row| [step(row, 0), step(row, 1), step(row, 2), origin[row]];
        Some([row(0), row(1), row(2)])
    }
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The vector of length 1, and the length that it had; `None` where that is nothing to divide by.
pub(super) fn unit(vector: [f64; 3]) -> Option<([f64; 3], f64)> {
    let length = dot(vector, vector).sqrt();
    let is_length = length.is_finite() && length > 0.0;
    is_length.then(|| (vector.map(|part| part / length), length))
}
