//! The fields of both headers, in either byte order.

use super::{FORMAT, invalid};
use crate::dtype::DType;
use crate::error::Result;
use crate::volume::error::unsupported;

/// Bytes of the longest header.
pub(super) const MAX_NBYTES: usize = NBYTES_2;
/// Bytes of a NIfTI-1 header.
const NBYTES_1: usize = 348;
/// Bytes of a NIfTI-2 header.
const NBYTES_2: usize = 540;

/// What both versions say, in the wider types of the second.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) version: u8,
    pub(super) is_big_endian: bool,
    /// Whether the voxels are in another file.
    pub(super) is_pair: bool,
    pub(super) dim_info: u8,
    pub(super) dim: [i64; 8],
    pub(super) intent_p: [f64; 3],
    pub(super) intent_code: i64,
    pub(super) datatype: i64,
    pub(super) bitpix: i64,
    pub(super) slice_start: i64,
    pub(super) pixdim: [f64; 8],
    pub(super) vox_offset: f64,
    pub(super) scl_slope: f64,
    pub(super) scl_inter: f64,
    pub(super) slice_end: i64,
    pub(super) slice_code: i64,
    pub(super) xyzt_units: i64,
    pub(super) cal_max: f64,
    pub(super) cal_min: f64,
    pub(super) slice_duration: f64,
    pub(super) toffset: f64,
    pub(super) descrip: String,
    pub(super) aux_file: String,
    pub(super) qform_code: i64,
    pub(super) sform_code: i64,
    pub(super) quatern: [f64; 3],
    pub(super) qoffset: [f64; 3],
    pub(super) srow: [[f64; 4]; 3],
    pub(super) intent_name: String,
}

/// What a voxel is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voxel {
    /// Of the array's elements.
    pub(super) dtype: DType,
    /// Bytes of the numbers in it, each of which has its byte order.
    pub(super) part: usize,
    /// Elements, where these are a last axis.
    pub(super) colours: Option<usize>,
}

impl Header {
    /// Reads the header that these bytes begin with; `None` if they are of no such file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(&size) = bytes.first_chunk() else { return Ok(None) };
        let sizes = [NBYTES_1, NBYTES_2];
        let known = |size: i32| sizes.into_iter().find(|&known| size == known as i32);
        let (nbytes, is_big_endian) =
            match (known(i32::from_le_bytes(size)), known(i32::from_be_bytes(size))) {
                (Some(nbytes), _) => (nbytes, false),
                (None, Some(nbytes)) => (nbytes, true),
                (None, None) => return Ok(None),
            };
        let Some(header) = bytes.get(..nbytes) else { return Ok(None) };
        let is_first = nbytes == NBYTES_1;
        let magic = if is_first { &header[344..348] } else { &header[4..12] };
        let is_pair = match magic {
            b"n+1\0" | b"n+2\0\r\n\x1a\n" => false,
            b"ni1\0" | b"ni2\0\r\n\x1a\n" => true,
            _ => return Ok(None),
        };
        let fields = Fields { header, is_big_endian };
        Ok(Some(if is_first { fields.first(is_pair) } else { fields.second(is_pair) }))
    }

    /// Bytes of the header itself.
    pub(super) fn nbytes(&self) -> usize {
        if self.version == 1 { NBYTES_1 } else { NBYTES_2 }
    }

    /// Where the voxels begin in their file.
    pub(super) fn voxel_offset(&self) -> Result<u64> {
        let value = self.vox_offset;
        // Four bytes behind the header tell whether there are extensions.
        let least = if self.is_pair { 0 } else { self.nbytes() + 4 };
        // Where a float has no fraction and is this small, the conversion is exact.
        let is_offset = value.fract() == 0.0 && (least as f64..9e15).contains(&value);
        if !is_offset {
            return Err(invalid("vox_offset", value, "voxels begin at a byte behind the header"));
        }
        Ok(value as u64)
    }

    /// What a voxel is.
    pub(super) fn voxel(&self) -> Result<Voxel> {
        let plain = |dtype: DType| Voxel { dtype, part: dtype.itemsize(), colours: None };
        let colour = |colours| Voxel { dtype: DType::U8, part: 1, colours: Some(colours) };
        let voxel = match self.datatype {
            2 => plain(DType::U8),
            4 => plain(DType::I16),
            8 => plain(DType::I32),
            16 => plain(DType::F32),
            32 => Voxel { part: 4, ..plain(DType::Complex64) },
            64 => plain(DType::F64),
            128 => colour(3),
            256 => plain(DType::I8),
            512 => plain(DType::U16),
            768 => plain(DType::U32),
            1024 => plain(DType::I64),
            1280 => plain(DType::U64),
            1792 => Voxel { part: 8, ..plain(DType::Complex128) },
            2304 => colour(4),
            1 => return Err(unsupported(FORMAT, "a volume of single bits")),
            1536 | 2048 => return Err(unsupported(FORMAT, "a float of 128 bits")),
            other => return Err(invalid("datatype", other, "there is no such type")),
        };
        Ok(voxel)
    }

    /// The shape of the array: the file's axes from last to first, and colours behind them.
    pub(super) fn shape(&self, voxel: Voxel) -> Result<Vec<usize>> {
        let ndim = self.dim[0];
        if !(1..=7).contains(&ndim) {
            return Err(invalid("dim[0]", ndim, "volumes have one to seven axes"));
        }
        let axes = &self.dim[1..=ndim as usize];
        let lens = axes.iter().rev().map(|&len| {
            let positive = usize::try_from(len).ok().filter(|&len| len > 0);
            positive.ok_or_else(|| invalid("dim", len, "axes have at least one element"))
        });
        let mut shape = lens.collect::<Result<Vec<_>>>()?;
        shape.extend(voxel.colours);
        Ok(shape)
    }
}

