//! Which elements of a block a reduction takes together.

use crate::shape::{Region, Shape};

/// Elements in C order that go to one output, or one to each of several outputs in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Where they begin in the block, in elements.
    pub(super) start: usize,
    pub(super) len: usize,
    /// The first output, counted from the block's first.
    pub(super) output: usize,
    /// The C-order position of the first element among all elements of the array that go to the
    /// same output.
    pub(super) index: usize,
}

/// Whether a reduction wants to know where elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Indices {
    Needed,
    Unused,
}

/// How a block is cut into runs.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    /// The axes that runs do not span.
    outer: Vec<Axis>,
    run_len: usize,
    /// The index of the block's first element.
    index: usize,
    /// Whether the elements of a run go to outputs of their own.
    is_spread: bool,
}

#[derive(Debug, Clone, Copy)]
struct Axis {
    len: usize,
    /// From one index to the next, in elements of the block.
    stride: usize,
    /// The same in outputs, 0 for an axis that is reduced.
    output: usize,
    /// The same in the index, 0 for an axis that is kept.
    index: usize,
}

impl Runs {
    /// The runs of a block of this shape, of which `extent`, in the coordinates of an array of
    /// shape `whole`, are no padding. Axes of `kept` are those of the outputs. Runs are longer where
    /// nobody needs the `index` of each element.
    pub(super) fn new(
        block: &Shape,
        extent: &Region,
        whole: &Shape,
        kept: &[bool],
        index: Indices,
    ) -> Self {
        let needs_index = index == Indices::Needed;
        let (strides, lens) = (block.strides(), extent.shape());
        let (mut noutputs, mut nindices, mut first) = (1, 1, 0);
        let mut axes = Vec::with_capacity(block.ndim());
        for axis in (0..block.ndim()).rev() {
            let (len, stride) = (lens[axis], strides[axis]);
            axes.push(if kept[axis] {
                noutputs *= len;
                Axis { len, stride, output: noutputs / len.max(1), index: 0 }
            } else {
                first += extent.start()[axis] * nindices;
                nindices *= whole[axis].max(1);
                Axis { len, stride, output: 0, index: nindices / whole[axis].max(1) }
            });
        }
        axes.reverse();
        let is_spread = kept.last().is_some_and(|&kept| kept);
        // A run goes on over further axes as long as their numbers go on.
        let mut run_len = axes.pop().map_or(1, |axis| axis.len);
        while let Some(&Axis { len, stride, output, index }) = axes.last()
            && kept[axes.len() - 1] == is_spread
            && stride == run_len
            && (if is_spread { output == run_len } else { !needs_index || index == run_len })
        {
            run_len *= len;
            axes.pop();
        }
        Self { outer: axes, run_len, index: first, is_spread }
    }

    /// Whether the elements of a run go to outputs of their own, and not all to one.
    pub(super) fn is_spread(&self) -> bool {
        self.is_spread
    }

    /// Number of runs.
    pub(super) fn len(&self) -> usize {
        if self.run_len == 0 { 0 } else { self.outer.iter().map(|axis| axis.len).product() }
    }

    /// The run of this number, which exists. They are in order of `start`.
    pub(super) fn run(&self, mut number: usize) -> Run {
        let mut run = Run { start: 0, len: self.run_len, output: 0, index: self.index };
        for axis in self.outer.iter().rev() {
            let position = number % axis.len;
            number /= axis.len;
            run.start += position * axis.stride;
            run.output += position * axis.output;
            run.index += position * axis.index;
        }
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each element of the block that is no padding is in one run, at the right output and index.
    #[test]
    fn runs_cover_each_element_once() {
        for seed in 0..4000usize {
            let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut below = |bound: usize| {
                state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                (state >> 33) % bound
            };
            let ndim = below(4);
            let lens: Vec<usize> = (0..ndim).map(|_| 1 + below(5)).collect();
            let block = Shape::new(&lens).unwrap_or(Shape::scalar());
            let shape =
                block.map(|axis| if below(2) == 0 { block[axis] } else { 1 + below(block[axis]) });
            let start = block.map(|_| below(3));
            let whole = block.map(|axis| start[axis] + shape[axis] + below(2));
            let kept: Vec<bool> = (0..ndim).map(|_| below(2) == 0).collect();
            let extent = Region::at(start, shape);
            let runs = Runs::new(&block, &extent, &whole, &kept, Indices::Needed);
            let longer = Runs::new(&block, &extent, &whole, &kept, Indices::Unused);
            assert_eq!(longer.len() * longer.run_len, runs.len() * runs.run_len);
            for number in 0..longer.len() {
                let Run { start, output, .. } = longer.run(number);
                assert!(
                    (0..runs.len())
                        .map(|number| runs.run(number))
                        .any(|run| { (run.start, run.output) == (start, output) })
                );
            }

            let ravel = |axes: &dyn Fn(usize) -> bool, lens: &Shape, index: &Shape| {
                (0..ndim)
                    .filter(|&axis| axes(axis))
                    .fold(0, |at, axis| at * lens[axis] + index[axis])
            };
            let mut found = vec![None; block.nitems()];
            for number in 0..runs.len() {
                let run = runs.run(number);
                for i in 0..run.len {
                    let step = if runs.is_spread() { (i, 0) } else { (0, i) };
                    let old =
                        found[run.start + i].replace((run.output + step.0, run.index + step.1));
                    assert_eq!(old, None);
                }
            }
            for (at, found) in found.into_iter().enumerate() {
                let local = block.unravel(at);
                let expected = (0..ndim).all(|axis| local[axis] < shape[axis]).then(|| {
                    let global = local.map(|axis| start[axis] + local[axis]);
                    (
                        ravel(&|axis| kept[axis], &shape, &local),
                        ravel(&|axis| !kept[axis], &whole, &global),
                    )
                });
                assert_eq!(found, expected, "{block:?} {shape:?} {whole:?} {kept:?} at {at}");
            }
        }
    }
}
