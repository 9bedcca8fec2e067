//! Tags of small files that are made here, byte by byte.

use std::io::Cursor;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::fields::Fields;
use super::input::Input;
use super::{MAX_READ_BYTES, SongTags, picture, walk};

/// Silent MPEG frames.
pub(super) fn sound() -> Vec<u8> {
    let mut frame = vec![0_u8; 417];
    frame[..4].copy_from_slice(&[0xFF, 0xFB, 0x90, 0x00]);
    frame.repeat(4)
}

fn safe(size: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (size >> shift & 0x7F) as u8)
}

fn packed_frame(version: u8, name: &str, flags: u16, content: &[u8]) -> Vec<u8> {
    let size = content.len();
    let mut bytes = name.as_bytes().to_vec();
    match version {
        2 => bytes.extend(&(size as u32).to_be_bytes()[1..]),
        3 => bytes.extend((size as u32).to_be_bytes()),
        _ => bytes.extend(safe(size)),
    }
    if version > 2 {
        bytes.extend(flags.to_be_bytes());
    }
    bytes.extend(content);
    bytes
}

pub(super) fn frame(version: u8, name: &str, content: &[u8]) -> Vec<u8> {
    packed_frame(version, name, 0, content)
}

/// A frame with a text in Latin-1.
pub(super) fn text(version: u8, name: &str, value: &str) -> Vec<u8> {
    frame(version, name, &[b"\0", value.as_bytes()].concat())
}

pub(super) fn tag_with(version: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    [&b"ID3"[..], &[version, 0, flags], &safe(body.len()), body].concat()
}

/// A tag of these frames and some padding.
pub(super) fn tag(version: u8, frames: &[Vec<u8>]) -> Vec<u8> {
    tag_with(version, 0, &[&frames.concat()[..], &[0; 32]].concat())
}

/// The odd frames, then title and artist.
fn song_with(version: u8, odd: &[Vec<u8>]) -> Vec<u8> {
    let names = if version == 2 { ["TT2", "TP1"] } else { ["TIT2", "TPE1"] };
    let good = [text(version, names[0], "Right title"), text(version, names[1], "Right artist")];
    [tag(version, &[odd, &good].concat()), sound()].concat()
}

pub(super) fn read(bytes: &[u8]) -> SongTags {
    let mut cursor = Cursor::new(bytes);
    let mut input = Input::new(&mut cursor, MAX_READ_BYTES).unwrap();
    let mut fields = Fields::default();
    walk::read(&mut input, &mut fields);
    fields.song()
}

#[track_caller]
fn assert_good(bytes: &[u8]) -> SongTags {
    let tags = read(bytes);
    assert_eq!((tags.title.as_deref(), tags.artist.as_deref()), (Some("Right title"), Some("Right artist")));
    tags
}

pub(super) fn le(number: usize) -> [u8; 4] {
    (number as u32).to_le_bytes()
}

pub(super) fn ape(items: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let body: Vec<u8> = items
        .iter()
        .flat_map(|(name, flags, value)| {
            [&le(value.len())[..], &flags.to_le_bytes(), name.as_bytes(), b"\0", value].concat()
        })
        .collect();
    let head = |flags: u32| {
        [&b"APETAGEX"[..], &le(2000), &le(body.len() + 32), &le(items.len()), &flags.to_le_bytes(), &[0; 8]].concat()
    };
    [head(0xA000_0000), body.clone(), head(0x8000_0000)].concat()
}

pub(super) fn comments(values: &[&[u8]]) -> Vec<u8> {
    let mut bytes = [&le(4)[..], b"mine", &le(values.len())].concat();
    for value in values {
        bytes.extend(le(value.len()));
        bytes.extend(*value);
    }
    bytes
}

pub(super) fn flac(blocks: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = [&b"fLaC\0\0\0\x22"[..], &[0; 34]].concat();
    for (index, (kind, block)) in blocks.iter().enumerate() {
        bytes.push(kind | if index + 1 == blocks.len() { 0x80 } else { 0 });
        bytes.extend(&(block.len() as u32).to_be_bytes()[1..]);
        bytes.extend(block);
    }
    bytes
}

