//! The functions of `libblosc2` that the check needs, called in the worker process only.

use std::ffi::{c_int, c_void};

use libloading::{Library, Symbol};

use crate::protocol::{Params, SpecialKind};

const MAX_OVERHEAD: usize = 32;

/// `blosc2_cparams` of `blosc2.h`.
#[repr(C)]
#[derive(Clone, Copy)]
struct CParams {
    compcode: u8,
    compcode_meta: u8,
    clevel: u8,
    use_dict: c_int,
    typesize: i32,
    nthreads: i16,
    blocksize: i32,
    splitmode: i32,
    schunk: *mut c_void,
    filters: [u8; 6],
    filters_meta: [u8; 6],
    prefilter: *mut c_void,
    preparams: *mut c_void,
    tuner_params: *mut c_void,
    tuner_id: c_int,
    instr_codec: bool,
    codec_params: *mut c_void,
    filter_params: [*mut c_void; 6],
}

/// `blosc2_dparams` of `blosc2.h`.
#[repr(C)]
struct DParams {
    nthreads: i16,
    schunk: *mut c_void,
    postfilter: *mut c_void,
    postparams: *mut c_void,
    typesize: i32,
}

/// What a function of the library answered: bytes, or its negative code.
pub type Answer = Result<Vec<u8>, i32>;

/// The loaded library.
pub struct Oracle {
    library: Library,
}

impl Oracle {
    pub fn load(path: &str) -> Result<Self, libloading::Error> {
        // SAFETY: the caller names a libblosc2, whose initialisers are harmless.
        let oracle = Self { library: unsafe { Library::new(path) }? };
        // SAFETY: `void blosc2_init(void)`.
        unsafe { oracle.symbol::<unsafe extern "C" fn()>("blosc2_init")() };
        Ok(oracle)
    }

