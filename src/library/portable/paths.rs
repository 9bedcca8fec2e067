//! Paths in an export: as text or bytes, and how those of one machine become those of another.

use std::path::{Path, PathBuf};

/// Replaces beginnings of paths: `/media/old=/home/ana/Music`, also from `\` to `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathMap {
    old: String,
    new: String,
}

impl PathMap {
    /// Understands `OLD=NEW`.
    ///
    /// # Errors
    /// A sentence, when there is no `=` or nothing before it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((old, new)) = text.split_once('=') else {
            return Err("write OLD=NEW, for example /media/usb=/home/ana/Music".to_owned());
        };
        if old.is_empty() || new.is_empty() {
            return Err("both sides of OLD=NEW need a path".to_owned());
        }
        Ok(Self { old: old.to_owned(), new: new.to_owned() })
    }

    /// The path on this machine, if the old beginning is one of it. Only whole names count: `/music` is no beginning of
    /// `/music2`.
    fn apply(&self, path: &str) -> Option<String> {
        let windows = is_windows(&self.old);
        let names = |text: &str| -> Vec<String> {
            let split = |c: char| c == '/' || (windows && c == '\\');
            text.split(split).filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        let (old, all) = (names(&self.old), names(path));
        let same = |a: &String, b: &String| if windows { a.to_lowercase() == b.to_lowercase() } else { a == b };
        let is_rooted = |text: &str| text.starts_with('/') || (windows && text.starts_with('\\'));
        let begins = old.len() <= all.len() && old.iter().zip(&all).all(|(a, b)| same(a, b));
        if !begins || is_rooted(&self.old) != is_rooted(path) {
            return None;
        }
        let separator = if is_windows(&self.new) { '\\' } else { '/' };
        let mut new = self.new.clone();
        while new.len() > 1 && (new.ends_with('/') || (separator == '\\' && new.ends_with('\\'))) {
            new.pop();
        }
        for name in &all[old.len()..] {
            if !new.ends_with(separator) {
                new.push(separator);
            }
            new.push_str(name);
        }
        Some(new)
    }
}

/// Whether a path is one of Windows: with a drive, or with `\` between its names.
fn is_windows(path: &str) -> bool {
    let bytes = path.as_bytes();
    path.contains('\\') || (bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':')
}

/// A path after the first of the maps that is about it.
pub(in crate::library) fn mapped(path: &str, maps: &[PathMap]) -> PathBuf {
    maps.iter().find_map(|map| map.apply(path)).unwrap_or_else(|| path.to_owned()).into()
}

/// A path as text, and its bytes in hexadecimal digits where it is none.
pub(in crate::library) fn to_text(path: &Path) -> (String, Option<String>) {
    match path.to_str() {
        Some(text) => (text.to_owned(), None),
        None => (path.to_string_lossy().into_owned(), Some(hex(path.as_os_str().as_encoded_bytes()))),
    }
}

/// The path that these hexadecimal digits stand for, on systems whose paths are bytes.
pub(super) fn of_hex(text: &str) -> Option<PathBuf> {
    let bytes = unhex(text)?;
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
    }
    #[cfg(not(unix))]
    {
        String::from_utf8(bytes).ok().map(PathBuf::from)
    }
}

/// Hexadecimal digits.
pub(in crate::library) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that hexadecimal digits stand for.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_paths_are_replaced_name_by_name() {
        let map = |text: &str, path: &str| mapped(path, &[PathMap::parse(text).unwrap()]).to_str().unwrap().to_owned();
        assert_eq!(map("/old=/new", "/old/a/b.mp3"), "/new/a/b.mp3");
        assert_eq!(map("/old/=/new/", "/old/a.mp3"), "/new/a.mp3");
        assert_eq!(map("/old=/new", "/older/a.mp3"), "/older/a.mp3");
        assert_eq!(map("/old=/new", "/old"), "/new");
        assert_eq!(map("/=/mnt", "/a.mp3"), "/mnt/a.mp3");
        assert_eq!(map("/old=/", "/old/a.mp3"), "/a.mp3");
        assert_eq!(map(r"D:\Music=/home/ana", r"d:\music\A\b.mp3"), "/home/ana/A/b.mp3");
        assert_eq!(map(r"D:\=/home/ana", r"D:\A\b.mp3"), "/home/ana/A/b.mp3");
        assert_eq!(map(r"\\nas\music=/nas", r"\\nas\music\b.mp3"), "/nas/b.mp3");
        assert_eq!(map(r"/home/ana=D:\Music", "/home/ana/A/b.mp3"), r"D:\Music\A\b.mp3");
        assert_eq!(map("D:/Music=/m", r"D:\Music\b.mp3"), "/m/b.mp3");
        assert_eq!(map("/a=/b=c", "/a/x"), "/b=c/x");
        assert!(PathMap::parse("nothing").is_err() && PathMap::parse("=/a").is_err() && PathMap::parse("/a=").is_err());
    }

    #[test]
    fn digits_stand_for_bytes() {
        assert_eq!(unhex(&hex(b"a\xFF\0")), Some(b"a\xFF\0".to_vec()));
        assert_eq!((unhex("0"), unhex("0g"), unhex("é0")), (None, None, None));
    }
}