/// Pages of one stream with these packets.
pub(super) fn ogg(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for packet in packets {
        let mut sizes = vec![255_u8; packet.len() / 255];
        sizes.push((packet.len() % 255) as u8);
        let mut rest = &packet[..];
        for sizes in sizes.chunks(255) {
            bytes.extend(b"OggS\0\0");
            bytes.extend([0; 8]);
            bytes.extend([7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, sizes.len() as u8]);
            bytes.extend(sizes);
            let (page, after) = rest.split_at(sizes.iter().map(|size| usize::from(*size)).sum());
            bytes.extend(page);
            rest = after;
        }
    }
    bytes
}

pub(super) fn chunk(name: &[u8; 4], content: &[u8], is_big: bool) -> Vec<u8> {
    let size = content.len() as u32;
    let size = if is_big { size.to_be_bytes() } else { size.to_le_bytes() };
    [&name[..], &size, content, if content.len() % 2 == 1 { &[0] } else { &[] }].concat()
}

pub(super) fn wav(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [&b"WAVE"[..], &chunk(b"data", &[0; 64], false), &chunks.concat()].concat();
    [&b"RIFF"[..], &le(body.len()), &body].concat()
}

pub(super) fn atom(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
}

pub(super) fn data(kind: u32, value: &[u8]) -> Vec<u8> {
    atom(b"data", &[&kind.to_be_bytes()[..], &[0; 4], value].concat())
}

pub(super) fn m4a(items: &[Vec<u8>]) -> Vec<u8> {
    let meta = atom(b"meta", &[&[0; 4][..], &atom(b"hdlr", &[0; 25]), &atom(b"ilst", &items.concat())].concat());
    [atom(b"ftyp", b"M4A \0\0\0\0"), atom(b"moov", &atom(b"udta", &meta)), atom(b"mdat", &[0; 32])].concat()
}

pub(super) fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    [id, &(content.len() as u64 | 1 << 56).to_be_bytes(), content].concat()
}

fn simple_tag(name: &str, value: &str) -> Vec<u8> {
    element(
        &[0x67, 0xC8],
        &[element(&[0x45, 0xA3], name.as_bytes()), element(&[0x44, 0x87], value.as_bytes())].concat(),
    )
}

pub(super) fn mka() -> Vec<u8> {
    let level = |level: u8| element(&[0x63, 0xC0], &element(&[0x68, 0xCA], &[level]));
    let song = [level(30), simple_tag("TITLE", "Right title"), simple_tag("ARTIST", "Right artist")].concat();
    let song = [song, simple_tag("PART_NUMBER", "3"), simple_tag("GENRE", "Jazz")].concat();
    let album = [level(50), simple_tag("TITLE", "Right album"), simple_tag("ARTIST", "Various")].concat();
    let tags =
        element(&[0x12, 0x54, 0xC3, 0x67], &[element(&[0x73, 0x73], &album), element(&[0x73, 0x73], &song)].concat());
    // A cluster of unknown size comes first.
    let cluster = [&[0x1F, 0x43, 0xB6, 0x75, 0xFF][..], &element(&[0xA3], &[0; 16])].concat();
    [element(&[0x1A, 0x45, 0xDF, 0xA3], b""), element(&[0x18, 0x53, 0x80, 0x67], &[cluster, tags].concat())].concat()
}

#[test]
fn an_odd_frame_costs_itself() {
    let zlib = |bytes: &[u8]| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    for (content, is_told) in [
        (&b"\x01A\0l\0b\0"[..], false),
        (b"\x01\xff\xfeA\0l\0b", false),
        (b"\x01\xff\xfe\x00\xd8", true),
        (b"\x09Album", true),
        (b"\x01\xff\xfe", false),
        (b"\0", false),
        (b"", false),
    ] {
        let tags = assert_good(&song_with(3, &[frame(3, "TALB", content)]));
        assert_eq!(tags.note.is_some(), is_told, "{content:?}: {:?}", tags.note);
    }
    let tags = assert_good(&song_with(4, &[frame(4, "TALB", b"\x03caf\xe9")]));
    assert_eq!(tags.album.as_deref(), Some("café"));
    for name in ["COMM", "TXXX", "APIC", "POPM", "UFID", "USLT", "CHAP", "RVA2", "GEOB"] {
        for cut in [&b"\x01e"[..], b"\0en", b"\x01eng\0\0h\0i\0", b"someone"] {
            assert_good(&song_with(3, &[frame(3, name, cut)]));
        }
    }
    let album = b"\0Packed album";
    let packed = [&(album.len() as u32).to_be_bytes()[..], &zlib(album)].concat();
    let tags = assert_good(&song_with(3, &[packed_frame(3, "TALB", 0x80, &packed)]));
    assert_eq!(tags.album.as_deref(), Some("Packed album"));
    let tags = assert_good(&song_with(4, &[packed_frame(4, "TALB", 0x09, &packed)]));
    assert_eq!((tags.album.as_deref(), tags.note), (Some("Packed album"), None));
    for (version, flags) in [(3, 0x80), (3, 0x40), (4, 0x09), (4, 0x04)] {
        let tags = assert_good(&song_with(version, &[packed_frame(version, "TALB", flags, b"\0\0\0\x28not zlib")]));
        assert_eq!(tags.note.as_deref(), Some("One tag item (TALB) could not be read."));
    }
}

