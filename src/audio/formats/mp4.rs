//! Where the sound of an MP4 file begins and ends: edit lists (ISO/IEC 14496-12, 8.6.6) and what iTunes writes.

use std::io::{self, Read, Seek};

use super::window::Window;

/// Boxes that are looked at in all.
const MOST_BOXES: usize = 4096;
/// Depth of nested boxes; real ones are seven deep.
const MOST_DEPTH: usize = 8;
/// Entries of an edit list that are looked at.
const MOST_EDITS: usize = 64;

/// What of a track is heard, in units of its own time scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Where it begins.
    pub start: u64,
    /// How long it is; `None` is to the end.
    pub length: Option<u64>,
}

/// What is known of one track.
#[derive(Clone, Copy, Debug, Default)]
struct TrackBoxes {
    id: u32,
    time_scale: u64,
    /// Start in the track's units, length in the movie's.
    edit: Option<(u64, u64)>,
}

#[derive(Debug, Default)]
struct Movie {
    time_scale: u64,
    tracks: Vec<TrackBoxes>,
    /// Delay and length in samples.
    itunes: Option<(u64, u64)>,
    boxes: usize,
}

/// What the file says of the track with that number; `None` when it says nothing.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn heard(source: impl Read + Seek, file_len: u64, track: u32) -> io::Result<Option<Heard>> {
    let mut movie = Movie::default();
    let mut window = Window::new(source);
    movie.walk(&mut window, 0, file_len, 0)?;
    let edit = movie.tracks.iter().find(|candidate| candidate.id == track).and_then(|track| {
        let (start, length) = track.edit?;
        let scaled = u128::from(length) * u128::from(track.time_scale);
        let length = scaled.div_ceil(u128::from(movie.time_scale.max(1)));
        Some(Heard { start, length: u64::try_from(length).ok().filter(|length| *length > 0) })
    });
    let itunes = movie.itunes.map(|(start, length)| Heard { start, length: Some(length).filter(|length| *length > 0) });
    Ok(match (edit, itunes) {
        // Some programs write an edit list that leaves nothing out, and the truth beside it.
        (Some(edit), Some(itunes)) if edit.start == 0 => Some(itunes),
        (Some(edit), _) => Some(edit),
        (None, itunes) => itunes,
    })
}

impl Movie {
    fn walk<R: Read + Seek>(&mut self, window: &mut Window<R>, from: u64, to: u64, depth: usize) -> io::Result<()> {
        let mut at = from;
        while at + 8 <= to && self.boxes < MOST_BOXES && depth < MOST_DEPTH {
            self.boxes += 1;
            let head = window.look(at, 16)?.to_vec();
            let Some(four) = head.get(..8) else { return Ok(()) };
            let (name, mut header_len) = ([four[4], four[5], four[6], four[7]], 8);
            let size = match be(&head, 0, 4) {
                0 => to - at,
                1 => {
                    header_len = 16;
                    be(&head, 8, 8)
                }
                size => size,
            };
            if size < header_len {
                return Ok(());
            }
            let end = at.saturating_add(size).min(to);
            self.content(window, name, at + header_len, end, depth)?;
            at = at.saturating_add(size);
        }
        Ok(())
    }

    fn content<R: Read + Seek>(
        &mut self,
        window: &mut Window<R>,
        name: [u8; 4],
        start: u64,
        end: u64,
        depth: usize,
    ) -> io::Result<()> {
        let len = end.saturating_sub(start);
        match &name {
            b"trak" => {
                self.tracks.push(TrackBoxes::default());
                return self.walk(window, start, end, depth + 1);
            }
            b"moov" | b"mdia" | b"edts" | b"udta" | b"ilst" => return self.walk(window, start, end, depth + 1),
            b"meta" => {
                // In MP4 it has a version, in QuickTime files it has none.
                let head = window.look(start, 8)?;
                let skipped = if head.get(4..8) == Some(b"hdlr") { 0 } else { 4 };
                return self.walk(window, start + skipped, end, depth + 1);
            }
            b"mvhd" | b"mdhd" | b"tkhd" => {
                let bytes = window.look(start, len.min(32) as usize)?.to_vec();
                let long = bytes.first() == Some(&1);
                let word = be(&bytes, if long { 20 } else { 12 }, 4);
                match (&name, self.tracks.last_mut()) {
                    (b"mvhd", _) => self.time_scale = word,
                    (b"mdhd", Some(track)) => track.time_scale = word,
                    (_, Some(track)) => track.id = word as u32,
                    _ => {}
                }
            }
            b"elst" => {
                let bytes = window.look(start, len.min(8 + 20 * MOST_EDITS as u64) as usize)?.to_vec();
                let edit = edit(&bytes);
                if let Some(track) = self.tracks.last_mut() {
                    track.edit = edit;
                }
            }
            b"----" => {
                let bytes = window.look(start, len.min(1024) as usize)?.to_vec();
                self.itunes = itunes(&bytes).or(self.itunes);
            }
            _ => {}
        }
        Ok(())
    }
}

