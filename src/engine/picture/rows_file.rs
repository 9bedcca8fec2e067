//! A matrix of float32 on disk, written by blocks of columns: an hour's numbers do not fit into memory.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::base::fs::NewFile;

/// The file, beside the one that it shall become; gone when dropped before that.
pub(super) struct RowsFile {
    file: NewFile,
    header_bytes: u64,
    columns: usize,
}

impl RowsFile {
    /// An empty matrix with this many columns behind a header.
    pub fn create(path: &Path, header: &[u8], columns: usize) -> io::Result<Self> {
        let mut file = NewFile::create(path)?;
        file.as_file_mut().write_all(header)?;
        Ok(Self { file, header_bytes: header.len() as u64, columns })
    }

    /// Writes a block of `count` columns from `first_column` on, given row by row.
    pub fn write_columns(&mut self, first_column: usize, count: usize, rows: &[f32]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(4 * count);
        for (row, values) in rows.chunks_exact(count.max(1)).enumerate() {
            bytes.clear();
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            let place = self.place(row, first_column);
            self.file.as_file_mut().seek(SeekFrom::Start(place))?;
            self.file.as_file_mut().write_all(&bytes)?;
        }
        Ok(())
    }

    /// Reads a row.
    pub fn read_row(&mut self, row: usize) -> io::Result<Vec<f32>> {
        let mut bytes = vec![0; 4 * self.columns];
        let place = self.place(row, 0);
        self.file.as_file_mut().seek(SeekFrom::Start(place))?;
        self.file.as_file_mut().read_exact(&mut bytes)?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    fn place(&self, row: usize, column: usize) -> u64 {
        self.header_bytes + 4 * (row as u64 * self.columns as u64 + column as u64)
    }

    /// Makes it the file.
    pub fn keep(self) -> io::Result<()> {
        self.file.keep()
    }
}

/// Writes a text file by a function, whole or not at all.
pub(super) fn write_text(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = NewFile::create(path)?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    file.keep()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn blocks_of_columns_become_rows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        let mut file = RowsFile::create(&path, b"head", 5).unwrap();
        file.write_columns(0, 3, &[0.0, 1.0, 2.0, 10.0, 11.0, 12.0]).unwrap();
        file.write_columns(3, 2, &[3.0, 4.0, 13.0, 14.0]).unwrap();
        assert_eq!(file.read_row(1).unwrap(), [10.0, 11.0, 12.0, 13.0, 14.0]);
        file.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap().len(), 4 + 4 * 10);
        drop(RowsFile::create(&path, b"", 1).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
