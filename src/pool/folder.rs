//! Where scratch files are made, and that they go.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// A folder for scratch files, made when the first of them is.
#[derive(Debug)]
pub(super) enum Folder {
    /// The caller's, which stays.
    Given(PathBuf),
    /// One of the pool's own among the system's temporary files, which goes with it.
    Private(Mutex<Option<PathBuf>>),
}

/// A file that nobody else has, and its number.
pub(super) struct NewFile {
    pub(super) number: NonZeroU32,
    pub(super) path: PathBuf,
    pub(super) file: File,
}

impl Folder {
    pub(super) fn new(given: Option<PathBuf>) -> Self {
        given.map_or_else(|| Self::Private(Mutex::default()), Self::Given)
    }

    /// Makes an empty file.
    pub(super) fn create_file(&self) -> Result<NewFile> {
        let folder = self.made()?;
        loop {
            let number = next_number();
            let path = folder.join(format!("ndpress-{}-{number}.scratch", std::process::id()));
            match File::options().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(NewFile { number, path, file }),
                // Left by a process that was killed, and whose number this one has now.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::from(error).in_file(Some(&path))),
            }
        }
    }

    /// The folder's path, once it is there.
    fn made(&self) -> Result<PathBuf> {
        match self {
            Self::Given(path) => {
                let made = fs::create_dir_all(path);
                made.map_err(|error| Error::from(error).in_file(Some(path)))?;
                Ok(path.clone())
            }
            Self::Private(made) => {
                let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
                match &*made {
                    Some(path) => Ok(path.clone()),
                    None => Ok(made.insert(create_private(&std::env::temp_dir())?).clone()),
                }
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Private(made) = self
            && let Some(path) = made.get_mut().unwrap_or_else(PoisonError::into_inner)
        {
            // It is empty, as all files hold it. Nobody is left to tell if it cannot be removed.
            let _ = fs::remove_dir(path);
        }
    }
}

/// Makes a folder that was not there, for this user alone.
fn create_private(parent: &Path) -> Result<PathBuf> {
    loop {
        let name = format!("ndpress-pool-{}-{}", std::process::id(), next_number());
        let path = parent.join(name);
        #[allow(unused_mut, reason = "where there are no modes, nothing is set")]
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::from(error).in_file(Some(&path))),
        }
    }
}

/// A number that no file of this process has. It comes again after four billion others.
fn next_number() -> NonZeroU32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    loop {
        if let Some(number) = NonZeroU32::new(NEXT.fetch_add(1, Ordering::Relaxed)) {
            return number;
        }
    }
}
