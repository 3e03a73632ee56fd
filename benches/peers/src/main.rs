//! Measures ndpress beside the libraries it is compared with: see `README.md`.

mod c_blosc2;
mod crates;
#[path = "../../data/mod.rs"]
mod data;
mod frames;
mod measure;
mod ours;
mod peer;
mod raster;
mod report;
mod small;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use crate::c_blosc2::{CBlosc2, Contexts};
use crate::crates::{Blusc, Lz4Flex, PureRs, Zstd};
use crate::data::{Array, CHUNK_NBYTES, ChannelOrder};
use crate::measure::{Contender, Effort, measure, verify};
use crate::ours::Ours;
use crate::peer::{CodecKind, FilterKind, Peer, Setting};
use crate::report::{Figures, Row};

const USAGE: &str = "peers --lib PATH_TO_LIBBLOSC2 [--corpus DIR] [--csv FILE] [--codecs lz4,zstd] \
[--levels 1,5,9] [--only NAME] [--max-mb 8] [--rounds 12] [--budget 0.2] [--c-only]";

/// Blocks of this size, and those that C-Blosc2 chooses.
const BLOCKSIZE: usize = 32 << 10;

/// What the command line says.
struct Options {
    lib: PathBuf,
    corpus: Option<PathBuf>,
    csv: Option<PathBuf>,
    codecs: Vec<CodecKind>,
    levels: Vec<u8>,
    only: String,
    max_nbytes: usize,
    effort: Effort,
    c_only: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            lib: PathBuf::new(),
            corpus: std::env::var_os("NDPRESS_CORPUS").map(PathBuf::from),
            csv: None,
            codecs: CodecKind::ALL.to_vec(),
            levels: vec![1, 5, 9],
            only: String::new(),
            max_nbytes: 8 << 20,
            effort: Effort { rounds: 12, budget: 0.2 },
            c_only: false,
        };
        while let Some(arg) = args.next() {
            if arg == "--c-only" {
                options.c_only = true;
                continue;
            }
            let value = args.next()?;
            match arg.as_str() {
                "--lib" => options.lib = value.into(),
                "--corpus" => options.corpus = Some(value.into()),
                "--csv" => options.csv = Some(value.into()),
                "--codecs" => options.codecs = codecs(&value)?,
                "--levels" => {
                    options.levels =
                        value.split(',').map(|level| level.parse().ok()).collect::<Option<_>>()?;
                }
                "--only" => options.only = value,
                "--max-mb" => options.max_nbytes = value.parse::<usize>().ok()? << 20,
                "--rounds" => options.effort.rounds = value.parse().ok()?,
                "--budget" => options.effort.budget = value.parse().ok()?,
                _ => return None,
            }
        }
        (options.lib != Path::new("")).then_some(options)
    }
}

