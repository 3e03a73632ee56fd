//! DLPack's tensors, made and read by structures of our own, as another library has them.

#![allow(unsafe_code, reason = "tensors are pointers")]

use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn, Slice};
use ndpress::half::f16;
use ndpress::{
    AnyArray, Array, DType, DlpackError, DlpackTensor, Element, Error, InvalidArgument, Options,
    Region, Result,
};
use proptest::prelude::*;

use crate::random::{Random, Sample};

/// As `dlpack.h` has it.
#[derive(Clone, Copy)]
#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    code: u8,
    bits: u8,
    lanes: u16,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
struct Versioned {
    major: u32,
    minor: u32,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Self)>,
    flags: u64,
    tensor: Tensor,
}

#[repr(C)]
struct Legacy {
    tensor: Tensor,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Self)>,
}

/// How often deleters were called.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// What a context is.
struct Context {
    calls: Calls,
    _kept: Box<dyn Any>,
}

unsafe fn free(context: *mut c_void) {
    // SAFETY: only called by deleters of the structures below, once each.
    let context = unsafe { Box::from_raw(context.cast::<Context>()) };
    context.calls.0.fetch_add(1, Ordering::SeqCst);
}

unsafe extern "C" fn delete_versioned(tensor: *mut Versioned) {
    // SAFETY: a box of `versioned`.
    unsafe { free(Box::from_raw(tensor).context) }
}

unsafe extern "C" fn delete_legacy(tensor: *mut Legacy) {
    // SAFETY: a box of `legacy`.
    unsafe { free(Box::from_raw(tensor).context) }
}

fn context(calls: &Calls, kept: impl Any) -> *mut c_void {
    Box::into_raw(Box::new(Context { calls: calls.clone(), _kept: Box::new(kept) })).cast()
}

fn versioned(
    tensor: Tensor,
    major: u32,
    flags: u64,
    calls: &Calls,
    kept: impl Any,
) -> *mut Versioned {
    let (context, deleter) = (context(calls, kept), Some(delete_versioned as _));
    Box::into_raw(Box::new(Versioned { major, minor: 9, context, deleter, flags, tensor }))
}

fn legacy(tensor: Tensor, calls: &Calls, kept: impl Any) -> *mut Legacy {
    let (context, deleter) = (context(calls, kept), Some(delete_legacy as _));
    Box::into_raw(Box::new(Legacy { tensor, context, deleter }))
}

fn take(tensor: *mut Versioned) -> Result<DlpackTensor> {
    // SAFETY: the structures of this file are DLPack's, and are given away once.
    unsafe { DlpackTensor::from_raw(tensor.cast()) }
}

fn take_legacy(tensor: *mut Legacy) -> Result<DlpackTensor> {
    // SAFETY: as above.
    unsafe { DlpackTensor::from_raw_legacy(tensor.cast()) }
}

/// Code and bits, as `dlpack.h` lists them.
fn code_of(dtype: DType) -> (u8, u8) {
    match dtype {
        DType::I8 => (0, 8),
        DType::I16 => (0, 16),
        DType::I32 => (0, 32),
        DType::I64 => (0, 64),
        DType::U8 => (1, 8),
        DType::U16 => (1, 16),
        DType::U32 => (1, 32),
        DType::U64 => (1, 64),
        DType::F16 => (2, 16),
        DType::F32 => (2, 32),
        DType::F64 => (2, 64),
        DType::Complex64 => (5, 64),
        DType::Complex128 => (5, 128),
        DType::Bool => (6, 8),
        other => panic!("{other}"),
    }
}

