//! Which new files are known songs at another place.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::hash::Hash;
use std::path::Path;

/// How many of the last names of a path are compared, to tell identical copies apart.
const LONGEST_TAIL: usize = 6;

/// Pairs songs whose file is gone with new files of the same content, one to one: `(gone, new)` as indices.
///
/// Among identical copies those go together whose paths end in the same names (the more, the better); what is then
/// left over is paired in path order. The result depends on nothing but the paths and contents.
pub(super) fn pair<C: Eq + Hash + Copy>(gone: &[(&Path, C)], new: &[(&Path, C)]) -> Vec<(usize, usize)> {
    let order = |list: &[(&Path, C)]| {
        let mut indices: Vec<usize> = (0..list.len()).collect();
        indices.sort_by_key(|&index| list[index].0);
        indices
    };
    let mut gone_left = order(gone);
    let mut new_left = order(new);
    let mut pairs = Vec::new();
    for names in (0..=LONGEST_TAIL).rev() {
        let mut offers: HashMap<(C, Vec<&OsStr>), Vec<usize>> = HashMap::new();
        for &index in gone_left.iter().rev() {
            if let Some(tail) = tail(gone[index].0, names) {
                offers.entry((gone[index].1, tail)).or_default().push(index);
            }
        }
        let mut taken = Vec::new();
        new_left.retain(|&index| {
            let found =
                tail(new[index].0, names).and_then(|tail| offers.get_mut(&(new[index].1, tail))).and_then(Vec::pop);
            if let Some(gone_index) = found {
                taken.push((gone_index, index));
            }
            found.is_none()
        });
        let matched: HashSet<usize> = taken.iter().map(|(gone_index, _)| *gone_index).collect();
        gone_left.retain(|index| !matched.contains(index));
        pairs.append(&mut taken);
        if gone_left.is_empty() || new_left.is_empty() {
            break;
        }
    }
    pairs.sort_unstable();
    pairs
}

/// The last `names` names of a path, if it has so many.
fn tail(path: &Path, names: usize) -> Option<Vec<&OsStr>> {
    let tail: Vec<&OsStr> = path.iter().rev().take(names).collect();
    (tail.len() == names).then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair_paths<'a>(gone: &[(&'a str, u32)], new: &[(&'a str, u32)]) -> Vec<(&'a str, &'a str)> {
        let paths = |list: &[(&'a str, u32)]| -> Vec<(&'a Path, u32)> {
            list.iter().map(|(path, content)| (Path::new(*path), *content)).collect()
        };
        pair(&paths(gone), &paths(new)).into_iter().map(|(g, n)| (gone[g].0, new[n].0)).collect()
    }

    #[test]
    fn only_the_same_content_is_paired() {
        assert_eq!(pair_paths(&[("/a/1", 1), ("/a/2", 2)], &[("/b/2", 1)]), [("/a/1", "/b/2")]);
        assert_eq!(pair_paths(&[("/a/1", 1)], &[("/a/b", 3)]), []);
    }

    #[test]
    fn identical_copies_go_by_their_names_one_to_one() {
        let gone = [("/old/B/01.ogg", 7), ("/old/A/01.ogg", 7), ("/old/A/02.ogg", 7)];
        let new = [("/new/A/02.ogg", 7), ("/new/B/01.ogg", 7), ("/new/A/01.ogg", 7), ("/new/C/09.ogg", 7)];
        assert_eq!(
            pair_paths(&gone, &new),
            [
                ("/old/B/01.ogg", "/new/B/01.ogg"),
                ("/old/A/01.ogg", "/new/A/01.ogg"),
                ("/old/A/02.ogg", "/new/A/02.ogg")
            ]
        );
    }

    #[test]
    fn what_is_left_over_goes_in_path_order() {
        assert_eq!(
            pair_paths(&[("/o/b", 1), ("/o/a", 1)], &[("/n/y", 1), ("/n/x", 1), ("/n/z", 1)]),
            [("/o/b", "/n/y"), ("/o/a", "/n/x")]
        );
    }
}
