//! A file that tells how far its reading has come.

use std::io::{self, Read, Seek, SeekFrom};

use crate::ports::SheetProgress as Progress;

/// A file that counts what is read of it.
#[derive(Debug)]
pub(super) struct Metered<R> {
    inner: R,
    pub(super) progress: Progress,
}

impl<R> Metered<R> {
    pub(super) fn new(inner: R, progress: &Progress) -> Self {
        Self { inner, progress: progress.clone() }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.add(read);
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
