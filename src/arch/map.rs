//! Files mapped into memory.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use std::fmt;
use std::fs::File;
use std::io;

/// The bytes of a file where the system keeps them.
pub(crate) struct Map(memmap2::Mmap);

impl Map {
    /// Maps all of the file, as long as it is now.
    pub(crate) fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the map is only read. That the file is not changed under it cannot be checked by
        // anybody: the caller is told so in the documentation of the option that leads here, and
        // this crate's own writers never change or cut bytes that an open frame has, but append.
        let map = unsafe { memmap2::Mmap::map(file) }?;
        Ok(Self(map))
    }
}

impl AsRef<[u8]> for Map {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Map({} bytes)", self.0.len())
    }
}
