//! Several arrays at once, element by element.

use std::sync::Arc;

use super::computed::Computed;
use super::expression::Expression;
use super::node::{Broadcast, Evaluated, Held, Node, Partition, Uses, broadcast_shape};
use crate::arch::wide;
use crate::array::{Array, with_unspecified};
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::{Region, Shape};

/// What can be gone through together with others: `&Array` and expressions.
pub trait Source: Into<Expression<Self::Item>> {
    /// Type of the elements.
    type Item: Element;
}

impl<T: Element> Source for &Array<T> {
    type Item = T;
}

impl<T: Element> Source for Expression<T> {
    type Item = T;
}

impl<T: Element> Source for &Expression<T> {
    type Item = T;
}

/// A tuple of up to eight arrays and expressions, of any types, shapes that can be broadcast
/// together, and chunks.
pub trait Sources {
    /// An element of each.
    type Items: Copy + Send + Sync;

    #[doc(hidden)]
    type Nodes: Send + Sync;

    /// What is to be evaluated, in one shape: `shape`, or one that all can be repeated to.
    #[doc(hidden)]
    fn nodes(self, shape: Option<Shape>) -> Result<(Self::Nodes, Shape)>;
    #[doc(hidden)]
    fn partition(nodes: &Self::Nodes, shape: &Shape) -> Option<Partition>;
    #[doc(hidden)]
    fn count(nodes: &Self::Nodes, uses: &mut Uses);
    #[doc(hidden)]
    fn constant(nodes: &Self::Nodes, region: &Region) -> Result<Option<Self::Items>>;
    /// Calls `f` with the number of each element of a region, in C order, and its items.
    #[doc(hidden)]
    fn for_each(
        nodes: &Self::Nodes,
        region: &Region,
        held: &mut Held<'_>,
        f: impl FnMut(usize, Self::Items),
    ) -> Result<()>;
}

/// Evaluates a region of a node into all of `out`.
fn fill<T: Element>(
    node: &dyn Node<T>,
    region: &Region,
    out: &mut [T],
    held: &mut Held<'_>,
) -> Result<()> {
    if let Evaluated::One(value) = node.evaluate(region, out, held)? {
        out.fill(value);
    }
    Ok(())
}

macro_rules! implement_for_tuple {
    ($($type:ident $name:ident $field:tt),*) => {
        impl<$($type: Source),*> Sources for ($($type,)*) {
            type Items = ($($type::Item,)*);
            type Nodes = ($(Expression<$type::Item>,)*);

            fn nodes(self, shape: Option<Shape>) -> Result<(Self::Nodes, Shape)> {
                let ($($name,)*) = self;
                $(let $name = $name.into().into_node()?;)*
                let mut all = Shape::scalar();
                $(all = broadcast_shape(&all, $name.shape())?;)*
                let to = shape.unwrap_or(all);
                if broadcast_shape(&all, &to)? != to {
                    let (left, right) = (to.to_vec(), all.to_vec());
                    return Err(InvalidArgument::Broadcast { left, right }.into());
                }
                Ok((($(Expression::of(Broadcast::to($name, to)),)*), to))
            }

            fn partition(nodes: &Self::Nodes, shape: &Shape) -> Option<Partition> {
                None$(.or_else(|| nodes.$field.ready().partition(shape)))*
            }

            fn count(nodes: &Self::Nodes, uses: &mut Uses) {
                $(nodes.$field.ready().count(uses);)*
            }

            fn constant(nodes: &Self::Nodes, region: &Region) -> Result<Option<Self::Items>> {
                Ok(Some(($(
                    match nodes.$field.ready().constant(region)? {
                        Some(value) => value,
                        None => return Ok(None),
                    },
                )*)))
            }

            fn for_each(
                nodes: &Self::Nodes,
                region: &Region,
                held: &mut Held<'_>,
                mut f: impl FnMut(usize, Self::Items),
            ) -> Result<()> {
                let nitems = region.shape().nitems();
                implement_for_tuple!(
                    @lend nodes region held nitems f [$($type $name $field),*] [$($name),*]
                )
            }
        }
    };
    // One buffer inside the other; then the loop over all of them.
    (@lend $nodes:ident $region:ident $held:ident $nitems:ident $f:ident
        [$type:ident $name:ident $field:tt $(, $($rest:tt)*)?] $all:tt
    ) => {
        with_unspecified($nitems, |$name: &mut [$type::Item]| {
            fill($nodes.$field.ready(), $region, $name, $held)?;
            implement_for_tuple!(@lend $nodes $region $held $nitems $f [$($($rest)*)?] $all)
        })
    };
    (@lend $nodes:ident $region:ident $held:ident $nitems:ident $f:ident [] [$($name:ident),*]) => {{
        $(let $name = &$name[..$nitems];)*
        wide(|| {
            for i in 0..$nitems {
                $f(i, ($($name[i],)*));
            }
        });
        Ok(())
    }};
}
implement_for_tuple!(A a 0);
implement_for_tuple!(A a 0, B b 1);
implement_for_tuple!(A a 0, B b 1, C c 2);
implement_for_tuple!(A a 0, B b 1, C c 2, D d 3);
implement_for_tuple!(A a 0, B b 1, C c 2, D d 3, E e 4);
implement_for_tuple!(A a 0, B b 1, C c 2, D d 3, E e 4, F g 5);
implement_for_tuple!(A a 0, B b 1, C c 2, D d 3, E e 4, F g 5, G h 6);
implement_for_tuple!(A a 0, B b 1, C c 2, D d 3, E e 4, F g 5, G h 6, H i 7);