#[test]
fn frames_of_wrong_sizes_are_stepped_over() {
    let long = |size: u32| [&b"TALB"[..], &size.to_be_bytes(), &[0, 0], b"\0Album"].concat();
    assert_good(&song_with(3, &[long(9_999_999)]));
    assert_good(&song_with(3, &[long(2)]));
    assert_good(&song_with(3, &[frame(3, "talb", b"\0Album")]));
    // Old iTunes wrote plain sizes into v2.4.
    let plain = frame(3, "TALB", &[&b"\0"[..], &b"A long album ".repeat(40)].concat());
    let tags = assert_good(&song_with(4, &[plain]));
    assert!(tags.album.is_some_and(|album| album.starts_with("A long album")));
    let tag_of = |flags, body: Vec<u8>| [tag_with(3, flags, &body), sound()].concat();
    let good = [text(3, "TIT2", "Right title"), text(3, "TPE1", "Right artist")].concat();
    assert_good(&tag_of(0x40, [&6_u32.to_be_bytes()[..], &[0; 6], &good].concat()));
    assert_good(&tag_of(0x40, [&10_u32.to_be_bytes()[..], &[0x80, 0, 0, 0, 0, 0, 1, 2, 3, 4], &good].concat()));
    // A tag that claims more than the file.
    assert_good(&[&b"ID3\x03\0\0\x7f\x7f\x7f\x7f"[..], &good, &sound()].concat());
}

#[test]
fn unsynchronisation_and_old_names_are_understood() {
    let private = frame(3, "PRIV", b"x\0\xff\xe0\xff\0");
    let body = [private, text(3, "TIT2", "Right title"), text(3, "TPE1", "Right artist")].concat();
    let mut stuffed = Vec::new();
    for byte in body {
        stuffed.push(byte);
        if byte == 0xFF {
            stuffed.push(0);
        }
    }
    assert_good(&[tag_with(3, 0x80, &stuffed), sound()].concat());
    let tags = assert_good(&song_with(2, &[text(2, "TAL", "Album"), text(2, "TRK", "3/9")]));
    assert_eq!((tags.album.as_deref(), tags.track_number, tags.track_total), (Some("Album"), Some(3), Some(9)));
    let first = song_with(3, &[]);
    let second = [tag(3, &[text(3, "TIT2", "Second")]), sound()].concat();
    let both = [&first[..first.len() - sound().len()], &second].concat();
    assert_good(&both);
}

