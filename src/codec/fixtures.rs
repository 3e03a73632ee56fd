//! Reads `tests/fixtures/codec_*.bin`; `generate_codec_streams.py` there says what is in them.

/// Bytes, and streams of C-Blosc2 that decode to them.
pub(crate) struct Case<'a> {
    pub(crate) dictionary: Option<&'a [u8]>,
    pub(crate) bytes: &'a [u8],
    pub(crate) streams: Vec<&'a [u8]>,
}

pub(crate) fn cases(file: &[u8]) -> Vec<Case<'_>> {
    let mut reader = Reader(file);
    let count = reader.number();
    let cases: Vec<_> = (0..count).map(|_| reader.case()).collect();
    assert!(reader.0.is_empty() && !cases.is_empty());
    cases
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> usize {
        let (number, rest) = self.0.split_first_chunk().unwrap();
        self.0 = rest;
        u32::from_le_bytes(*number) as usize
    }

    fn field(&mut self) -> &'a [u8] {
        let len = self.number();
        let (field, rest) = self.0.split_at(len);
        self.0 = rest;
        field
    }

    fn case(&mut self) -> Case<'a> {
        let dictionary = Some(self.field()).filter(|dictionary| !dictionary.is_empty());
        let bytes = self.field();
        let count = self.number();
        Case { dictionary, bytes, streams: (0..count).map(|_| self.field()).collect() }
    }
}
