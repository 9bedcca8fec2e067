use std::io::Cursor;

use super::*;

fn key(bytes: &[u8]) -> SoundKey {
    of_reader(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
}

/// Bytes that repeat nowhere nearby.
fn noise(seed: u32, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    (0..bytes)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state >> 8) as u8
        })
        .collect()
}

fn id3v2(body: usize) -> Vec<u8> {
    let size = [(body >> 21) as u8 & 127, (body >> 14) as u8 & 127, (body >> 7) as u8 & 127, body as u8 & 127];
    [&b"ID3\x04\0\0"[..], &size, &noise(9, body)].concat()
}

fn id3v1(title: &str) -> Vec<u8> {
    let mut tag = b"TAG".to_vec();
    tag.extend(title.bytes());
    tag.resize(128, 0);
    tag
}

fn ape(value: &str) -> Vec<u8> {
    let item = [&(value.len() as u32).to_le_bytes()[..], &[0; 4], b"Title\0", value.as_bytes()].concat();
    let edge = |flags: u32| {
        let size = item.len() as u32 + 32;
        [
            &b"APETAGEX"[..],
            &2000_u32.to_le_bytes(),
            &size.to_le_bytes(),
            &1_u32.to_le_bytes(),
            &flags.to_le_bytes(),
            &[0; 8],
        ]
        .concat()
    };
    [edge(0xA000_0000), item.clone(), edge(0x8000_0000)].concat()
}

fn lyrics3(text: &str) -> Vec<u8> {
    let body = format!("LYRICSBEGININD0000200LYR{:05}{text}", text.len());
    format!("{body}{:06}LYRICS200", body.len()).into_bytes()
}

#[test]
fn tags_around_mpeg_frames_do_not_count() {
    for bytes in [2_000, 900_000] {
        let frames = [&b"\xFF\xFB\x90\0"[..], &noise(1, bytes)].concat();
        let plain = key(&frames);
        assert_eq!(key(&[id3v2(300), frames.clone()].concat()), plain);
        assert_eq!(key(&[id3v2(5_000), vec![0; 700], frames.clone()].concat()), plain, "padding behind the tag");
        assert_eq!(key(&[id3v2(10), id3v2(20), frames.clone(), id3v1("a")].concat()), plain, "two tags");
        assert_eq!(key(&[frames.clone(), ape("long title")].concat()), plain);
        assert_eq!(key(&[frames.clone(), ape("t"), lyrics3("la la"), id3v1("b")].concat()), plain);
        let mut other = frames.clone();
        other[bytes / 2] ^= 1;
        assert_eq!(key(&other) == plain, bytes > 256 * 1024, "every byte of a short sound counts");
        assert_ne!(key(&frames[..frames.len() - 1]), plain, "the length counts");
    }
}

#[test]
fn the_frame_that_counts_the_others_does_not_count() {
    let sound = [&b"\xFF\xFB\x90\0"[..], &noise(1, 9_000)].concat();
    let plain = key(&sound);
    // 128 kbit/s at 44.1 kHz, stereo: 417 bytes, or 418 with padding. Mono has less side information.
    for (head, side_info, size, name) in [
        (0x9000_u16, 32, 417, b"Xing"),
        (0x9200, 32, 418, b"Info"),
        (0x90C0, 17, 417, b"Info"),
        (0x9000, 32, 417, b"VBRI"),
    ] {
        let mut frame = vec![0; size];
        frame[..2].copy_from_slice(&[0xFF, 0xFB]);
        frame[2..4].copy_from_slice(&head.to_be_bytes());
        frame[4 + side_info..8 + side_info].copy_from_slice(name);
        assert_eq!(key(&[id3v2(30), frame.clone(), sound.clone()].concat()), plain, "{name:?}");
        frame[4 + side_info] = b'x';
        assert_ne!(key(&[frame, sound.clone()].concat()), plain, "an ordinary frame");
    }
}

#[test]
fn long_sounds_are_told_apart_at_the_head_the_tail_and_between() {
    let bytes = noise(3, 2_000_000);
    let plain = key(&bytes);
    for position in [0, 2_000_000 / 5 * 2 + 10, 1_999_999] {
        let mut other = bytes.clone();
        other[position] ^= 1;
        assert_ne!(key(&other), plain, "{position}");
    }
}

