//! C-Blosc2 through its shared library, opened at run time: no headers, no build, no linking.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::rc::Rc;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::peer::{CodecKind, FilterKind, Peer, Setting};

/// The library's own symbols come first for its own calls: this process holds other builds of LZ4
/// and Zstandard under the same names.
const RTLD_DEEPBIND: c_int = 8;

/// `blosc2_cparams` of `blosc2.h`, versions 2.15 to 3.3.
#[derive(Clone, Copy)]
#[repr(C)]
struct CompressParams {
    codec: u8,
    codec_meta: u8,
    level: u8,
    use_dict: c_int,
    typesize: i32,
    threads: i16,
    blocksize: i32,
    split_mode: i32,
    schunk: *mut c_void,
    filters: [u8; 6],
    filters_meta: [u8; 6],
    prefilter: *mut c_void,
    prefilter_params: *mut c_void,
    tuner_params: *mut c_void,
    tuner: c_int,
    instrumented: bool,
    codec_params: *mut c_void,
    filter_params: [*mut c_void; 6],
}

/// `blosc2_dparams`, whose fields after the first two are left at their defaults.
#[derive(Clone, Copy)]
#[repr(C)]
struct DecompressParams {
    threads: i16,
    schunk: *mut c_void,
    postfilter: *mut c_void,
    postfilter_params: *mut c_void,
    typesize: i32,
}

type Code = unsafe extern "C" fn(*mut c_void, *const u8, i32, *mut u8, i32) -> c_int;
type Items = unsafe extern "C" fn(*mut c_void, *const u8, i32, c_int, c_int, *mut u8, i32) -> c_int;

/// The loaded library.
pub struct CBlosc2 {
    compress_defaults: unsafe extern "C" fn() -> CompressParams,
    decompress_defaults: unsafe extern "C" fn() -> DecompressParams,
    create_compress: unsafe extern "C" fn(CompressParams) -> *mut c_void,
    create_decompress: unsafe extern "C" fn(DecompressParams) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void),
    compress: Code,
    decompress: Code,
    items: Items,
    version: String,
    /// Keeps the functions mapped.
    _library: Library,
}

impl CBlosc2 {
    /// Opens the library.
    ///
    /// # Errors
    /// When there is no such library, or it is laid out differently from those known here.
    pub fn open(path: &Path) -> Result<Rc<Self>, String> {
        let text = |error: libloading::Error| error.to_string();
        // SAFETY: running the initialisers of a library the user named is what is asked for. The
        // signatures and structures are those of `blosc2.h`; the defaults are checked below.
        let this = unsafe {
            let library =
                Library::open(Some(path), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND).map_err(text)?;
            macro_rules! symbol {
                ($name:literal) => {
                    *library.get(concat!($name, "\0").as_bytes()).map_err(text)?
                };
            }
            let init: unsafe extern "C" fn() = symbol!("blosc2_init");
            init();
            let version: unsafe extern "C" fn() -> *const c_char =
                symbol!("blosc2_get_version_string");
            Self {
                compress_defaults: symbol!("blosc2_get_blosc2_cparams_defaults"),
                decompress_defaults: symbol!("blosc2_get_blosc2_dparams_defaults"),
                create_compress: symbol!("blosc2_create_cctx"),
                create_decompress: symbol!("blosc2_create_dctx"),
                free: symbol!("blosc2_free_ctx"),
                compress: symbol!("blosc2_compress_ctx"),
                decompress: symbol!("blosc2_decompress_ctx"),
                items: symbol!("blosc2_getitem_ctx"),
                version: CStr::from_ptr(version()).to_string_lossy().into_owned(),
                _library: library,
            }
        };
        this.check_layout()?;
        Ok(Rc::new(this))
    }