#[test]
fn the_fields_of_an_album_are_read_from_every_kind_of_tag() {
    let wanted = |tags: &SongTags| {
        assert_eq!(tags.album_artist.as_deref(), Some("Various"));
        assert_eq!(
            (tags.disc, tags.disc_total, tags.track_number, tags.track_total),
            (Some(2), Some(2), Some(3), Some(9))
        );
        assert_eq!((tags.year, tags.original_year, tags.compilation), (Some(2009), Some(1969), true));
        assert_eq!((tags.composer.as_deref(), tags.genres.join("|")), (Some("Clara"), "Jazz|Blues".to_owned()));
    };
    let frames = [
        text(4, "TPE2", "Various"),
        text(4, "TPOS", "2/2"),
        text(4, "TRCK", "03/09"),
        text(4, "TCMP", "1"),
        text(4, "TDRC", "2009"),
        text(4, "TDOR", "1969-05"),
        text(4, "TCOM", "Clara"),
        text(4, "TCON", "Jazz\0Blues"),
    ];
    wanted(&assert_good(&song_with(4, &frames)));
    let block = song_with(4, &frames);
    let block = &block[..block.len() - sound().len()];
    wanted(&assert_good(&wav(&[chunk(b"id3 ", block, false)])));
    let aiff = [&b"AIFF"[..], &chunk(b"SSND", &[0; 9], true), &chunk(b"ID3 ", block, true)].concat();
    wanted(&assert_good(&[&b"FORM"[..], &(aiff.len() as u32).to_be_bytes(), &aiff].concat()));
    let mut dsf = [&b"DSD "[..], &28_u64.to_le_bytes(), &0_u64.to_le_bytes(), &60_u64.to_le_bytes()].concat();
    dsf.resize(60, 0);
    wanted(&assert_good(&[&dsf[..], block].concat()));
    let values: [&[u8]; 13] = [
        b"TITLE=Right title",
        b"Artist=Right artist",
        b"title=Second",
        b"ALBUM ARTIST=Various",
        b"discnumber=2/2",
        b"tracknumber=3",
        b"TOTALTRACKS=9",
        b"compilation=1",
        b"date=2009",
        b"originaldate=1969-05-06",
        b"composer=Clara",
        b"genre=Jazz",
        b"genre=Blues",
    ];
    wanted(&assert_good(&flac(&[(4, comments(&values))])));
    let vorbis = [b"\x01vorbis".to_vec(), [&b"\x03vorbis"[..], &comments(&values)].concat()];
    wanted(&assert_good(&ogg(&vorbis)));
    let opus = [b"OpusHead".to_vec(), [&b"OpusTags"[..], &comments(&values)].concat()];
    wanted(&assert_good(&ogg(&opus)));
    let oga = [b"\x7fFLAC\x01\0\0\x01fLaC".to_vec(), [&b"\x04\0\0\x40"[..], &comments(&values)].concat()];
    wanted(&assert_good(&ogg(&oga)));
    let items: [(&str, u32, &[u8]); 11] = [
        ("Title", 0, b"Right title"),
        ("Artist", 0, b"Right artist"),
        ("Album Artist", 0, b"Various"),
        ("Disc", 0, b"2/2"),
        ("Track", 0, b"3/9"),
        ("Compilation", 0, b"1"),
        ("Year", 0, b"2009"),
        ("OriginalYear", 0, b"1969"),
        ("Composer", 0, b"Clara"),
        ("Genre", 0, b"Jazz\0Blues"),
        ("Bad", 0, b"\xff"),
    ];
    let mut v1 = [&b"TAG"[..], b"Old title"].concat();
    v1.resize(128, 0);
    wanted(&assert_good(&[sound(), ape(&items), v1].concat()));
    let item = |name: &[u8; 4], value: &str| atom(name, &data(1, value.as_bytes()));
    let free = [atom(b"mean", b"\0\0\0\0com"), atom(b"name", b"\0\0\0\0ORIGINALDATE"), data(1, b"1969")].concat();
    wanted(&assert_good(&m4a(&[
        item(b"\xA9nam", "Right title"),
        item(b"\xA9ART", "Right artist"),
        item(b"aART", "Various"),
        atom(b"disk", &data(0, &[0, 0, 0, 2, 0, 2])),
        atom(b"trkn", &data(0, &[0, 0, 0, 3, 0, 9, 0, 0])),
        atom(b"cpil", &data(21, &[1])),
        item(b"\xA9day", "2009-01-02"),
        atom(b"----", &free),
        item(b"\xA9wrt", "Clara"),
        atom(b"\xA9gen", &[data(1, b"Jazz"), data(1, b"Blues")].concat()),
    ])));
    assert_eq!(read(&m4a(&[atom(b"gnre", &data(0, &[0, 18]))])).genre.as_deref(), Some("Rock"));
    let tags = assert_good(&mka());
    assert_eq!((tags.album.as_deref(), tags.album_artist.as_deref()), (Some("Right album"), Some("Various")));
    assert_eq!((tags.track_number, tags.genre.as_deref()), (Some(3), Some("Jazz")));
}

