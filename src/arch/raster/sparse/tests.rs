//! Every kernel of the machine against a model that looks at one byte after the other.

use proptest::prelude::*;

use super::super::super::Isa;
use super::{MIN_STRIDE, STEP, Sections, head, restore, separate};

/// Appends bits, the lowest first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn push(&mut self, bit: bool) {
        if self.count.is_multiple_of(8) {
            self.bytes.push(0);
        }
        self.bytes[self.count / 8] |= u8::from(bit) << (self.count % 8);
        self.count += 1;
    }
}

/// The sections by their definition.
fn model(src: &[u8], stride: usize) -> Sections {
    let head = head(src.len(), stride).expect("more than a head");
    let alternative = |at: usize| {
        let (left, up, right) = (src[at - stride - 1], src[at - stride], src[at - stride + 1]);
        // The first byte of the step itself, in rows of one step.
        let right = if stride == STEP && (at + 1).is_multiple_of(STEP) { up } else { right };
        if left == up { right } else { left }
    };
    let mut sections = Sections::default();
    let (mut moved_steps, mut exception_steps) = (Bits::default(), Bits::default());
    let (mut moved, mut repeats) = (Bits::default(), Bits::default());
    for start in (head..src.len()).step_by(STEP) {
        let step = start..(start + STEP).min(src.len());
        let up = |at: usize| src[at - stride];
        let has_moved = |&at: &usize| src[at] != up(at) && src[at] == alternative(at);
        let is_exception = |&at: &usize| src[at] != up(at) && src[at] != alternative(at);
        moved_steps.push(step.clone().any(|at| has_moved(&at)));
        if step.clone().any(|at| has_moved(&at)) {
            let edges = step.clone().filter(|&at| up(at) != alternative(at));
            edges.for_each(|at| moved.push(has_moved(&at)));
        }
        exception_steps.push(step.clone().any(|at| is_exception(&at)));
        let mut masks = [0_u8; 8];
        for at in step.filter(is_exception) {
            masks[(at - start) / 8] |= 1 << ((at - start) % 8);
            repeats.push(src[at] == src[at - 1]);
            if src[at] != src[at - 1] {
                sections.literals.push(src[at]);
            }
        }
        if masks != [0; 8] {
            let groups = (0..8).filter(|&group| masks[group] != 0).map(|group| 1 << group);
            sections.groups.push(groups.sum());
            sections.masks.extend(masks.iter().filter(|&&mask| mask != 0));
        }
    }
    sections.moved_steps = moved_steps.bytes;
    sections.exception_steps = exception_steps.bytes;
    sections.moved = moved.bytes;
    sections.repeats = repeats.bytes;
    sections
}

/// Rows whose labels spread, wander and are sprinkled with noise.
fn labels() -> impl Strategy<Value = (Vec<u8>, usize)> {
    let shape =
        (prop_oneof![Just(MIN_STRIDE), MIN_STRIDE..400_usize], 200..5000_usize, 1..60_usize);
    (shape, any::<u32>(), 0..4_u32, any::<bool>()).prop_map(
        |((stride, len, size), seed, noise, runs)| {
            let mut state = seed | 1;
            let mut random = move || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state
            };
            let shift = random() as usize % 3;
            let mut src: Vec<u8> = (0..len)
                .map(|at| ((at % stride + at / stride * shift) / size * 7 % 11) as u8)
                .collect();
            for at in 1..len {
                if random() % 64 < noise * noise * 6 {
                    src[at] = if runs { src[at - 1] } else { random() as u8 % 5 };
                }
            }
            (src, stride)
        },
    )
}

proptest! {
    #[test]
    fn sections_are_those_of_the_model_and_lead_back((src, stride) in labels()) {
        let Some(head) = head(src.len(), stride) else { return Ok(()) };
        let expected = model(&src, stride);
        for isa in Isa::available() {
            let mut sections = Sections::default();
            separate(isa, &src, stride, &mut sections);
            prop_assert_eq!(&sections, &expected, "{:?}", isa);
            let mut block = vec![0xa5; src.len()];
            block[..head].copy_from_slice(&src[..head]);
            prop_assert!(restore(isa, &mut sections, stride, &mut block));
            prop_assert_eq!(&block, &src, "{:?}", isa);
        }
    }

    /// Flipped bits and cut sections are refused or decode to the same on every instruction set.
    #[test]
    fn hostile_sections_are_harmless(
        (src, stride) in labels(),
        section in 0..7_usize,
        at in any::<prop::sample::Index>(),
        change in any::<Option<u8>>(),
    ) {
        if head(src.len(), stride).is_none() {
            return Ok(());
        }
        let mut sections = model(&src, stride);
        let Some(target) = sections.each().into_iter().nth(section).filter(|target| !target.is_empty())
        else {
            return Ok(());
        };
        let at = at.index(target.len());
        match change {
            Some(byte) => target[at] = byte,
            None => target.truncate(at),
        }
        let outcomes = Isa::available().into_iter().map(|isa| {
            let mut block = src.clone();
            let fits = restore(isa, &mut sections.clone(), stride, &mut block);
            fits.then_some(block)
        });
        let outcomes: Vec<_> = outcomes.collect();
        prop_assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]));
    }
}