/// A function of elements of several nodes.
struct Tuple<S: Sources, F> {
    nodes: S::Nodes,
    shape: Shape,
    f: F,
}

/// What a function makes of elements.
trait Apply<I, U>: Send + Sync {
    /// Whether it looks at where they are.
    const IS_INDEXED: bool;

    fn apply(&self, index: &[usize], items: I) -> U;
}

/// A function of elements alone.
struct Plain<F>(F);

impl<I, U, F: Fn(I) -> U + Send + Sync> Apply<I, U> for Plain<F> {
    const IS_INDEXED: bool = false;

    #[inline(always)]
    fn apply(&self, _: &[usize], items: I) -> U {
        (self.0)(items)
    }
}

/// A function of elements and their index.
struct Indexed<F>(F);

impl<I, U, F: Fn(&[usize], I) -> U + Send + Sync> Apply<I, U> for Indexed<F> {
    const IS_INDEXED: bool = true;

    #[inline(always)]
    fn apply(&self, index: &[usize], items: I) -> U {
        (self.0)(index, items)
    }
}

impl<S: Sources, U: Element, F: Apply<S::Items, U>> Node<U> for Tuple<S, F> {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn partition(&self, shape: &Shape) -> Option<Partition> {
        S::partition(&self.nodes, shape)
    }

    fn count(&self, uses: &mut Uses) {
        S::count(&self.nodes, uses);
    }

    fn constant(&self, region: &Region) -> Result<Option<U>> {
        if F::IS_INDEXED {
            return Ok(None);
        }
        Ok(S::constant(&self.nodes, region)?.map(|items| self.f.apply(&[], items)))
    }

    fn evaluate(
        &self,
        region: &Region,
        out: &mut [U],
        held: &mut Held<'_>,
    ) -> Result<Evaluated<U>> {
        if let Some(value) = self.constant(region)? {
            return Ok(Evaluated::One(value));
        }
        let mut at = Walk::new(region);
        S::for_each(&self.nodes, region, held, |i, items| {
            out[i] = self.f.apply(at.index(), items);
            if F::IS_INDEXED {
                at.advance();
            }
        })?;
        Ok(Evaluated::Each)
    }
}

/// The indices of a region's elements, in C order.
pub(super) struct Walk<'a> {
    region: &'a Region,
    index: Shape,
}

impl<'a> Walk<'a> {
    pub(super) fn new(region: &'a Region) -> Self {
        Self { region, index: *region.start() }
    }