/// The bytes of a header, which are all there.
struct Fields<'a> {
    header: &'a [u8],
    is_big_endian: bool,
}

impl Fields<'_> {
    /// The bytes of a number, from the lowest to the highest.
    fn bytes<const N: usize>(&self, offset: usize) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.header[offset..offset + N]);
        if self.is_big_endian {
            bytes.reverse();
        }
        bytes
    }

    fn i16(&self, offset: usize) -> i64 {
        i16::from_le_bytes(self.bytes(offset)).into()
    }

    fn i32(&self, offset: usize) -> i64 {
        i32::from_le_bytes(self.bytes(offset)).into()
    }

    fn i64(&self, offset: usize) -> i64 {
        i64::from_le_bytes(self.bytes(offset))
    }

    fn f32(&self, offset: usize) -> f64 {
        f32::from_le_bytes(self.bytes(offset)).into()
    }

    fn f64(&self, offset: usize) -> f64 {
        f64::from_le_bytes(self.bytes(offset))
    }

    /// Text up to its first zero byte. Nobody says in which encoding.
    fn text(&self, offset: usize, len: usize) -> String {
        let bytes = &self.header[offset..offset + len];
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(len);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }

    fn first(&self, is_pair: bool) -> Header {
        let f32s = |offset, index| self.f32(offset + 4 * index);
        let srow = |offset| std::array::from_fn(|index| f32s(offset, index));
        Header {
            version: 1,
            is_big_endian: self.is_big_endian,
            is_pair,
            dim_info: self.header[39],
            dim: std::array::from_fn(|index| self.i16(40 + 2 * index)),
            intent_p: std::array::from_fn(|index| f32s(56, index)),
            intent_code: self.i16(68),
            datatype: self.i16(70),
            bitpix: self.i16(72),
            slice_start: self.i16(74),
            pixdim: std::array::from_fn(|index| f32s(76, index)),
            vox_offset: self.f32(108),
            scl_slope: self.f32(112),
            scl_inter: self.f32(116),
            slice_end: self.i16(120),
            slice_code: self.header[122].into(),
            xyzt_units: self.header[123].into(),
            cal_max: self.f32(124),
            cal_min: self.f32(128),
            slice_duration: self.f32(132),
            toffset: self.f32(136),
            descrip: self.text(148, 80),
            aux_file: self.text(228, 24),
            qform_code: self.i16(252),
            sform_code: self.i16(254),
            quatern: std::array::from_fn(|index| f32s(256, index)),
            qoffset: std::array::from_fn(|index| f32s(268, index)),
            srow: [srow(280), srow(296), srow(312)],
            intent_name: self.text(328, 16),
        }
    }

    fn second(&self, is_pair: bool) -> Header {
        let f64s = |offset, index| self.f64(offset + 8 * index);
        let srow = |offset| std::array::from_fn(|index| f64s(offset, index));
        Header {
            version: 2,
            is_big_endian: self.is_big_endian,
            is_pair,
            datatype: self.i16(12),
            bitpix: self.i16(14),
            dim: std::array::from_fn(|index| self.i64(16 + 8 * index)),
            intent_p: std::array::from_fn(|index| f64s(80, index)),
            pixdim: std::array::from_fn(|index| f64s(104, index)),
            vox_offset: self.i64(168) as f64,
            scl_slope: self.f64(176),
            scl_inter: self.f64(184),
            cal_max: self.f64(192),
            cal_min: self.f64(200),
            slice_duration: self.f64(208),
            toffset: self.f64(216),
            slice_start: self.i64(224),
            slice_end: self.i64(232),
            descrip: self.text(240, 80),
            aux_file: self.text(320, 24),
            qform_code: self.i32(344),
            sform_code: self.i32(348),
            quatern: std::array::from_fn(|index| f64s(352, index)),
            qoffset: std::array::from_fn(|index| f64s(376, index)),
            srow: [srow(400), srow(432), srow(464)],
            slice_code: self.i32(496),
            xyzt_units: self.i32(500),
            intent_code: self.i32(504),
            intent_name: self.text(508, 16),
            dim_info: self.header[524],
        }
    }
}
