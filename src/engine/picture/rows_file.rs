//! A matrix of float32 on disk, written by blocks of columns: an hour's numbers do not fit into memory.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The file, beside the one that it shall become; gone when dropped before that.
pub(super) struct RowsFile {
    temporary: PathBuf,
    file: File,
    header_bytes: u64,
    columns: usize,
}

/// A file beside `path` that is not yet it.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "path has no file name"))?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.part", std::process::id()));
    Ok(path.with_file_name(temporary))
}

impl RowsFile {
    /// An empty matrix with so many columns behind a header.
    pub fn create(path: &Path, header: &[u8], columns: usize) -> io::Result<Self> {
        let temporary = beside(path)?;
        let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&temporary)?;
        file.write_all(header)?;
        Ok(Self { temporary, file, header_bytes: header.len() as u64, columns })
    }

    /// Writes a block of `count` columns from `first_column` on, given row by row.
    pub fn write_columns(&mut self, first_column: usize, count: usize, rows: &[f32]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(4 * count);
        for (row, values) in rows.chunks_exact(count.max(1)).enumerate() {
            bytes.clear();
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            self.file.seek(SeekFrom::Start(self.place(row, first_column)))?;
            self.file.write_all(&bytes)?;
        }
        Ok(())
    }

    /// Reads a row.
    pub fn read_row(&mut self, row: usize) -> io::Result<Vec<f32>> {
        let mut bytes = vec![0; 4 * self.columns];
        self.file.seek(SeekFrom::Start(self.place(row, 0)))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    fn place(&self, row: usize, column: usize) -> u64 {
        self.header_bytes + 4 * (row as u64 * self.columns as u64 + column as u64)
    }

    /// Makes it the file.
    pub fn keep(self, path: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary, path)
    }
}

impl Drop for RowsFile {
    fn drop(&mut self) {
        // After `keep` there is none of that name.
        fs::remove_file(&self.temporary).ok();
    }
}

/// Writes a text file by a function, whole or not at all.
pub(super) fn write_text(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut temporary = beside(path)?.into_os_string();
    temporary.push("t");
    let temporary = PathBuf::from(temporary);
    let written = (|| {
        let mut out = BufWriter::new(File::create(&temporary)?);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        fs::remove_file(&temporary).ok();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_columns_become_rows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        let mut file = RowsFile::create(&path, b"head", 5).unwrap();
        file.write_columns(0, 3, &[0.0, 1.0, 2.0, 10.0, 11.0, 12.0]).unwrap();
        file.write_columns(3, 2, &[3.0, 4.0, 13.0, 14.0]).unwrap();
        assert_eq!(file.read_row(1).unwrap(), [10.0, 11.0, 12.0, 13.0, 14.0]);
        file.keep(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap().len(), 4 + 4 * 10);
        drop(RowsFile::create(&path, b"", 1).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