/// A tensor over the elements of a view, whose memory begins at `base`, and what it points to.
fn tensor_of<T: Element>(view: &ArrayViewD<'_, T>, base: *const T) -> (Tensor, Vec<i64>) {
    let (code, bits) = code_of(T::DTYPE);
    let lens = view.shape().iter().map(|&len| len as i64);
    let strides = view.strides().iter().map(|&stride| stride as i64);
    let mut numbers: Vec<i64> = lens.chain(strides).collect();
    let (shape, strides) = numbers.split_at_mut(view.ndim());
    let tensor = Tensor {
        data: base.cast_mut().cast(),
        device_type: 1,
        device_id: 0,
        ndim: view.ndim() as i32,
        code,
        bits,
        lanes: 1,
        shape: shape.as_mut_ptr(),
        strides: strides.as_mut_ptr(),
        byte_offset: (view.as_ptr() as usize - base as usize) as u64,
    };
    (tensor, numbers)
}

impl Random {
    /// A view of some of the elements, with strides of any sign, or none.
    fn view<'a, T>(
        &mut self,
        array: &'a ArrayD<T>,
        repeated: &mut Vec<usize>,
    ) -> ArrayViewD<'a, T> {
        let mut view = array.view();
        for axis in 0..view.ndim() {
            let len = view.len_of(Axis(axis));
            let (a, b) = (self.below(len + 1), self.below(len + 1));
            let (low, high) = (a.min(b) as isize, a.max(b) as isize);
            let step = [1, 1, 2, -1, -3][self.below(5)];
            if self.below(2) == 0 && low < high {
                view.slice_axis_inplace(Axis(axis), Slice::new(low, Some(high), step));
            }
        }
        if view.ndim() > 1 && self.below(2) == 0 {
            view.swap_axes(0, 1);
        }
        *repeated = view.shape().to_vec();
        if self.below(3) == 0 {
            repeated.insert(0, 1 + self.below(3));
        }
        view
    }
}

fn import<T: Sample>(seed: u64) {
    let mut random = Random(seed);
    let shape = random.shape();
    let items: Vec<T> = random.items(shape.iter().product());
    let array = Box::new(ArrayD::from_shape_vec(IxDyn(&shape), items).unwrap());
    let base = array.as_ptr();
    let mut lens = Vec::new();
    let view = random.view(&array, &mut lens);
    let view = view.broadcast(IxDyn(&lens)).unwrap();
    let expected = view.to_owned();
    let (mut tensor, numbers) = tensor_of(&view, base);
    if view.is_standard_layout() && random.below(2) == 0 {
        tensor.strides = null_mut();
    }
    let calls = Calls::default();
    let is_legacy = random.below(2) == 0;
    let flags = random.next() & 3;
    let tensor = match is_legacy {
        true => take_legacy(legacy(tensor, &calls, (array.clone(), numbers))),
        false => take(versioned(tensor, 1, flags, &calls, (array.clone(), numbers))),
    };
    let tensor = tensor.unwrap();
    assert_eq!((tensor.dtype(), &tensor.shape()[..]), (T::DTYPE, expected.shape()));
    assert_eq!(tensor.is_read_only(), !is_legacy && flags & 1 == 1);

    let options = random.options(expected.shape());
    let typed = Array::<T>::from_dlpack(&tensor, &options).unwrap();
    assert_eq!(typed.to_ndarray().unwrap(), expected);
    let any = AnyArray::from_dlpack(&tensor, &Options::new()).unwrap();
    assert!(any.content_eq(&typed.into()).unwrap());
    assert_eq!(calls.count(), 0);
    drop(tensor);
    assert_eq!(calls.count(), 1);
    drop(array);
}

/// What another library sees in a tensor.
fn look<T: Element>(tensor: &Tensor, shape: &[usize]) -> Vec<T> {
    let ndim = usize::try_from(tensor.ndim).unwrap();
    // SAFETY: what `dlpack.h` promises.
    let [lens, strides] = [tensor.shape, tensor.strides]
        .map(|numbers| unsafe { std::slice::from_raw_parts(numbers, ndim) });
    assert_eq!(lens, shape.iter().map(|&len| len as i64).collect::<Vec<_>>());
    let mut step = 1;
    for (len, stride) in lens.iter().zip(strides).rev() {
        assert_eq!(*stride, step);
        step *= (*len).max(1);
    }
    assert_eq!((tensor.device_type, tensor.device_id, tensor.byte_offset), (1, 0, 0));
    assert_eq!((tensor.code, tensor.bits), code_of(T::DTYPE));
    assert_eq!(tensor.lanes, 1);
    let nitems: usize = shape.iter().product();
    if nitems == 0 {
        assert!(tensor.data.is_null());
        return Vec::new();
    }
    assert_eq!(tensor.data as usize % 256, 0);
    // SAFETY: as above; a `bool` is one, or the test is wrong.
    unsafe { std::slice::from_raw_parts(tensor.data.cast::<T>(), nitems) }.to_vec()
}