    pub(super) fn index(&self) -> &[usize] {
        &self.index
    }

    pub(super) fn advance(&mut self) {
        for axis in (0..self.index.ndim()).rev() {
            let next = self.index[axis] + 1;
            if next < self.region.end(axis) {
                self.index = self.index.with_len(axis, next);
                return;
            }
            self.index = self.index.with_len(axis, self.region.start()[axis]);
        }
    }
}

/// A new array of what `f` makes of the elements of several arrays or expressions at the same
/// indices, broadcast where shapes differ. Chunks, blocks and types may differ in any way.
///
/// `f` may be asked once for many equal elements, and more than once for one. Memory: the compressed
/// result, and for each thread a buffer of one block for each array. To compute without an array as
/// the result, see [`Expression::zip_with`].
///
/// ```
/// use ndpress::{Array, Options, zip_map};
///
/// let options = Options::new();
/// let (red, green) = (Array::full([4, 6], 200u8, &options)?, Array::full([4, 6], 0.5f32, &options)?);
/// let rows = Array::from_slice(&[1i64, 2, 3, 4], [4, 1], &options)?;
/// let sum = zip_map((&red, &green, &rows), |(red, green, row)| f32::from(red) + green + row as f32)?;
/// assert_eq!(sum.at(&[3, 0])?, 204.5);
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// # Errors
/// [`Broadcast`](InvalidArgument::Broadcast); [`Error::Corrupt`](crate::Error::Corrupt), naming a
/// chunk and block of one of the arrays; [`Error::Codec`](crate::Error::Codec).
pub fn zip_map<S: Sources, U: Element>(
    sources: S,
    f: impl Fn(S::Items) -> U + Send + Sync,
) -> Result<Array<U>> {
    let (nodes, shape) = sources.nodes(None)?;
    Computed::new(Arc::new(Tuple::<S, _> { nodes, shape, f: Plain(f) }))?.to_array(None)
}

/// As [`zip_map`]; `f` also gets the index of the elements, of as many axes as the result.
///
/// # Errors
/// As [`zip_map`].
pub fn zip_map_indexed<S: Sources, U: Element>(
    sources: S,
    f: impl Fn(&[usize], S::Items) -> U + Send + Sync,
) -> Result<Array<U>> {
    let (nodes, shape) = sources.nodes(None)?;
    Computed::new(Arc::new(Tuple::<S, _> { nodes, shape, f: Indexed(f) }))?.to_array(None)
}

impl<T: Element> Array<T> {
    /// Replaces each element by what `f` makes of it and of the elements of other arrays at the same
    /// index, which are repeated where their shapes are less. Blocks that stay as they are keep their
    /// compressed bytes.
    ///
    /// `f` may be asked once for many equal elements. Memory: an uncompressed chunk for each thread
    /// and a block for each array, kept by the thread; and the old chunks until all new ones are
    /// there.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let options = Options::new();
    /// let mut image = Array::full([480, 640, 3], 100u8, &options)?;
    /// let gain = Array::from_slice(&[0.5f32, 1.0, 2.0], [3], &options)?;
    /// image.zip_map_in_place((&gain,), |pixel, (gain,)| (f32::from(pixel) * gain) as u8)?;
    /// assert_eq!(image.at(&[7, 7, 2])?, 200);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`zip_map`]; `Broadcast` also when the others would have to be cut. The array is then as it
    /// was; so it is when `f` panics.
    pub fn zip_map_in_place<S: Sources>(
        &mut self,
        sources: S,
        f: impl Fn(T, S::Items) -> T + Send + Sync,
    ) -> Result<()> {
        let (nodes, _) = sources.nodes(Some(*self.shape()))?;
        let mut uses = Uses::default();
        S::count(&nodes, &mut uses);
        self.try_edit_blocks(
            |region, value| {
                let items = S::constant(&nodes, region)?;
                Ok(items.map(|items| f(value, items)))
            },
            |region, out| {
                S::for_each(&nodes, region, &mut Held::new(&uses), |i, items| {
                    out[i] = f(out[i], items);
                })
            },
        )
    }
}