#[test]
fn chunks_beside_the_samples_do_not_count() {
    let chunk = |name: &[u8], body: &[u8]| {
        let pad: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
        [name, &(body.len() as u32).to_le_bytes(), body, pad].concat()
    };
    let wave = |parts: &[Vec<u8>]| {
        let body = [b"WAVE".to_vec(), parts.concat()].concat();
        [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
    };
    let (format, data) = (chunk(b"fmt ", &noise(1, 16)), chunk(b"data", &noise(2, 1001)));
    let plain = key(&wave(&[format.clone(), data.clone()]));
    let tagged = wave(&[format.clone(), chunk(b"LIST", b"INFOodd"), data.clone(), chunk(b"id3 ", &id3v2(99))]);
    assert_eq!(key(&tagged), plain);
    let mut open = wave(&[format.clone(), data.clone()]);
    open[40..44].copy_from_slice(&[0xFF; 4]);
    open.pop();
    assert_eq!(key(&open), plain, "a size that was not known");
    assert_ne!(key(&wave(&[chunk(b"fmt ", &noise(7, 16)), data])), plain, "another sample rate is another sound");
    assert_ne!(key(&wave(&[format, chunk(b"data", &noise(3, 1001))])), plain);

    let boxed = |name: &[u8], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat();
    let (kind, samples) = (boxed(b"ftyp", b"M4A \0\0\0\0"), boxed(b"mdat", &noise(4, 5_000)));
    let plain = key(&[kind.clone(), samples.clone(), boxed(b"moov", &noise(5, 100))].concat());
    assert_eq!(
        key(&[kind.clone(), boxed(b"moov", &noise(6, 9_000)), boxed(b"free", &[0; 64]), samples].concat()),
        plain
    );
}

/// A FLAC file: stream information, a comment of that size, frames.
fn flac(md5: [u8; 16], comment: usize, frames: &[u8]) -> Vec<u8> {
    let info = [&[0x10, 0, 0x10, 0, 0, 0, 5, 0, 0, 9][..], &[0x0A, 0xC4, 0x40, 0xF0, 0, 0, 0x12, 0x34], &md5].concat();
    let block = |kind: u8, body: &[u8]| [&[kind][..], &(body.len() as u32).to_be_bytes()[1..], body].concat();
    [b"fLaC".to_vec(), block(0, &info), block(0x84, &noise(8, comment)), frames.to_vec()].concat()
}

#[test]
fn flac_is_known_by_its_own_digest_or_by_its_frames() {
    let plain = key(&flac([7; 16], 40, &noise(1, 3_000)));
    assert_eq!(key(&flac([7; 16], 9_000, &noise(2, 2_000))), plain, "another compression");
    assert_eq!(key(&[id3v2(50), flac([7; 16], 1, &noise(1, 3_000))].concat()), plain);
    assert_ne!(key(&flac([8; 16], 40, &noise(1, 3_000))), plain);
    let without = key(&flac([0; 16], 40, &noise(1, 3_000)));
    assert_eq!(key(&[flac([0; 16], 77, &noise(1, 3_000)), id3v1("x")].concat()), without);
    assert_ne!(key(&flac([0; 16], 40, &noise(2, 3_000))), without);
}

/// Packets in Ogg pages of at most that many segments.
fn ogg(packets: &[Vec<u8>], most_segments: usize) -> Vec<u8> {
    let mut segments: Vec<(Vec<u8>, bool)> = Vec::new();
    for (index, packet) in packets.iter().enumerate() {
        for piece in packet.chunks(255) {
            segments.push((piece.to_vec(), false));
        }
        if packet.len() % 255 == 0 {
            segments.push((Vec::new(), false));
        }
        // A page ends behind each header packet of these streams.
        if let Some(last) = segments.last_mut() {
            last.1 = index < 3;
        }
    }
    let mut bytes = Vec::new();
    let mut number = 0_u32;
    let mut page: Vec<Vec<u8>> = Vec::new();
    let count = segments.len();
    for (index, (segment, ends)) in segments.into_iter().enumerate() {
        page.push(segment);
        if ends || page.len() == most_segments || index + 1 == count {
            let granule: u64 = if index + 1 == count { 99_000 } else { u64::from(number) * 10 };
            bytes.extend(b"OggS\0");
            bytes.push(if number == 0 { 2 } else { 0 });
            bytes.extend(granule.to_le_bytes());
            bytes.extend(77_u32.to_le_bytes());
            bytes.extend(number.to_le_bytes());
            bytes.extend([1, 2, 3, number as u8]);
            bytes.push(page.len() as u8);
            bytes.extend(page.iter().map(|segment| segment.len() as u8));
            bytes.extend(page.concat());
            page.clear();
            number += 1;
        }
    }
    bytes
}

#[test]
fn the_comment_and_the_pages_of_ogg_do_not_count() {
    let sound: Vec<Vec<u8>> = (0..1_500).map(|number| noise(number, 100 + (number as usize * 37) % 400)).collect();
    for length in [20, 1_500] {
        let vorbis = |comment: usize, segments: usize| {
            let headers = [
                [&b"\x01vorbis"[..], &noise(1, 23)].concat(),
                [&b"\x03vorbis"[..], &noise(2, comment)].concat(),
                [&b"\x05vorbis"[..], &noise(3, 3_000)].concat(),
            ];
            ogg(&[&headers[..], &sound[..length]].concat(), segments)
        };
        let plain = key(&vorbis(40, 20));
        assert_eq!(key(&vorbis(90_000, 20)), plain, "a long comment");
        assert_eq!(key(&vorbis(255, 9)), plain, "pages cut elsewhere");
        let mut other = vorbis(40, 20);
        let last = other.len() - 1;
        other[last] ^= 1;
        assert_ne!(key(&other), plain);
    }
    let opus = |gain: u8, comment: usize| {
        let head = [&b"OpusHead\x01\x02\0\0\x80\xBB\0\0"[..], &[gain, 0, 0]].concat();
        ogg(&[vec![head, [&b"OpusTags"[..], &noise(2, comment)].concat()], sound[..20].to_vec()].concat(), 30)
    };
    assert_eq!(key(&opus(0, 30)), key(&opus(9, 2_000)), "gain in the header");
}

#[test]
fn damaged_and_unknown_files_have_a_key_too() {
    assert_eq!(key(b""), key(b""));
    assert_ne!(key(b"some text"), key(b"other text"));
    for whole in [flac([0; 16], 40, &noise(1, 500)), ogg(&[noise(1, 50), noise(2, 500)], 5), id3v2(100), ape("x")] {
        for length in 0..whole.len().min(700) {
            key(&whole[..length]);
        }
    }
}
