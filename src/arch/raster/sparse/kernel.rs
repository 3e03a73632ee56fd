//! What the kernels for all instruction sets share: the walk over the steps.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::{STEP, Sections, Steps};

/// What a step is made of on some instruction set.
///
/// The functions are inlined into one that has the instructions: none is called from elsewhere.
pub(super) trait Lanes {
    /// 64 bytes.
    type Bytes: Copy;

    /// # Safety
    /// 64 bytes can be read; the machine has the instructions.
    unsafe fn load(from: *const u8) -> Self::Bytes;

    /// # Safety
    /// 64 bytes can be written; the machine has the instructions.
    unsafe fn store(bytes: Self::Bytes, to: *mut u8);

    /// A bit for each byte: whether the two differ.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn differ(a: Self::Bytes, b: Self::Bytes) -> u64;

    /// The bytes of `b` where the bit is set, else of `a`.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn select(bits: u64, a: Self::Bytes, b: Self::Bytes) -> Self::Bytes;

    /// The upper left bytes where they differ from up, else the upper right.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn alternative(
        up: Self::Bytes,
        upper_left: Self::Bytes,
        upper_right: Self::Bytes,
    ) -> Self::Bytes;

    /// The bits of `bits` at those of `mask`, side by side.
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn extract(bits: u64, mask: u64) -> u64;

    /// Undoes [`extract`](Self::extract).
    ///
    /// # Safety
    /// The machine has the instructions.
    unsafe fn deposit(bits: u64, mask: u64) -> u64;

    /// Writes the bytes of `bytes` where the bit is set side by side.
    ///
    /// # Safety
    /// 64 bytes can be read and written; the machine has the instructions.
    unsafe fn gather(bytes: *const u8, mask: u64, to: *mut u8);

    /// Writes a step: `predicted`, but for `exceptions`, of which `repeats` equal the byte before
    /// and the others come from `literals` in order.
    ///
    /// # Safety
    /// 64 bytes can be written, and one before them read; as many literals can be read as there
    /// are, and [`SLACK`](super::SLACK) bytes more; the machine has the instructions.
    unsafe fn scatter(
        predicted: Self::Bytes,
        exceptions: u64,
        repeats: u64,
        literals: *const u8,
        to: *mut u8,
    );
}

/// The lowest bit of each byte.
const LOWEST: u64 = !0 / 255;

/// Where a kernel writes the sections: each has room for the longest.
#[derive(Debug)]
pub(super) struct Sinks {
    moved_steps: *mut u8,
    exception_steps: *mut u8,
    groups: *mut u8,
    masks: *mut u8,
    repeats: Bits,
    moved: Bits,
    literals: *mut u8,
}

impl Sinks {
    /// Clears the sections and makes room for `count` steps.
    pub(super) fn new(sections: &mut Sections, count: usize) -> Self {
        let flags = |section: &mut Vec<u8>| {
            section.clear();
            section.resize(count.div_ceil(8), 0);
            section.as_mut_ptr()
        };
        // Kernels write whole words or registers where fewer bytes count.
        let room = |section: &mut Vec<u8>, of_step: usize| {
            section.clear();
            section.reserve(count * of_step + STEP);
            section.as_mut_ptr()
        };
        Self {
            moved_steps: flags(&mut sections.moved_steps),
            exception_steps: flags(&mut sections.exception_steps),
            groups: room(&mut sections.groups, 1),
            masks: room(&mut sections.masks, 8),
            repeats: Bits::new(room(&mut sections.repeats, 8)),
            moved: Bits::new(room(&mut sections.moved, 8)),
            literals: room(&mut sections.literals, STEP),
        }
    }
}

/// Where the sections end.
#[derive(Debug)]
pub(super) struct Ends {
    groups: *const u8,
    masks: *const u8,
    repeats: *const u8,
    moved: *const u8,
    literals: *const u8,
}