#[test]
fn texts_of_older_containers_are_read() {
    for text in [&b"M\xe4laren"[..], "Mälaren".as_bytes()] {
        let list = [&b"INFO"[..], &chunk(b"INAM", text, false), &chunk(b"IART", b"Right artist\0", false)].concat();
        let tags = read(&wav(&[chunk(b"LIST", &list, false)]));
        assert_eq!((tags.title.as_deref(), tags.artist.as_deref()), (Some("Mälaren"), Some("Right artist")));
    }
    let named = [chunk(b"NAME", b"Right title", true), chunk(b"AUTH", b"Right artist", true)].concat();
    assert_good(&[&b"FORM\0\0\0\x40AIFF"[..], &named].concat());
    let au = b".snd\0\0\0\x48\0\0\0\0\0\0\0\x03\0\0\x1f\x40\0\0\0\x01title=Right title\nartist=Right artist\nalbum=x\n\0\0\0";
    assert_good(au);
    let info = b"\0\0\0\x02title\0Right title\0artist\0Right artist\0";
    assert_good(&[&b"caff\0\x01\0\0info"[..], &(info.len() as u64).to_be_bytes(), info].concat());
    let several = read(&flac(&[(4, comments(&[b"artist=One", b"artist=Two", b"no equals sign", b"album=\xff"]))]));
    assert_eq!((several.artists.join("|"), several.artist.as_deref()), ("One|Two".to_owned(), Some("One, Two")));
    assert_eq!((several.album.as_deref(), several.note.is_some()), (Some("ÿ"), true));
}

#[test]
fn covers_are_found_in_every_container_and_their_size_is_bounded() {
    let image = b"\x89PNG picture".to_vec();
    let apic = frame(3, "APIC", &[&b"\0image/png\0\x03\0"[..], &image].concat());
    let block = [4_u32, 9].map(u32::to_be_bytes);
    let block =
        [&block[0][..], &block[1], b"image/png", &[0; 20], &(image.len() as u32).to_be_bytes(), &image].concat();
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &block);
    let comment = ["METADATA_BLOCK_PICTURE=", &base64].concat();
    let file =
        [element(&[0x46, 0x60], b"image/png"), element(&[0x46, 0x6E], b"cover.png"), element(&[0x46, 0x5C], &image)];
    let attachment = element(&[0x19, 0x41, 0xA4, 0x69], &element(&[0x61, 0xA7], &file.concat()));
    let files = [
        song_with(3, std::slice::from_ref(&apic)),
        wav(&[chunk(b"id3 ", &tag(3, &[apic]), false)]),
        flac(&[(6, block)]),
        ogg(&[b"OpusHead".to_vec(), [&b"OpusTags"[..], &comments(&[comment.as_bytes()])].concat()]),
        [sound(), ape(&[("Cover Art (Front)", 2, &[&b"cover.png\0"[..], &image].concat())])].concat(),
        m4a(&[atom(b"covr", &data(14, &image))]),
        [element(&[0x1A, 0x45, 0xDF, 0xA3], b""), element(&[0x18, 0x53, 0x80, 0x67], &attachment)].concat(),
    ];
    for (index, bytes) in files.iter().enumerate() {
        assert_eq!(picture(Cursor::new(bytes), 1 << 20).as_ref(), Some(&image), "file {index}");
        assert_eq!(picture(Cursor::new(bytes), 4), None, "file {index}");
    }
}

#[test]
fn floods_and_bombs_cost_little() {
    let bomb = {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 64 << 20), &mut encoder).unwrap();
        [&(64_u32 << 20).to_be_bytes()[..], &encoder.finish().unwrap()].concat()
    };
    let many: Vec<Vec<u8>> = (0..100_000).map(|index| frame(3, "TXXX", format!("\0k{index}\0v").as_bytes())).collect();
    let lyrics: Vec<Vec<u8>> =
        (0..50_000).map(|index| frame(3, "USLT", format!("\0eng{index}\0v").as_bytes())).collect();
    let values: Vec<String> = (0..100_000).map(|index| format!("g{index}")).collect();
    let bombs = vec![packed_frame(3, "TALB", 0x80, &bomb); 200];
    let comment: Vec<Vec<u8>> = (0..100_000).map(|index| format!("K{index}=v").into_bytes()).collect();
    let comment: Vec<&[u8]> =
        comment.iter().map(Vec::as_slice).chain([&b"TITLE=Right title"[..], b"ARTIST=Right artist"]).collect();
    for (name, bytes) in [
        ("user texts", song_with(3, &many)),
        ("lyrics", song_with(3, &lyrics)),
        ("values", song_with(4, &[text(4, "TCON", &values.join("\0"))])),
        ("bombs", song_with(3, &bombs)),
        ("comments", flac(&[(4, comments(&comment))])),
    ] {
        let started = Instant::now();
        let tags = assert_good(&bytes);
        assert!(tags.genres.len() <= 64, "{name}");
        let took = started.elapsed();
        println!("{name}: {took:?}");
        // Ten times what it may take, for machines that are busy and builds that are not optimised.
        assert!(took < Duration::from_secs(1), "{name}: {took:?}");
    }
}