fn export<T: Sample>(seed: u64) {
    let mut random = Random(seed);
    let shape = random.shape();
    let model: ArrayD<T> = random.array(&shape);
    let options = random.options(&shape);
    let array = Array::from_ndarray(&model, &options).unwrap();
    let mut region = Region::new(random.region(&shape)).unwrap();
    let tensor = match random.below(3) {
        0 => array.region_to_dlpack(&region),
        1 if array.nchunks() > 0 => {
            let chunk = random.below(array.nchunks());
            region = array.chunk_region(chunk).unwrap();
            AnyArray::from(array).chunk_to_dlpack(chunk)
        }
        _ => {
            region = Region::full(*array.shape());
            array.to_dlpack()
        }
    };
    let tensor = tensor.unwrap();
    assert_eq!(tensor.shape(), region.shape());
    let part = model.slice_each_axis(|axis| region.range(axis.axis.0).into());
    let expected: Vec<T> = part.iter().copied().collect();
    if random.below(2) == 0 {
        let pointer = tensor.into_raw().cast::<Versioned>();
        // SAFETY: what `dlpack.h` promises.
        unsafe {
            assert_eq!((*pointer).major, 1);
            assert_eq!((*pointer).flags, 2);
            assert_eq!(look::<T>(&(*pointer).tensor, region.shape()), expected);
            (*pointer).deleter.unwrap()(pointer);
        }
    } else {
        let pointer = tensor.into_raw_legacy().unwrap().cast::<Legacy>();
        // SAFETY: as above.
        unsafe {
            assert_eq!(look::<T>(&(*pointer).tensor, region.shape()), expected);
            (*pointer).deleter.unwrap()(pointer);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn tensors_of_any_strides_are_compressed(seed: u64) {
        match seed % 5 {
            0 => import::<u8>(seed),
            1 => import::<u16>(seed),
            2 => import::<f64>(seed),
            3 => import::<bool>(seed),
            _ => import::<[f32; 2]>(seed),
        }
    }

    #[test]
    fn others_see_the_elements_of_arrays(seed: u64) {
        match seed % 5 {
            0 => export::<u8>(seed),
            1 => export::<u16>(seed),
            2 => export::<f32>(seed),
            3 => export::<bool>(seed),
            _ => export::<[f32; 2]>(seed),
        }
    }

    /// Whatever a structure says of elements that are not there, it is not believed.
    #[test]
    fn any_numbers_are_answered(
        code in 0..9u8,
        bits in prop::sample::select(vec![1u8, 8, 16, 32, 64, 128]),
        byte_offset in prop_oneof![Just(0), Just(1u64), any::<u64>()],
        axes in prop::collection::vec((lens(), any::<i64>()), 0..18),
    ) {
        let (lens, mut strides): (Vec<i64>, Vec<i64>) = axes.into_iter().unzip();
        let mut numbers = lens.clone();
        let mut tensor = plain(&mut numbers);
        (tensor.code, tensor.bits, tensor.byte_offset) = (code, bits, byte_offset);
        (tensor.strides, tensor.data) = (strides.as_mut_ptr(), null_mut());
        let calls = Calls::default();
        let taken = take(versioned(tensor, 1, 0, &calls, (numbers, strides)));
        match &taken {
            Ok(tensor) => prop_assert!(tensor.shape().contains(&0)),
            Err(_) => prop_assert_eq!(calls.count(), 1),
        }
        drop(taken);
        prop_assert_eq!(calls.count(), 1);
    }
}

fn lens() -> impl Strategy<Value = i64> {
    prop_oneof![0..5i64, any::<i64>()]
}

/// A tensor of `u8` of these lengths, with a place that nobody looks at for its elements.
fn plain(lens: &mut [i64]) -> Tensor {
    Tensor {
        data: std::ptr::dangling_mut::<u64>().cast(),
        device_type: 1,
        device_id: 0,
        ndim: lens.len() as i32,
        code: 1,
        bits: 8,
        lanes: 1,
        shape: lens.as_mut_ptr(),
        strides: null_mut(),
        byte_offset: 0,
    }
}

/// The error that a changed tensor gives, of both structures, after its deleter was called.
fn fault(lens: &[i64], strides: Option<&[i64]>, change: impl Fn(&mut Tensor)) -> InvalidArgument {
    let mut faults = Vec::new();
    for is_legacy in [false, true] {
        let (mut lens, mut strides) = (lens.to_vec(), strides.map(<[i64]>::to_vec));
        let mut tensor = plain(&mut lens);
        tensor.strides = strides.as_mut().map_or(null_mut(), |strides| strides.as_mut_ptr());
        change(&mut tensor);
        let calls = Calls::default();
        let taken = match is_legacy {
            true => take_legacy(legacy(tensor, &calls, (lens, strides))),
            false => take(versioned(tensor, 1, 0, &calls, (lens, strides))),
        };
        let Err(Error::InvalidArgument(fault)) = taken else { panic!("{taken:?}") };
        assert_eq!(calls.count(), 1, "{fault}");
        faults.push(fault);
    }
    assert_eq!(faults[0], faults[1]);
    faults.remove(0)
}

#[test]
fn what_no_array_can_be_is_refused() {
    let of = |fault| match fault {
        InvalidArgument::Dlpack { source } => source,
        other => panic!("{other}"),
    };
    let two = |change: fn(&mut Tensor)| of(fault(&[2, 3], None, change));
    assert_eq!(two(|tensor| tensor.device_type = 2), DlpackError::Device { device: 2 });
    assert_eq!(two(|tensor| tensor.lanes = 4), DlpackError::Lanes { lanes: 4 });
    assert_eq!(two(|tensor| tensor.lanes = 0), DlpackError::Lanes { lanes: 0 });
    let bfloat = DlpackError::ElementType { code: 4, bits: 16 };
    assert_eq!(two(|tensor| (tensor.code, tensor.bits) = (4, 16)), bfloat);
    let packed = DlpackError::ElementType { code: 6, bits: 1 };
    assert_eq!(two(|tensor| (tensor.code, tensor.bits) = (6, 1)), packed);
    let half = DlpackError::ElementType { code: 5, bits: 32 };
    assert_eq!(two(|tensor| (tensor.code, tensor.bits) = (5, 32)), half);
    assert_eq!(two(|tensor| tensor.ndim = -1), DlpackError::Axes { ndim: -1 });
    assert_eq!(two(|tensor| tensor.shape = null_mut()), DlpackError::Null { what: "shape" });
    assert_eq!(two(|tensor| tensor.data = null_mut()), DlpackError::Null { what: "data" });
    assert_eq!(two(|tensor| tensor.byte_offset = u64::MAX), DlpackError::Extent);
    assert_eq!(two(|tensor| tensor.byte_offset = i64::MAX as u64 - 5), DlpackError::Extent);

    let of_lens = |lens: &[i64], strides: &[i64]| of(fault(lens, Some(strides), |_| ()));
    assert_eq!(of_lens(&[2, -3], &[3, 1]), DlpackError::Length { axis: 1, len: -3 });
    assert_eq!(of_lens(&[2, 3], &[i64::MAX, 1]), DlpackError::Extent);
    assert_eq!(of_lens(&[3, 3], &[i64::MIN / 2, 1]), DlpackError::Extent);
    assert_eq!(of_lens(&[2, 2], &[i64::MAX - 9, 1 - i64::MAX]), DlpackError::Extent);
    let wide = |tensor: &mut Tensor| tensor.bits = 64;
    assert_eq!(of(fault(&[2], Some(&[i64::MAX / 4]), wide)), DlpackError::Extent);

    let fault = |lens: &[i64]| fault(lens, None, |_| ());
    assert!(matches!(fault(&[1; 16]), InvalidArgument::TooManyAxes { ndim: 16, max: 15 }));
    assert!(matches!(fault(&[i64::MAX, 2]), InvalidArgument::ShapeOverflow { .. }));
    assert!(matches!(fault(&[0, 1 << 40, 1 << 40]), InvalidArgument::ShapeOverflow { .. }));
}

#[test]
fn another_major_version_is_freed_unread() {
    for major in [0, 2, u32::MAX] {
        let mut tensor = plain(&mut []);
        // Somewhere else in another version.
        (tensor.ndim, tensor.shape) = (3, std::ptr::dangling_mut());
        let calls = Calls::default();
        let error = take(versioned(tensor, major, 0, &calls, ())).unwrap_err();
        assert_eq!(error.to_string(), format!("DLPack tensor: version {major}.9, not 1"));
        assert_eq!(calls.count(), 1);
    }
    let error = take(null_mut()).unwrap_err();
    assert_eq!(error.to_string(), "DLPack tensor: the tensor is null");
    assert!(take_legacy(null_mut()).is_err());
}

#[test]
fn a_tensor_without_a_deleter_is_left_alone() {
    let mut lens = [2];
    let bytes = [7u8, 8];
    let mut tensor = plain(&mut lens);
    tensor.data = bytes.as_ptr().cast_mut().cast();
    let (context, deleter) = (null_mut(), None);
    let mut old = Legacy { tensor, context, deleter };
    let mut new = Versioned { major: 1, minor: 0, context, deleter: None, flags: 1, tensor };
    for tensor in [take(&raw mut new).unwrap(), take_legacy(&raw mut old).unwrap()] {
        let array = Array::<u8>::from_dlpack(&tensor, &Options::new()).unwrap();
        assert_eq!(array.to_vec().unwrap(), bytes);
    }
}

#[test]
fn tensors_of_nothing_and_scalars_are_arrays() {
    let calls = Calls::default();
    let mut tensor = plain(&mut []);
    let value = Box::new(77u8);
    tensor.data = (&raw const *value).cast_mut().cast();
    tensor.shape = null_mut();
    let tensor = take(versioned(tensor, 1, 0, &calls, value)).unwrap();
    let array = Array::<u8>::from_dlpack(&tensor, &Options::new()).unwrap();
    assert_eq!((array.ndim(), array.to_vec().unwrap()), (0, vec![77]));

    let mut lens = vec![3, 0];
    let mut tensor = plain(&mut lens);
    tensor.data = null_mut();
    let tensor = take(versioned(tensor, 1, 0, &calls, lens)).unwrap();
    let array = AnyArray::from_dlpack(&tensor, &Options::new()).unwrap();
    assert_eq!((&array.shape()[..], array.dtype()), (&[3, 0][..], DType::U8));
}

/// Each index leads to the same element, which is looked at once.
#[test]
fn one_element_may_be_a_large_array() {
    let model = ArrayD::from_elem(IxDyn(&[1, 1]), f16::from_f32(0.5));
    let view = model.broadcast(IxDyn(&[100_000, 100_000])).unwrap();
    let (tensor, numbers) = tensor_of(&view, model.as_ptr());
    let tensor =
        take(versioned(tensor, 1, 1, &Calls::default(), (model.clone(), numbers))).unwrap();
    let array = Array::<f16>::from_dlpack(&tensor, &Options::new()).unwrap();
    assert_eq!(array.at(&[99_999, 5]).unwrap(), f16::from_f32(0.5));
}

/// A tensor of four numbers that counts.
fn counted(calls: &Calls, flags: u64) -> *mut Versioned {
    let (items, mut lens) = (vec![1u16, 2, 3, 4], vec![2, 2]);
    let mut tensor = plain(&mut lens);
    (tensor.bits, tensor.data) = (16, items.as_ptr().cast_mut().cast());
    versioned(tensor, 1, flags, calls, (items, lens))
}

#[test]
fn deleters_are_called_once_however_it_ends() {
    let calls = Calls::default();
    let tensor = take(counted(&calls, 0)).unwrap();
    let bad = Options::new().chunk_shape([1, 2, 3]);
    assert!(AnyArray::from_dlpack(&tensor, &bad).is_err());
    let error = Array::<f32>::from_dlpack(&tensor, &Options::new()).unwrap_err();
    assert_eq!(error.to_string(), "array holds u16, not f32");
    assert_eq!(calls.count(), 0);
    // Through all structures, back and forth.
    let mut tensor = tensor;
    for _ in 0..3 {
        let old = tensor.into_raw_legacy().unwrap();
        tensor = take_legacy(old.cast()).unwrap();
        let new = tensor.into_raw();
        tensor = take(new.cast()).unwrap();
    }
    let array = Array::<u16>::from_dlpack(&tensor, &Options::new()).unwrap();
    assert_eq!(array.to_vec().unwrap(), [1, 2, 3, 4]);
    assert_eq!(calls.count(), 0);
    std::thread::scope(|scope| scope.spawn(|| drop(tensor)).join().unwrap());
    assert_eq!(calls.count(), 1);

    let calls = Calls::default();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _tensor = take(counted(&calls, 0)).unwrap();
        panic!("of the caller's own");
    }));
    assert!(panicked.is_err());
    assert_eq!(calls.count(), 1);
}