impl Ends {
    /// Sets the lengths of the sections.
    ///
    /// # Safety
    /// The ends are those of these sections, and all bytes before them have been written.
    pub(super) unsafe fn apply(self, sections: &mut Sections) {
        let ends = [
            (&mut sections.groups, self.groups),
            (&mut sections.masks, self.masks),
            (&mut sections.repeats, self.repeats),
            (&mut sections.moved, self.moved),
            (&mut sections.literals, self.literals),
        ];
        for (section, end) in ends {
            let len = end.addr() - section.as_ptr().addr();
            // SAFETY: the caller says that so many bytes have been written.
            unsafe { section.set_len(len) };
        }
    }
}

/// Appends bits, the lowest first.
#[derive(Debug)]
struct Bits {
    to: *mut u8,
    word: u64,
    /// Bits in `word`: less than 64.
    filled: u32,
}

impl Bits {
    fn new(to: *mut u8) -> Self {
        Self { to, word: 0, filled: 0 }
    }

    /// Appends the lowest `count` bits of `bits`; those above are 0.
    ///
    /// # Safety
    /// There is room for 8 bytes.
    #[inline(always)]
    unsafe fn push(&mut self, bits: u64, count: u32) {
        self.word |= bits << self.filled;
        let filled = self.filled + count;
        if filled >= 64 {
            // SAFETY: the caller says that there is room.
            unsafe {
                self.to.cast::<u64>().write_unaligned(self.word.to_le());
                self.to = self.to.add(8);
            }
            self.word = bits.checked_shr(64 - self.filled).unwrap_or(0);
        }
        self.filled = filled % 64;
    }

    /// Writes what is left, and answers the end.
    ///
    /// # Safety
    /// There is room for 8 bytes.
    unsafe fn finish(self) -> *const u8 {
        // SAFETY: the caller says that there is room.
        unsafe {
            self.to.cast::<u64>().write_unaligned(self.word.to_le());
            self.to.add(self.filled.div_ceil(8) as usize)
        }
    }
}

/// [`separate`](super::separate).
///
/// # Safety
/// `steps` lie in `src`; the sinks have room for them; the machine has the instructions.
#[inline(always)]
pub(super) unsafe fn separate<L: Lanes>(src: &[u8], steps: Steps, mut sinks: Sinks) -> Ends {
    let whole = (steps.nbytes - steps.head) / STEP;
    let src = src.as_ptr();
    for step in 0..whole {
        // SAFETY: a whole step after the head, which is longer than a row and a byte: so are what
        // is before it and above it. Each step appends no more than a step can.
        unsafe {
            let bytes = src.add(steps.head + step * STEP);
            let above = Above { at: bytes.sub(steps.stride), stride: steps.stride };
            separate_step::<L>(bytes, above, !0, step, &mut sinks);
        }
    }
    let left = (steps.nbytes - steps.head) % STEP;
    if left > 0 {
        let at = steps.head + whole * STEP;
        let mut window = [0; 1 + STEP];
        // SAFETY: as above, but that the bytes themselves are followed by zeros. What is above ends
        // at most one byte after `at`, which exists.
        unsafe {
            std::ptr::copy_nonoverlapping(src.add(at - 1), window.as_mut_ptr(), 1 + left);
            let bytes = window.as_ptr().add(1);
            let above = Above { at: src.add(at - steps.stride), stride: steps.stride };
            separate_step::<L>(bytes, above, u64::MAX >> (64 - left), whole, &mut sinks);
        }
    }
    // SAFETY: there is room for a word more than the steps can need.
    unsafe {
        Ends {
            groups: sinks.groups,
            masks: sinks.masks,
            repeats: sinks.repeats.finish(),
            moved: sinks.moved.finish(),
            literals: sinks.literals,
        }
    }
}

/// What is above a step.
#[derive(Clone, Copy)]
struct Above {
    at: *const u8,
    stride: usize,
}

