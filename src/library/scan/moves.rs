//! Which files are which known songs.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::hash::Hash;
use std::path::Path;

/// How many of the last names of a path are compared, to tell identical copies apart.
const LONGEST_TAIL: usize = 6;

/// A path and what is known by it.
pub(super) type Candidate<'a, C> = (&'a Path, C);

/// Pairs songs with files of the same content, one to one: `(song, file)` as indices. `songs` come oldest first.
///
/// Among identical copies those go together that have the same path, then those whose paths end in the same names (the
/// more, the better), then those in the same folder. What is then left over is paired in order: the oldest song with
/// the first path. The result depends on nothing but the order of the songs, the paths and the contents.
pub(super) fn pair<C: Eq + Hash + Copy>(songs: &[Candidate<'_, C>], files: &[Candidate<'_, C>]) -> Vec<(usize, usize)> {
    let mut songs_left: Vec<usize> = (0..songs.len()).collect();
    let mut files_left: Vec<usize> = (0..files.len()).collect();
    files_left.sort_by_key(|&index| files[index].0);
    let mut pairs = Vec::new();
    let mut round = |key: &dyn Fn(&Path) -> Option<Vec<OsString>>| {
        let mut offers: HashMap<(C, Vec<OsString>), Vec<usize>> = HashMap::new();
        for &index in songs_left.iter().rev() {
            if let Some(key) = key(songs[index].0) {
                offers.entry((songs[index].1, key)).or_default().push(index);
            }
        }
        let mut taken = HashSet::new();
        files_left.retain(|&index| {
            let (path, content) = files[index];
            let found = key(path).and_then(|key| offers.get_mut(&(content, key))).and_then(Vec::pop);
            if let Some(song) = found {
                taken.insert(song);
                pairs.push((song, index));
            }
            found.is_none()
        });
        songs_left.retain(|index| !taken.contains(index));
    };
    round(&|path| Some(vec![path.as_os_str().to_owned()]));
    for names in (1..=LONGEST_TAIL).rev() {
        round(&|path| tail(path, names));
    }
    round(&|path| Some(vec![path.parent()?.as_os_str().to_owned()]));
    round(&|_| Some(Vec::new()));
    pairs.sort_unstable();
    pairs
}

/// The last `names` names of a path, if it has that many.
fn tail(path: &Path, names: usize) -> Option<Vec<OsString>> {
    let tail: Vec<OsString> = path.iter().rev().take(names).map(OsStr::to_owned).collect();
    (tail.len() == names).then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair_paths<'a>(songs: &[(&'a str, u32)], files: &[(&'a str, u32)]) -> Vec<(&'a str, &'a str)> {
        let paths = |list: &[(&'a str, u32)]| -> Vec<(&'a Path, u32)> {
            list.iter().map(|(path, content)| (Path::new(*path), *content)).collect()
        };
        pair(&paths(songs), &paths(files)).into_iter().map(|(g, n)| (songs[g].0, files[n].0)).collect()
    }

    #[test]
    fn only_the_same_content_is_paired() {
        assert_eq!(pair_paths(&[("/a/1", 1), ("/a/2", 2)], &[("/b/2", 1)]), [("/a/1", "/b/2")]);
        assert_eq!(pair_paths(&[("/a/1", 1)], &[("/a/b", 3)]), []);
    }

    #[test]
    fn identical_copies_go_by_their_names_one_to_one() {
        let songs = [("/old/B/01.ogg", 7), ("/old/A/01.ogg", 7), ("/old/A/02.ogg", 7)];
        let files = [("/new/A/02.ogg", 7), ("/new/B/01.ogg", 7), ("/new/A/01.ogg", 7), ("/new/C/09.ogg", 7)];
        assert_eq!(
            pair_paths(&songs, &files),
            [
                ("/old/B/01.ogg", "/new/B/01.ogg"),
                ("/old/A/01.ogg", "/new/A/01.ogg"),
                ("/old/A/02.ogg", "/new/A/02.ogg")
            ]
        );
    }

    #[test]
    fn a_song_stays_at_its_path_if_it_can() {
        assert_eq!(
            pair_paths(&[("/a/x", 1), ("/a/y", 1)], &[("/a/y", 1), ("/b/z", 1)]),
            [("/a/x", "/b/z"), ("/a/y", "/a/y")]
        );
        assert_eq!(pair_paths(&[("/b/x", 1), ("/a/x", 1)], &[("/a/y", 1)]), [("/a/x", "/a/y")], "the same folder");
    }

    #[test]
    fn of_what_is_left_over_the_oldest_comes_first() {
        assert_eq!(
            pair_paths(&[("/o/b", 1), ("/o/a", 1)], &[("/n/y", 1), ("/n/x", 1), ("/n/z", 1)]),
            [("/o/b", "/n/x"), ("/o/a", "/n/y")]
        );
    }
}
