//! The raster codec beside others, by class of array: `peers raster`, see `README.md`.

mod contender;
mod measure;
mod picture;
mod ram;
mod summary;
mod table;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use self::contender::Kind;
use self::measure::{Entrant, Row};
use self::summary::Rows;
use crate::c_blosc2::CBlosc2;
use crate::data::{self, Array, ChannelOrder};
use crate::measure::Effort;

pub const USAGE: &str = "peers raster --lib PATH_TO_LIBBLOSC2 [--corpus DIR] [--only NAME] \
[--contenders fast,lz4] [--isa scalar|avx2|avx2gfni|avx512] [--interleaved] [--max-mb 8] \
[--rounds 40] [--budget 0.3] [--ram GIB] [--markdown] [--csv FILE] [--svg FILE]";

/// What the command line says.
struct Options {
    lib: PathBuf,
    corpus: Option<PathBuf>,
    only: String,
    /// Those of the table that is asked for, unless some are named.
    kinds: Option<Vec<Kind>>,
    isa: Option<String>,
    order: ChannelOrder,
    max_nbytes: usize,
    effort: Effort,
    /// Bytes of the arrays that are decoded to memory, when that is what is measured.
    ram_nbytes: Option<usize>,
    is_markdown: bool,
    csv: Option<PathBuf>,
    svg: Option<PathBuf>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            lib: PathBuf::new(),
            corpus: std::env::var_os("NDPRESS_CORPUS").map(PathBuf::from),
            only: String::new(),
            kinds: None,
            isa: None,
            order: ChannelOrder::Planar,
            max_nbytes: 8 << 20,
            effort: Effort { rounds: 40, budget: 0.3 },
            ram_nbytes: None,
            is_markdown: false,
            csv: None,
            svg: None,
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--interleaved" => options.order = ChannelOrder::AsStored,
                "--markdown" => options.is_markdown = true,
                _ => options.set(&arg, args.next()?)?,
            }
        }
        (options.lib != Path::new("")).then_some(options)
    }

    fn set(&mut self, option: &str, value: String) -> Option<()> {
        match option {
            "--lib" => self.lib = value.into(),
            "--corpus" => self.corpus = Some(value.into()),
            "--only" => self.only = value,
            "--contenders" => {
                self.kinds = Some(value.split(',').map(Kind::parse).collect::<Option<_>>()?);
            }
            "--isa" => self.isa = Some(value),
            "--max-mb" => self.max_nbytes = value.parse::<usize>().ok()? << 20,
            "--rounds" => self.effort.rounds = value.parse().ok()?,
            "--budget" => self.effort.budget = value.parse().ok()?,
            "--ram" => {
                let gib: f64 = value.parse().ok()?;
                self.ram_nbytes = Some((gib * f64::from(1 << 30)) as usize);
            }
            "--csv" => self.csv = Some(value.into()),
            "--svg" => self.svg = Some(value.into()),
            _ => return None,
        }
        Some(())
    }

    /// The arrays that are wanted, with their classes, those of a class together.
    fn arrays(&self) -> Vec<(String, Array)> {
        let arrays = match &self.corpus {
            Some(folder) => data::corpus(folder, self.order),
            None => data::made_up().into_iter().chain([data::bundled()]).collect(),
        };
        let index = self.corpus.as_deref().map(index).unwrap_or_default();
        let is_wanted = |array: &Array| {
            let is_interleaved = array.shape[2] <= 64;
            array.name.contains(&self.only)
                && (self.order == ChannelOrder::Planar || is_interleaved)
        };
        let wanted = arrays.into_iter().filter(is_wanted);
        let mut classed: Vec<_> = wanted.map(|array| (class(&index, &array.name), array)).collect();
        classed.sort_by(|(a, _), (b, _)| a.cmp(b));
        classed
    }
}

/// The index of a corpus, if it has one.
fn index(folder: &Path) -> serde_json::Value {
    let text = fs::read_to_string(folder.join("index.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// What the index says, or what the name begins with.
fn class(index: &serde_json::Value, name: &str) -> String {
    let entries = index["rasters"].as_array().into_iter().flatten();
    let entry = entries.into_iter().find(|entry| entry["name"] == name);
    let class = entry.and_then(|entry| entry["category"].as_str());
    class.or_else(|| name.split('_').next()).unwrap_or(name).to_owned()
}

pub fn main(args: impl Iterator<Item = String>) -> ExitCode {
    let Some(options) = Options::parse(args) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    if let Some(name) = &options.isa {
        force(name)?;
    }
    // One thread, which is this one, for all that ndpress does.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let _pool = pool.map_err(|error| error.to_string())?;
    let library = CBlosc2::open(&options.lib)?;
    eprintln!("C-Blosc2 {}", library.version());
    if let Some(nbytes) = options.ram_nbytes {
        return ram::run(options, nbytes, &library);
    }
    let kinds = options.kinds.clone().unwrap_or_else(Kind::tabled);
    let mut rows = Rows::default();
    for (class, array) in options.arrays() {
        eprintln!("{}", array.name);
        let array = array.cropped(options.max_nbytes);
        let entrants = entrants(&kinds, &array, &library);
        rows.0.extend(measure_array(class, &array, entrants, options.effort)?);
    }
    let tables = if options.is_markdown { table::markdown(&rows) } else { table::text(&rows) };
    print!("{tables}{}", targets::report(&rows, options.isa.as_deref()));
    write(options.csv.as_deref(), || table::csv(&rows))?;
    write(options.svg.as_deref(), || picture::svg(&rows))
}

/// Makes all of our kernels use an instruction set.
fn force(name: &str) -> Result<(), String> {
    let sets = ndpress::benchmarks::instruction_sets();
    let Some(set) = sets.iter().find(|set| set.name() == name) else {
        let names: Vec<_> = sets.iter().map(|set| set.name()).collect();
        return Err(format!("no {name} here, but {}", names.join(", ")));
    };
    set.force();
    Ok(())
}

fn write(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<(), String> {
    let Some(path) = path else { return Ok(()) };
    fs::write(path, text()).map_err(|error| format!("{}: {error}", path.display()))
}

fn measure_array(
    class: String,
    array: &Array,
    mut entrants: Vec<Entrant<'_>>,
    effort: Effort,
) -> Result<Vec<Row>, String> {
    let mut dst = verified_output(&mut entrants, array)?;
    measure::encode(&mut entrants, effort);
    measure::decode(&mut entrants, &mut dst, effort);
    let row = |entrant: &Entrant<'_>| Row {
        class: class.clone(),
        array: array.name.clone(),
        kind: entrant.kind,
        nbytes: array.bytes.len(),
        cbytes: entrant.contender.cbytes(),
        encode: entrant.encode,
        decode: entrant.decode,
    };
    Ok(entrants.iter().map(row).collect())
}

fn entrants<'a>(kinds: &[Kind], array: &'a Array, library: &Rc<CBlosc2>) -> Vec<Entrant<'a>> {
    let entrant = |&kind: &Kind| Some(Entrant::new(kind, kind.contender(array, library)?));
    kinds.iter().filter_map(entrant).collect()
}

/// Encodes, and answers a buffer to decode into, into which everyone has decoded rightly.
fn verified_output(entrants: &mut [Entrant<'_>], array: &Array) -> Result<Vec<u8>, String> {
    let mut dst = measure::output(entrants);
    for entrant in entrants {
        if !entrant.is_exact(&mut dst) {
            return Err(format!("{} does not give {} back", entrant.kind, array.name));
        }
    }
    Ok(dst)
}