impl Above {
    /// The alternatives to `up`, which is what is here.
    ///
    /// # Safety
    /// A step and the bytes on both sides can be read; the machine has the instructions.
    #[inline(always)]
    unsafe fn alternative<L: Lanes>(self, up: L::Bytes) -> L::Bytes {
        // SAFETY: as the caller says.
        unsafe {
            let (upper_left, upper_right) = (L::load(self.at.sub(1)), L::load(self.at.add(1)));
            // What follows a row of one step is the step itself.
            let upper_right = match self.stride {
                STEP => L::select(1 << (STEP - 1), upper_right, up),
                _ => upper_right,
            };
            L::alternative(up, upper_left, upper_right)
        }
    }
}

/// Appends what the step at `bytes` needs, looking at its bytes in `valid` only.
///
/// # Safety
/// A step and the byte before it can be read at `bytes`, a step and the bytes on both sides at
/// `above`; the sinks have room for a step.
#[inline(always)]
unsafe fn separate_step<L: Lanes>(
    bytes: *const u8,
    above: Above,
    valid: u64,
    step: usize,
    sinks: &mut Sinks,
) {
    // SAFETY: the caller says what can be read and written.
    unsafe {
        let (values, up) = (L::load(bytes), L::load(above.at));
        let differ = L::differ(values, up) & valid;
        if differ == 0 {
            return;
        }
        let alternative = above.alternative::<L>(up);
        let exceptions = differ & L::differ(values, alternative);
        let moved = differ & !exceptions;
        if moved != 0 {
            *sinks.moved_steps.add(step / 8) |= 1 << (step % 8);
            let edges = L::differ(alternative, up) & valid;
            sinks.moved.push(L::extract(moved, edges), edges.count_ones());
        }
        if exceptions != 0 {
            *sinks.exception_steps.add(step / 8) |= 1 << (step % 8);
            let groups = L::extract(any_of_byte(exceptions), LOWEST);
            *sinks.groups = groups as u8;
            sinks.groups = sinks.groups.add(1);
            let masks = L::extract(exceptions, L::deposit(groups, LOWEST) * 255);
            sinks.masks.cast::<u64>().write_unaligned(masks.to_le());
            sinks.masks = sinks.masks.add(groups.count_ones() as usize);
            let repeats = exceptions & !L::differ(values, L::load(bytes.sub(1)));
            sinks.repeats.push(L::extract(repeats, exceptions), exceptions.count_ones());
            let literals = exceptions & !repeats;
            L::gather(bytes, literals, sinks.literals);
            sinks.literals = sinks.literals.add(literals.count_ones() as usize);
        }
    }
}

/// For each byte, in its lowest bit, whether any bit is set.
#[inline(always)]
fn any_of_byte(bits: u64) -> u64 {
    let bits = bits | bits >> 4;
    let bits = bits | bits >> 2;
    (bits | bits >> 1) & LOWEST
}

/// Where a kernel reads the sections.
struct Sources {
    groups: *const u8,
    masks: *const u8,
    repeats: *const u8,
    /// Bits of `repeats` used.
    nrepeats: usize,
    moved: *const u8,
    /// Bits of `moved` used, or asked for where there are no more.
    nmoved: usize,
    moved_bits: usize,
    literals: *const u8,
}