/// A big-endian number of 4 or 8 bytes, 0 where there is none.
fn be(bytes: &[u8], at: usize, len: usize) -> u64 {
    bytes.get(at..at + len).map_or(0, |digits| digits.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The start of the first edit that shows something, and the length of all that do.
fn edit(bytes: &[u8]) -> Option<(u64, u64)> {
    let long = bytes.first() == Some(&1);
    let (each, half) = if long { (20, 8) } else { (12, 4) };
    let count = (be(bytes, 4, 4) as usize).min(MOST_EDITS);
    let empty = if long { u64::MAX } else { u64::from(u32::MAX) };
    let edits = (0..count).map(|index| 8 + index * each).take_while(|at| at + each <= bytes.len());
    let shown = edits.map(|at| (be(bytes, at + half, half), be(bytes, at, half))).filter(|(start, _)| *start != empty);
    let all: Vec<(u64, u64)> = shown.collect();
    let (start, _) = all.first()?;
    // Several edits may jump about; then only the beginning is certain.
    let length = if let [(_, length)] = all[..] { length } else { 0 };
    Some((*start, length))
}

/// What is in iTunSMPB: a zero, the delay, the padding, the length, all in hexadecimal digits.
fn itunes(bytes: &[u8]) -> Option<(u64, u64)> {
    let find = |what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
    find(b"iTunSMPB")?;
    let data = find(b"data")?;
    let text = String::from_utf8_lossy(bytes.get(data + 12..)?).into_owned();
    let mut numbers = text.split_whitespace().map(|digits| u64::from_str_radix(digits, 16));
    let _zero = numbers.next()?.ok()?;
    let delay = numbers.next()?.ok()?;
    let _padding = numbers.next()?.ok()?;
    let length = numbers.next()?.ok()?;
    // A second of delay is more than any encoder has.
    (delay < 48_000).then_some((delay, length))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn movie(edits: &[(u32, u32)], smpb: Option<&str>) -> Vec<u8> {
        let list: Vec<u32> = edits.iter().flat_map(|(length, start)| [*length, *start, 1 << 16]).collect();
        let elst = boxed(b"elst", &words(&[&[0, edits.len() as u32], &list[..]].concat()));
        let track = [
            boxed(b"tkhd", &words(&[0, 0, 0, 7, 0])),
            boxed(b"edts", &elst),
            boxed(b"mdia", &boxed(b"mdhd", &words(&[0, 0, 0, 44_100, 0]))),
        ]
        .concat();
        let tag = smpb.map_or(Vec::new(), |text| {
            let content = [
                boxed(b"mean", b"\0\0\0\0com.apple.iTunes"),
                boxed(b"name", b"\0\0\0\0iTunSMPB"),
                boxed(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], text.as_bytes()].concat()),
            ];
            let ilst = boxed(b"ilst", &boxed(b"----", &content.concat()));
            boxed(b"udta", &boxed(b"meta", &[&[0; 4], &ilst[..]].concat()))
        });
        let content = [boxed(b"mvhd", &words(&[0, 0, 0, 1000, 0])), boxed(b"trak", &track), tag].concat();
        [boxed(b"ftyp", b"M4A "), boxed(b"mdat", &[0; 100]), boxed(b"moov", &content)].concat()
    }

    fn of(file: &[u8]) -> Option<Heard> {
        heard(Cursor::new(file), file.len() as u64, 7).unwrap()
    }

    #[test]
    fn the_edit_list_counts_and_an_empty_edit_does_not() {
        assert_eq!(of(&movie(&[(3000, 1024)], None)), Some(Heard { start: 1024, length: Some(132_300) }));
        assert_eq!(of(&movie(&[(50, u32::MAX), (3000, 1024)], None)).unwrap().start, 1024);
        assert_eq!(of(&movie(&[], None)), None);
        assert_eq!(of(b"nothing like that"), None);
    }

    #[test]
    fn what_itunes_says_counts_where_the_edit_list_says_nothing() {
        let smpb = " 00000000 00000840 000001CA 00000000003F31F6 00000000";
        let told = Some(Heard { start: 2112, length: Some(0x3f_31f6) });
        assert_eq!(of(&movie(&[], Some(smpb))), told);
        assert_eq!(of(&movie(&[(3000, 0)], Some(smpb))), told);
        assert_eq!(of(&movie(&[(3000, 1024)], Some(smpb))).unwrap().start, 1024);
        assert_eq!(of(&movie(&[], Some(" 00000000 0FFFFFFF 0 0"))), None);
    }

    #[test]
    fn cut_and_looping_boxes_end() {
        let whole = movie(&[(3000, 1024)], None);
        for len in 0..whole.len() {
            of(&whole[..len]);
        }
        let mut nested = boxed(b"moov", b"");
        for _ in 0..100 {
            nested = boxed(b"moov", &nested);
        }
        assert_eq!(of(&nested), None);
    }
}