    /// The version the library gives itself.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether the defaults are where they are looked for.
    fn check_layout(&self) -> Result<(), String> {
        // SAFETY: plain functions without arguments; the library was initialised.
        let (compress, decompress) =
            unsafe { ((self.compress_defaults)(), (self.decompress_defaults)()) };
        let expected = (0, 5, 8, 1, [0, 0, 0, 0, 0, 1]);
        let found =
            (compress.codec, compress.level, compress.typesize, compress.threads, compress.filters);
        if found != expected || decompress.threads != 1 || decompress.typesize != 8 {
            return Err(format!("C-Blosc2 {} lays its parameters out differently", self.version));
        }
        Ok(())
    }
}

/// A pair of contexts, kept between calls.
pub struct Contexts {
    library: Rc<CBlosc2>,
    compress: *mut c_void,
    decompress: *mut c_void,
    typesize: usize,
}

impl Contexts {
    #[must_use]
    pub fn new(library: &Rc<CBlosc2>, setting: &Setting) -> Self {
        // SAFETY: plain data is passed by value; the library was initialised.
        unsafe {
            let mut params = (library.compress_defaults)();
            params.codec = codec_id(setting.codec);
            params.level = setting.level;
            params.typesize = setting.typesize as i32;
            params.blocksize = setting.blocksize.unwrap_or(0) as i32;
            params.filters = [0, 0, 0, 0, 0, filter_id(setting.filter)];
            let compress = (library.create_compress)(params);
            let decompress = (library.create_decompress)((library.decompress_defaults)());
            assert!(!compress.is_null() && !decompress.is_null(), "C-Blosc2 makes no contexts");
            let typesize = setting.typesize;
            Self { library: Rc::clone(library), compress, decompress, typesize }
        }
    }
}

impl Contexts {
    /// Fills `dst` with elements from `start` on.
    pub fn items(&mut self, src: &[u8], start: usize, dst: &mut [u8]) {
        // SAFETY: both buffers are as long as said.
        let len = unsafe {
            (self.library.items)(
                self.decompress,
                src.as_ptr(),
                src.len() as i32,
                start as c_int,
                (dst.len() / self.typesize) as c_int,
                dst.as_mut_ptr(),
                dst.len() as i32,
            )
        };
        assert_eq!(len, dst.len() as i32, "C-Blosc2 fails to read elements");
    }
}

/// Blosc2's ids of its codecs.
#[must_use]
pub fn codec_id(codec: CodecKind) -> u8 {
    match codec {
        CodecKind::BloscLz => 0,
        CodecKind::Lz4 => 1,
        CodecKind::Lz4Hc => 2,
        CodecKind::Zstd => 5,
    }
}

/// Blosc2's ids of its filters.
#[must_use]
pub fn filter_id(filter: FilterKind) -> u8 {
    match filter {
        FilterKind::None => 0,
        FilterKind::Shuffle => 1,
        FilterKind::BitShuffle => 2,
    }
}

impl Drop for Contexts {
    fn drop(&mut self) {
        // SAFETY: both were made by this library and are freed once.
        unsafe {
            (self.library.free)(self.compress);
            (self.library.free)(self.decompress);
        }
    }
}

impl Peer for Contexts {
    fn name(&self) -> &'static str {
        "c-blosc2"
    }

    fn reads_blosc2(&self) -> bool {
        true
    }

    fn encode(&mut self, src: &[u8], dst: &mut Vec<u8>) -> usize {
        crate::peer::make_room(dst, src.len());
        // SAFETY: both buffers are as long as said.
        let len = unsafe {
            (self.library.compress)(
                self.compress,
                src.as_ptr(),
                src.len() as i32,
                dst.as_mut_ptr(),
                dst.len() as i32,
            )
        };
        assert!(len > 0, "C-Blosc2 fails to compress: {len}");
        len as usize
    }

    fn decode(&mut self, src: &[u8], dst: &mut [u8]) {
        // SAFETY: both buffers are as long as said.
        let len = unsafe {
            (self.library.decompress)(
                self.decompress,
                src.as_ptr(),
                src.len() as i32,
                dst.as_mut_ptr(),
                dst.len() as i32,
            )
        };
        assert_eq!(len, dst.len() as i32, "C-Blosc2 fails to decompress");
    }
}
