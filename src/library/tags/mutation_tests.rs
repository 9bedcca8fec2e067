//! Damaged tags of all kinds: whatever the bytes are, reading them ends soon and takes little.

use std::io::Cursor;
use std::time::{Duration, Instant};

use super::tests::{ape, atom, chunk, comments, data, flac, frame, m4a, mka, ogg, read, sound, tag, text, wav};
use super::{picture, prepare_thread};

/// A sequence of numbers that is the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let frames = |version| {
        let picture = frame(version, "APIC", b"\0image/png\0\x03\0picture");
        let user = frame(version, "TXXX", b"\0ORIGINALYEAR\x001969");
        tag(version, &[text(version, "TIT2", "Title"), picture, user, text(version, "TCON", "(17)Jazz")])
    };
    let old = tag(2, &[text(2, "TT2", "Title"), frame(2, "PIC", b"\0PNG\x03\0picture")]);
    let values: [&[u8]; 3] = [b"TITLE=Title", b"GENRE=Jazz", b"METADATA_BLOCK_PICTURE=AAAAAwAAAAA="];
    let list = [&b"INFO"[..], &chunk(b"INAM", b"Title", false), &chunk(b"IART", b"Artist", false)].concat();
    let mut v1 = b"TAGTitle".to_vec();
    v1.resize(128, 17);
    let mut asf = super::asf::MAGIC.to_vec();
    asf.extend(200_u64.to_le_bytes());
    asf.resize(200, 1);
    vec![
        [frames(3), sound()].concat(),
        [frames(4), sound()].concat(),
        [old, sound(), v1].concat(),
        [sound(), ape(&[("Title", 0, b"Title"), ("Cover Art (Front)", 2, b"a\0picture")])].concat(),
        flac(&[(4, comments(&values)), (6, vec![0; 64])]),
        ogg(&[b"\x01vorbis".to_vec(), [&b"\x03vorbis"[..], &comments(&values)].concat()]),
        ogg(&[b"OpusHead".to_vec(), [&b"OpusTags"[..], &comments(&values)].concat()]),
        wav(&[chunk(b"LIST", &list, false), chunk(b"id3 ", &frames(3), false)]),
        [&b"FORM\0\0\0\xFFAIFF"[..], &chunk(b"NAME", b"Title", true), &chunk(b"ID3 ", &frames(4), true)].concat(),
        m4a(&[atom(b"\xA9nam", &data(1, b"Title")), atom(b"trkn", &data(0, &[0; 8])), atom(b"covr", &data(13, b"p"))]),
        mka(),
        b"caff\0\x01\0\0info\0\0\0\0\0\0\0\x14\0\0\0\x01title\0Title\0\0\0\0".to_vec(),
        b".snd\0\0\0\x30\0\0\0\0\0\0\0\x03\0\0\x1f\x40\0\0\0\x01title=Title\nalbum=Album\0".to_vec(),
        asf,
    ]
}

#[test]
fn no_bytes_make_the_readers_fail_or_linger() {
    prepare_thread();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let corpus = corpus();
    let started = Instant::now();
    let mut slowest = Duration::ZERO;
    for round in 0..6000 {
        let mut bytes = corpus[round % corpus.len()].clone();
        for _ in 0..=numbers.next(6) {
            let at = numbers.next(bytes.len());
            match numbers.next(6) {
                0 => bytes[at] = numbers.next(256) as u8,
                1 => bytes[at] ^= 1 << numbers.next(8),
                2 => bytes.truncate(at.max(1)),
                3 => {
                    let end = (at + 4).min(bytes.len());
                    bytes[at..end].fill(if numbers.next(2) == 0 { 0xFF } else { 0x7F });
                }
                4 => {
                    let end = (at + numbers.next(40)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    let to = numbers.next(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let other = &corpus[numbers.next(corpus.len())];
                    bytes.truncate(at.max(1));
                    bytes.extend(&other[numbers.next(other.len())..]);
                }
            }
        }
        let before = Instant::now();
        let tags = read(&bytes);
        let found = picture(Cursor::new(&bytes), 1 << 20);
        slowest = slowest.max(before.elapsed());
        assert!(found.is_none_or(|picture| picture.len() <= bytes.len()));
        assert!(tags.title.is_none_or(|title| !title.is_empty() && !title.chars().any(|c| c.is_ascii_control())));
        // The whole path, with the reader of playing times.
        let _ = super::read(Cursor::new(&bytes));
    }
    println!("6000 files in {:?}, the slowest tags in {slowest:?}", started.elapsed());
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}