    /// # Safety
    /// `T` is the type of the function in `blosc2.h`.
    unsafe fn symbol<T>(&self, name: &str) -> Symbol<'_, T> {
        // SAFETY: the caller's promise.
        unsafe { self.library.get(name.as_bytes()) }.unwrap_or_else(|error| panic!("{error}"))
    }

    fn cparams(&self, params: &Params) -> CParams {
        CParams {
            compcode: params.codec,
            compcode_meta: 0,
            clevel: params.clevel,
            use_dict: params.use_dict.into(),
            typesize: params.typesize as i32,
            nthreads: params.nthreads.into(),
            blocksize: params.blocksize as i32,
            splitmode: params.split.into(),
            schunk: std::ptr::null_mut(),
            filters: params.filters,
            filters_meta: params.filters_meta,
            prefilter: std::ptr::null_mut(),
            preparams: std::ptr::null_mut(),
            tuner_params: std::ptr::null_mut(),
            tuner_id: 0,
            instr_codec: false,
            codec_params: std::ptr::null_mut(),
            filter_params: [std::ptr::null_mut(); 6],
        }
    }

    fn with_cctx<R>(&self, params: &Params, f: impl FnOnce(*mut c_void) -> R) -> R {
        // SAFETY: the signatures of blosc2.h; the context lives until it is freed here.
        unsafe {
            let create =
                self.symbol::<unsafe extern "C" fn(CParams) -> *mut c_void>("blosc2_create_cctx");
            let context = create(self.cparams(params));
            assert!(!context.is_null(), "blosc2_create_cctx");
            let result = f(context);
            self.symbol::<unsafe extern "C" fn(*mut c_void)>("blosc2_free_ctx")(context);
            result
        }
    }

    fn with_dctx<R>(&self, nthreads: u8, f: impl FnOnce(*mut c_void) -> R) -> R {
        let null = std::ptr::null_mut();
        let dparams = DParams {
            nthreads: nthreads.into(),
            schunk: null,
            postfilter: null,
            postparams: null,
            typesize: 8,
        };
        // SAFETY: as above.
        unsafe {
            let create =
                self.symbol::<unsafe extern "C" fn(DParams) -> *mut c_void>("blosc2_create_dctx");
            let context = create(dparams);
            assert!(!context.is_null(), "blosc2_create_dctx");
            let result = f(context);
            self.symbol::<unsafe extern "C" fn(*mut c_void)>("blosc2_free_ctx")(context);
            result
        }
    }

    pub fn compress(&self, params: &Params, raw: &[u8]) -> Answer {
        type Compress = unsafe extern "C" fn(*mut c_void, *const u8, i32, *mut u8, i32) -> c_int;
        let mut dst = vec![0; raw.len() + MAX_OVERHEAD];
        let code = self.with_cctx(params, |context| {
            // SAFETY: both lengths are those of the buffers.
            unsafe {
                let compress = self.symbol::<Compress>("blosc2_compress_ctx");
                compress(
                    context,
                    raw.as_ptr(),
                    raw.len() as i32,
                    dst.as_mut_ptr(),
                    dst.len() as i32,
                )
            }
        });
        truncated(dst, code)
    }

    pub fn decompress(&self, chunk: &[u8], nbytes: usize, nthreads: u8) -> Answer {
        type Decompress = unsafe extern "C" fn(*mut c_void, *const u8, i32, *mut u8, i32) -> c_int;
        let mut dst = vec![0xa5; nbytes];
        let code = self.with_dctx(nthreads, |context| {
            // SAFETY: both lengths are those of the buffers.
            unsafe {
                let decompress = self.symbol::<Decompress>("blosc2_decompress_ctx");
                let (src, len) = (chunk.as_ptr(), chunk.len() as i32);
                decompress(context, src, len, dst.as_mut_ptr(), nbytes as i32)
            }
        });
        if code < 0 { Err(code) } else { truncated(dst, code) }
    }

    /// Items `start..start + nitems`, where an item has the typesize of the header.
    pub fn items(
        &self,
        chunk: &[u8],
        slices: &[(u32, u32)],
        typesize: usize,
        nthreads: u8,
    ) -> Vec<Answer> {
        type Items =
            unsafe extern "C" fn(*mut c_void, *const u8, i32, c_int, c_int, *mut u8, i32) -> c_int;
        self.with_dctx(nthreads, |context| {
            let slice = |&(start, nitems): &(u32, u32)| {
                let mut dst = vec![0xa5; nitems as usize * typesize];
                // SAFETY: both lengths are those of the buffers.
                let code = unsafe {
                    let items = self.symbol::<Items>("blosc2_getitem_ctx");
                    let (src, len) = (chunk.as_ptr(), chunk.len() as i32);
                    let (start, nitems) = (start as c_int, nitems as c_int);
                    items(context, src, len, start, nitems, dst.as_mut_ptr(), dst.len() as i32)
                };
                truncated(dst, code)
            };
            slices.iter().map(slice).collect()
        })
    }

    pub fn special(
        &self,
        params: &Params,
        kind: SpecialKind,
        nbytes: usize,
        value: &[u8],
    ) -> Answer {
        type Special = unsafe extern "C" fn(CParams, i32, *mut u8, i32) -> c_int;
        type Repeat = unsafe extern "C" fn(CParams, i32, *mut u8, i32, *const u8) -> c_int;
        let mut dst = vec![0; MAX_OVERHEAD + params.typesize.max(value.len())];
        let (cparams, len) = (self.cparams(params), dst.len() as i32);
        let room = dst.as_mut_ptr();
        // SAFETY: the value has the typesize of the parameters, `dst` room for it.
        let code = unsafe {
            let plain = |name| self.symbol::<Special>(name)(cparams, nbytes as i32, room, len);
            match kind {
                SpecialKind::Zeros => plain("blosc2_chunk_zeros"),
                SpecialKind::Nan => plain("blosc2_chunk_nans"),
                SpecialKind::Uninit => plain("blosc2_chunk_uninit"),
                SpecialKind::Repeat => {
                    assert_eq!(value.len(), params.typesize);
                    let repeat = self.symbol::<Repeat>("blosc2_chunk_repeatval");
                    repeat(cparams, nbytes as i32, room, len, value.as_ptr())
                }
            }
        };
        truncated(dst, code)
    }

    pub fn compress_blocks(&self, params: &Params, blocks: &[Vec<u8>]) -> Answer {
        type Compress = unsafe extern "C" fn(
            *mut c_void,
            *const *const u8,
            *const i32,
            i32,
            *mut u8,
            i32,
        ) -> c_int;
        let nbytes: usize = blocks.iter().map(Vec::len).sum();
        let mut dst = vec![0; nbytes * 2 + 64 * blocks.len() + MAX_OVERHEAD];
        let sources: Vec<*const u8> = blocks.iter().map(|block| block.as_ptr()).collect();
        let lens: Vec<i32> = blocks.iter().map(|block| block.len() as i32).collect();
        let code = self.with_cctx(params, |context| {
            // SAFETY: as many sources and lengths as blocks, and the length of `dst`.
            unsafe {
                let compress = self.symbol::<Compress>("blosc2_vlcompress_ctx");
                let (nblocks, room) = (blocks.len() as i32, dst.len() as i32);
                let (sources, lens) = (sources.as_ptr(), lens.as_ptr());
                compress(context, sources, lens, nblocks, dst.as_mut_ptr(), room)
            }
        });
        truncated(dst, code)
    }

    /// Compresses with the global functions, into a chunk with Blosc1's header.
    pub fn compress_blosc1(&self, params: &Params, raw: &[u8]) -> Answer {
        type Compress =
            unsafe extern "C" fn(c_int, c_int, i32, *const u8, i32, *mut u8, i32) -> c_int;
        let mut dst = vec![0; raw.len() + MAX_OVERHEAD];
        let name = ["blosclz\0", "lz4\0", "lz4hc\0", "", "zlib\0", "zstd\0"][params.codec as usize];
        // SAFETY: the signatures of blosc2.h; the worker has one thread.
        let code = unsafe {
            std::env::set_var("BLOSC_BLOSC1_COMPAT", "1");
            self.symbol::<unsafe extern "C" fn(*const u8) -> c_int>("blosc1_set_compressor")(
                name.as_ptr(),
            );
            self.symbol::<unsafe extern "C" fn(usize)>("blosc1_set_blocksize")(params.blocksize);
            self.symbol::<unsafe extern "C" fn(c_int)>("blosc1_set_splitmode")(params.split.into());
            self.symbol::<unsafe extern "C" fn(i16) -> i16>("blosc2_set_nthreads")(
                params.nthreads.into(),
            );
            let compress = self.symbol::<Compress>("blosc2_compress");
            let code = compress(
                params.clevel.into(),
                params.filters[5].into(),
                params.typesize as i32,
                raw.as_ptr(),
                raw.len() as i32,
                dst.as_mut_ptr(),
                dst.len() as i32,
            );
            std::env::remove_var("BLOSC_BLOSC1_COMPAT");
            code
        };
        truncated(dst, code)
    }
}

/// The first `code` bytes, or `code` where it is an error.
fn truncated(mut bytes: Vec<u8>, code: c_int) -> Answer {
    if code < 0 {
        return Err(code);
    }
    bytes.truncate(code as usize);
    Ok(bytes)
}
