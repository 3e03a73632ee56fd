//! The raster codec by itself. Any bytes: an error or a block, the same in bands as whole. Any
//! values of any type and shape come back.

#![no_main]

use std::ops::ControlFlow;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use ndpress::DType;
use ndpress::codec::{Band, BlockInfo, Codec, Encoded, Raster, Scratch};

#[derive(Arbitrary, Debug)]
enum Input {
    Decode { dtype: u8, nbytes: u16, head: u8, node: Vec<u8> },
    Encode { dtype: u8, lens: Vec<u8>, repeats: u8, is_dense: bool, values: Vec<u8> },
}

const DTYPES: [DType; 14] = [
    DType::Bool,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::F16,
    DType::F32,
    DType::F64,
    DType::Complex64,
    DType::Complex128,
];

fn dtype_of(code: u8) -> DType {
    DTYPES[usize::from(code) % DTYPES.len()]
}

fuzz_target!(|input: Input| match input {
    Input::Decode { dtype, nbytes, head, node } => {
        let nbytes = usize::from(nbytes % 8192);
        // The length of the block, of two bytes: a fuzzer would get it wrong most of the time.
        let length = nbytes + 32;
        let front = [head & 31, length as u8 | 0x80, (length >> 7) as u8];
        decode(&[&front, &node[..]].concat(), dtype_of(dtype), nbytes);
    }
    Input::Encode { dtype, lens, repeats, is_dense, values } => {
        let codec = if is_dense { Raster::dense() } else { Raster::fast() };
        let values = values.repeat(usize::from(repeats % 64) + 1);
        encode(codec, dtype_of(dtype), &lens, &values);
    }
});

fn info(dtype: DType, shape: &[usize]) -> BlockInfo<'_> {
    let mut info = BlockInfo::bytes(&0);
    (info.dtype, info.shape) = (dtype, shape);
    info
}

fn decode(stream: &[u8], dtype: DType, nbytes: usize) {
    let shape = [nbytes / dtype.itemsize()];
    let info = info(dtype, &shape);
    let (mut scratch, mut whole, mut buffer) =
        (Scratch::default(), vec![0x5a; nbytes], vec![0xa5; nbytes]);
    let is_ok = Raster::fast().decode(stream, &mut whole, &info, &mut scratch).is_ok();
    let mut bands = Vec::new();
    let visit = &mut |band: Band<'_>| {
        bands.extend(band.to_vec());
        ControlFlow::Continue(())
    };
    let result = Raster::fast().decode_bands(stream, &mut buffer, &info, &mut scratch, visit);
    assert_eq!(result.is_ok(), is_ok);
    if is_ok {
        assert!(bands == whole);
        let mut again = vec![0xa5; nbytes];
        Raster::fast().decode(stream, &mut again, &info, &mut scratch).expect("it decoded");
        assert!(again == whole, "bytes of the destination show through");
    }
}

fn encode(codec: Raster, dtype: DType, lens: &[u8], values: &[u8]) {
    // Rows of some of these lengths, as many as there are values for.
    let mut shape: Vec<usize> = lens.iter().take(3).map(|&len| usize::from(len).max(1)).collect();
    let unit = shape.iter().product::<usize>() * dtype.itemsize();
    shape.insert(0, values.len() / unit);
    let values = &values[..values.len() / unit * unit];
    if values.is_empty() {
        return;
    }
    let info = info(dtype, &shape);
    let mut scratch = Scratch::default();
    let mut stream = vec![0; values.len() + 64];
    let encoded = codec.encode(values, &mut stream, &info, &mut scratch).expect("encodes anything");
    let Encoded::Len(len) = encoded else { panic!("longer than stored") };
    stream.truncate(len);
    let mut decoded = vec![0x5a; values.len()];
    let decoder = Raster::fast();
    decoder.decode(&stream, &mut decoded, &info, &mut scratch).expect("it was just written");
    assert!(decoded == values);
    // What does not fit is no error.
    let short = &mut vec![0; len - 1];
    let encoded = codec.encode(values, short, &info, &mut scratch).expect("encodes anything");
    assert_eq!(encoded, Encoded::DoesNotFit);
}