/// [`restore`](super::restore): answers how many bits of `moved` it would have used.
///
/// # Safety
/// The sections [fit](Sections::fit), `moved` with `moved_bytes` bytes, and are all followed by
/// [`SLACK`](super::SLACK) bytes; `steps` lie in `block`; the machine has the
/// instructions.
#[inline(always)]
pub(super) unsafe fn restore<L: Lanes>(
    sections: &Sections,
    moved_bytes: usize,
    steps: Steps,
    block: &mut [u8],
) -> usize {
    let mut sources = Sources {
        groups: sections.groups.as_ptr(),
        masks: sections.masks.as_ptr(),
        repeats: sections.repeats.as_ptr(),
        nrepeats: 0,
        moved: sections.moved.as_ptr(),
        nmoved: 0,
        moved_bits: moved_bytes * 8,
        literals: sections.literals.as_ptr(),
    };
    let whole = (steps.nbytes - steps.head) / STEP;
    let flags = sections.moved_steps.iter().zip(&sections.exception_steps);
    let block = block.as_mut_ptr();
    for (index, (&moved, &exceptions)) in flags.enumerate() {
        for bit in 0..8 {
            let step = index * 8 + bit;
            if step >= whole {
                break;
            }
            // SAFETY: a whole step after the head, which is longer than a row and a byte: so are
            // what is before it and above it. The sections have what their flags promise.
            unsafe {
                let to = block.add(steps.head + step * STEP);
                let above = Above { at: to.sub(steps.stride), stride: steps.stride };
                let (moved, exceptions) = (moved >> bit & 1 != 0, exceptions >> bit & 1 != 0);
                restore_step::<L>(to, above, !0, moved, exceptions, &mut sources);
            }
        }
    }
    let left = (steps.nbytes - steps.head) % STEP;
    if left > 0 {
        let has = |section: &[u8]| section[whole / 8] >> (whole % 8) & 1 != 0;
        let (moved, exceptions) = (has(&sections.moved_steps), has(&sections.exception_steps));
        let at = steps.head + whole * STEP;
        let mut window = [0; 1 + STEP];
        // SAFETY: as above, but for a copy of the bytes themselves.
        unsafe {
            window[0] = *block.add(at - 1);
            let to = window.as_mut_ptr().add(1);
            let above = Above { at: block.add(at - steps.stride), stride: steps.stride };
            let valid = u64::MAX >> (64 - left);
            restore_step::<L>(to, above, valid, moved, exceptions, &mut sources);
            std::ptr::copy_nonoverlapping(to, block.add(at), left);
        }
    }
    sources.nmoved
}

/// Writes the step at `to`.
///
/// # Safety
/// A step can be written at `to` and the byte before it read, a step and the bytes on both sides at
/// `above`; the sources have what the step needs.
#[inline(always)]
unsafe fn restore_step<L: Lanes>(
    to: *mut u8,
    above: Above,
    valid: u64,
    has_moved: bool,
    has_exceptions: bool,
    sources: &mut Sources,
) {
    // SAFETY: the caller says what can be read and written.
    unsafe {
        let mut predicted = L::load(above.at);
        if has_moved {
            let up = predicted;
            let alternative = above.alternative::<L>(up);
            let edges = L::differ(alternative, up) & valid;
            let at = sources.nmoved.min(sources.moved_bits);
            let moved = L::deposit(bits_at(sources.moved, at), edges);
            sources.nmoved += edges.count_ones() as usize;
            predicted = L::select(moved, up, alternative);
        }
        if !has_exceptions {
            L::store(predicted, to);
            return;
        }
        let groups = u64::from(*sources.groups);
        sources.groups = sources.groups.add(1);
        let masks = u64::from_le(sources.masks.cast::<u64>().read_unaligned());
        sources.masks = sources.masks.add(groups.count_ones() as usize);
        let exceptions = L::deposit(masks, L::deposit(groups, LOWEST) * 255);
        let repeats = L::deposit(bits_at(sources.repeats, sources.nrepeats), exceptions);
        sources.nrepeats += exceptions.count_ones() as usize;
        L::scatter(predicted, exceptions, repeats, sources.literals, to);
        sources.literals = sources.literals.add((exceptions & !repeats).count_ones() as usize);
    }
}

/// 64 bits from bit `at` on.
///
/// # Safety
/// 9 bytes can be read there.
#[inline(always)]
unsafe fn bits_at(from: *const u8, at: usize) -> u64 {
    // SAFETY: the caller says that the bytes can be read.
    let (word, next) = unsafe {
        let from = from.add(at / 8);
        (u64::from_le(from.cast::<u64>().read_unaligned()), u64::from(*from.add(8)))
    };
    word >> (at % 8) | next << 1 << (63 - at % 8)
}