fn codecs(names: &str) -> Option<Vec<CodecKind>> {
    let named = |name: &str| CodecKind::ALL.into_iter().find(|codec| codec.to_string() == name);
    names.split(',').map(named).collect()
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if(|arg| arg == "raster").is_some() {
        return raster::main(args);
    }
    if args.next_if(|arg| arg == "frames").is_some() {
        return frames::main(args);
    }
    if std::env::args().any(|arg| arg == "--help") {
        println!("{USAGE}\n{}\n{}", raster::USAGE, frames::USAGE);
        return ExitCode::SUCCESS;
    }
    let Some(options) = Options::parse(args) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    // One thread, which is this one, for all that ndpress does.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let (Ok(_pool), Ok(library)) =
        (pool, CBlosc2::open(&options.lib).inspect_err(|e| eprintln!("{e}")))
    else {
        return ExitCode::FAILURE;
    };
    println!(
        "C-Blosc2 {}, 1 thread, processor time, best of up to {} rounds; GB/s",
        library.version(),
        options.effort.rounds
    );
    let arrays = match &options.corpus {
        Some(folder) => data::corpus(folder, ChannelOrder::Planar),
        None => vec![data::bundled()],
    };
    let random = data::incompressible(CHUNK_NBYTES);
    let mut run = Run { library, options, rows: Vec::new(), nfailures: 0 };
    for array in arrays.iter().chain([&random]) {
        if array.name.contains(&run.options.only) {
            run.array(array);
        }
    }
    println!("{}", report::tables(&run.rows));
    print!("{}", small::table(&run.library, &data::bundled(), run.options.effort));
    if let Some(path) = &run.options.csv
        && let Err(error) = std::fs::write(path, report::csv(&run.rows))
    {
        eprintln!("{}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    if run.nfailures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Run {
    library: Rc<CBlosc2>,
    options: Options,
    rows: Vec<Row>,
    nfailures: usize,
}

impl Run {
    /// All cases of one array.
    fn array(&mut self, array: &Array) {
        eprintln!("{}", array.name);
        let typesize = array.typesize;
        let filter = if typesize > 1 { FilterKind::Shuffle } else { FilterKind::None };
        for codec in self.options.codecs.clone() {
            for level in self.options.levels.clone() {
                let setting = Setting { codec, level, filter, typesize, blocksize: None };
                self.blosc_cases(array, setting);
                let fixed = Setting { blocksize: Some(BLOCKSIZE), ..setting };
                if codec == CodecKind::Lz4 && level == 5 {
                    let setting = Setting { filter: FilterKind::BitShuffle, ..fixed };
                    self.case(array, setting, "32K", vec![self.c_blosc2(&setting)]);
                }
                let whole =
                    Setting { blocksize: Some(CHUNK_NBYTES), filter: FilterKind::None, ..setting };
                let bare: Option<Box<dyn Peer>> = match (codec, level) {
                    (CodecKind::Lz4, 9) => Some(Box::new(Lz4Flex)),
                    (CodecKind::Zstd, 1..=5) => Some(Box::new(Zstd::new(&whole))),
                    _ => None,
                };
                if let (Some(peer), false) = (bare, self.options.c_only) {
                    self.case(array, whole, "chunk", vec![peer]);
                }
            }
        }
    }

    /// The peers that read the same format, with both sizes of blocks.
    fn blosc_cases(&mut self, array: &Array, setting: Setting) {
        let automatic = self.automatic_blocksize(array, &setting);
        for (blocks, blocksize) in [("32K", BLOCKSIZE), ("auto", automatic)] {
            let blocksize = Some(blocksize / setting.typesize * setting.typesize);
            let setting = Setting { blocksize, ..setting };
            let mut peers = vec![self.c_blosc2(&setting)];
            if setting.level == 5 && !self.options.c_only {
                peers.push(Box::new(PureRs::new(&setting)));
                if blocks == "auto" {
                    peers.push(Box::new(Blusc::new(&setting)));
                }
            }
            self.case(array, setting, blocks, peers);
        }
    }

    fn c_blosc2(&self, setting: &Setting) -> Box<dyn Peer> {
        Box::new(Contexts::new(&self.library, setting))
    }

    /// The size of blocks that C-Blosc2 chooses: field `blocksize` of a chunk's header. It depends
    /// on the length alone, so zeros will do, which cost no time at any level.
    fn automatic_blocksize(&self, array: &Array, setting: &Setting) -> usize {
        let src = vec![0; array.middle(self.options.max_nbytes.min(CHUNK_NBYTES)).len()];
        let mut encoded = Vec::new();
        Contexts::new(&self.library, setting).encode(&src, &mut encoded);
        let field = encoded[8..].first_chunk::<4>().copied().unwrap_or_default();
        u32::from_le_bytes(field) as usize
    }

    /// One setting: checks, measures, and notes the rows.
    fn case(
        &mut self,
        array: &Array,
        setting: Setting,
        blocks: &'static str,
        peers: Vec<Box<dyn Peer>>,
    ) {
        let ours = Ours::new(&setting);
        let src = array.middle(self.options.max_nbytes);
        let chunk_nbytes = CHUNK_NBYTES / setting.typesize * setting.typesize;
        let chunks: Vec<&[u8]> = src.chunks(chunk_nbytes).collect();
        let all = std::iter::once(Box::new(ours) as Box<dyn Peer>).chain(peers);
        let mut contenders: Vec<_> = all.map(|peer| Contender::new(peer, chunks.len())).collect();
        for failure in verify(&mut contenders, &chunks) {
            eprintln!("{} {setting:?}: {failure}", array.name);
            self.nfailures += 1;
        }
        if contenders.first().is_none_or(|first| first.peer.name() != "ndpress") {
            return;
        }
        let copy = measure(&mut contenders, &chunks, self.options.effort);
        let figures = |contender: &Contender| Figures {
            cbytes: contender.cbytes(),
            encode: contender.encode,
            decode: contender.decode,
        };
        let (ours, peers) = contenders.split_at(1);
        self.rows.extend(peers.iter().map(|peer| Row {
            array: array.name.clone(),
            peer: peer.peer.name(),
            codec: setting.codec,
            level: setting.level,
            filter: setting.filter,
            typesize: setting.typesize,
            blocks,
            blocksize: setting.blocksize.unwrap_or(0),
            nbytes: src.len(),
            ours: figures(&ours[0]),
            theirs: figures(peer),
            copy,
        }));
    }
}