#[test]
fn read_only_tensors_stay_so() {
    let calls = Calls::default();
    let tensor = take(counted(&calls, 1)).unwrap();
    assert!(tensor.is_read_only());
    let error = tensor.into_raw_legacy().unwrap_err();
    let expected = InvalidArgument::Dlpack { source: DlpackError::ReadOnly };
    assert!(matches!(error, Error::InvalidArgument(error) if error == expected));
    assert_eq!(calls.count(), 1);
    let pointer = take(counted(&calls, 1)).unwrap().into_raw();
    assert!(take(pointer.cast()).unwrap().is_read_only());
    assert_eq!(calls.count(), 2);
}

#[test]
fn records_are_no_tensors() {
    let dtype = DType::opaque(3).unwrap();
    let array = AnyArray::zeros(dtype, [4], &Options::new()).unwrap();
    let error = array.to_dlpack().unwrap_err().to_string();
    assert_eq!(error, "DLPack tensor: there is no type for opaque(3)");
    let array = Array::<u8>::zeros([4, 4], &Options::new()).unwrap();
    assert!(array.chunk_to_dlpack(1).is_err());
    assert!(array.region_to_dlpack(&Region::new([0..4, 3..5]).unwrap()).is_err());
    assert!(array.region_to_dlpack(&Region::full(ndpress::Shape::scalar())).is_err());
}

/// A byte of a `bool` that others wrote may be anything; what they get is not.
#[test]
fn bools_are_0_or_1() {
    let calls = Calls::default();
    let (bytes, mut lens) = (vec![0u8, 1, 2, 255], vec![4]);
    let mut tensor = plain(&mut lens);
    (tensor.code, tensor.data) = (6, bytes.as_ptr().cast_mut().cast());
    let tensor = take(versioned(tensor, 1, 0, &calls, (bytes, lens))).unwrap();
    let array = AnyArray::from_dlpack(&tensor, &Options::new()).unwrap();
    let typed = array.as_typed::<bool>().unwrap();
    assert_eq!(typed.to_vec().unwrap(), [false, true, true, true]);
    let pointer = array.to_dlpack().unwrap().into_raw().cast::<Versioned>();
    // SAFETY: what `dlpack.h` promises.
    unsafe {
        let bytes = std::slice::from_raw_parts((*pointer).tensor.data.cast::<u8>(), 4);
        assert_eq!(bytes, [0, 1, 1, 1]);
        (*pointer).deleter.unwrap()(pointer);
    }
}
