//! Reading files that people name: only real files, and never more of them than makes sense.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// The most bytes of a list, an index or another text about clips and songs.
pub const MOST_TEXT_BYTES: u64 = 64 << 20;

/// Opens a file for reading. What is no file (a pipe, a socket, a device, a folder) is refused at once: opening or reading it
/// might wait for ever, or never end.
///
/// # Errors
/// What the file system says, or [`io::ErrorKind::InvalidInput`] with what it is instead of a file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Looked at first, because opening a device can do something, and then once more: it may have been replaced in between.
    refuse_other(std::fs::metadata(path)?.file_type())?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Without it, opening a pipe that took the file's place would wait for a writer. Files do not mind.
        options.custom_flags(libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    refuse_other(file.metadata()?.file_type())?;
    Ok(file)
}

/// Reads a file whole, if it is one and has at most `most` bytes.
///
/// # Errors
/// As [`open_regular`], and [`io::ErrorKind::FileTooLarge`].
pub fn read_bounded(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open_regular(path)?;
    let length = file.metadata()?.len();
    if length > most {
        return Err(too_large(most));
    }
    // The length may be a lie (`/proc`), or change while it is read.
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large(most)) } else { Ok(bytes) }
}

/// The same as text; what is not UTF-8 is replaced. A byte order mark is left out, and UTF-16 with one is understood.
///
/// # Errors
/// As [`read_bounded`].
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read_bounded(path, most)?;
    Ok(encoding_rs::UTF_8.decode(&bytes).0.into_owned())
}

fn too_large(most: u64) -> io::Error {
    let most = if most < 1 << 20 { format!("{most} bytes") } else { format!("{} MB", most >> 20) };
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {most}"))
}

fn refuse_other(kind: FileType) -> io::Result<()> {
    match what_instead(kind) {
        None => Ok(()),
        Some(what) => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}, not a file"))),
    }
}

/// What a thing is that is no file; none: it is one.
fn what_instead(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    Some("something else")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_the_bound() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_bounded(&path, 5).unwrap(), b"12345");
        let error = read_bounded(&path, 4).unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (io::ErrorKind::FileTooLarge, "it has more than 4 bytes")
        );
        assert_eq!(read_bounded(&dir.path().join("none"), 4).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(read_bounded(dir.path(), 4).unwrap_err().to_string(), "it is a folder, not a file");
    }

    #[test]
    fn text_is_understood_with_and_without_a_mark() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        let utf_16: Vec<u8> = "\u{feff}é".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, text) in [
            ("é".as_bytes(), "é"),
            ("\u{feff}é".as_bytes(), "é"),
            (b"Beyonc\xe9", "Beyonc\u{fffd}"),
            (utf_16.as_slice(), "é"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read_text(&path, 100).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.m3u8");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        if made.is_ok_and(|status| status.success()) {
            assert_eq!(open_regular(&path).unwrap_err().to_string(), "it is a pipe, not a file");
        }
        let socket = dir.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(open_regular(&socket).unwrap_err().to_string(), "it is a socket, not a file");
        assert_eq!(read_bounded(Path::new("/dev/zero"), 9).unwrap_err().to_string(), "it is a device, not a file");
    }
}
