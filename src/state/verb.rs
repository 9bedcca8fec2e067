//! What a person can do by name: one table, from which buttons, tooltips, keys and the help page are made.

use super::shortcut::{Key, Shortcut};

/// The headings of the help page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Player.
    Player,
    /// Table and selection.
    Songs,
    /// Genres.
    Genres,
    /// Library jobs.
    Library,
    /// Inspect.
    Inspect,
    /// Window.
    Window,
}

impl Group {
    /// In the order of the help page.
    pub const ALL: [Self; 6] = [Self::Player, Self::Songs, Self::Genres, Self::Library, Self::Inspect, Self::Window];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Player => "Player",
            Self::Songs => "Songs",
            Self::Genres => "Genres",
            Self::Library => "Library",
            Self::Inspect => "Inspect",
            Self::Window => "Window",
        }
    }
}

/// What is known of a command.
struct Row {
    group: Group,
    shortcuts: &'static [Shortcut],
    name: &'static str,
    explanation: &'static str,
}

/// Makes the list from rows of `Name Group [keys] "name": "explanation";`, in the order of the help page. Keys with more
/// modifiers come before those with fewer.
macro_rules! verbs {
    ($($verb:ident $group:ident [$($shortcut:expr),*] $name:literal: $explanation:literal;)*) => {
        /// Something a person can ask for without naming a thing: it works on the selection, the player or the window.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Verb {
            $(
                #[doc = $explanation]
                $verb,
            )*
        }

        impl Verb {
            /// All of them, in the order of the help page.
            pub const ALL: &'static [Self] = &[$(Self::$verb),*];
        }

        /// In the order of [`Verb::ALL`].
        static ROWS: &[Row] = &[$(Row {
            group: Group::$group,
            shortcuts: &[$($shortcut),*],
            name: $name,
            explanation: $explanation,
        }),*];
    };
}

verbs! {
    // Player.
    PlayPause Player [Shortcut::plain(Key::Space)] "Play or pause": "Play, or hold where it is";
    Stop Player [Shortcut::ctrl(Key::Char('.'))] "Stop": "Stop and go back to the start of the song";
    Previous Player [Shortcut::ctrl(Key::Left)] "Previous song": "The song before, or the start of this one";
    Next Player [Shortcut::ctrl(Key::Right)] "Next song": "The next song of the queue";
    SeekBackFine Player [Shortcut::shift(Key::Left)] "Back 1 second": "Jump back in the song";
    SeekForwardFine Player [Shortcut::shift(Key::Right)] "Forward 1 second": "Jump forward in the song";
    SeekBack Player [Shortcut::plain(Key::Left)] "Back 5 seconds": "Jump back in the song";
    SeekForward Player [Shortcut::plain(Key::Right)] "Forward 5 seconds": "Jump forward in the song";
    Mute Player [Shortcut::plain(Key::Char('M'))] "Mute": "Silence, and back to the volume before";
    VolumeUp Player [Shortcut::ctrl(Key::Up)] "Louder": "Five percent louder";
    VolumeDown Player [Shortcut::ctrl(Key::Down)] "Quieter": "Five percent quieter";
    Repeat Player [Shortcut::plain(Key::Char('R'))] "Repeat": "Repeat nothing, the whole queue, or one song";
    Shuffle Player [Shortcut::plain(Key::Char('Z'))] "Shuffle": "Play the queue in random order, each song once";
    Slower Player [Shortcut::plain(Key::Char('['))] "Slower": "Play slower at the same pitch";
    Faster Player [Shortcut::plain(Key::Char(']'))] "Faster": "Play faster at the same pitch";
    OwnSpeed Player [Shortcut::plain(Key::Char('\\'))] "Normal speed": "Play at the speed of the recording";
    Queue Player [Shortcut::plain(Key::Char('Q'))] "Queue": "Show what plays next, or hide it";
    ShowPlaying Player [Shortcut::ctrl(Key::Char('L'))] "Show the playing song": "Select the song that plays";
    // Songs.
    Search Songs [Shortcut::ctrl(Key::Char('F')), Shortcut::plain(Key::Char('/'))] "Search": "Find songs by title, artist, album or genre";
    ExtendUp Songs [Shortcut::shift(Key::Up)] "Extend upwards": "Make the selection one song longer";
    ExtendDown Songs [Shortcut::shift(Key::Down)] "Extend downwards": "Make the selection one song longer";
    SelectUp Songs [Shortcut::plain(Key::Up)] "Select above": "Move the selection by one song";
    SelectDown Songs [Shortcut::plain(Key::Down)] "Select below": "Move the selection by one song";
    PageUp Songs [Shortcut::plain(Key::PageUp)] "A page up": "Move the selection by a page";
    PageDown Songs [Shortcut::plain(Key::PageDown)] "A page down": "Move the selection by a page";
    SelectFirst Songs [Shortcut::plain(Key::Home)] "First song": "Select the first song of the list";
    SelectLast Songs [Shortcut::plain(Key::End)] "Last song": "Select the last song of the list";
    SelectAll Songs [Shortcut::ctrl(Key::Char('A'))] "Select all": "Select every song of the list";
    PlayNextSelected Songs [Shortcut::ctrl_shift(Key::Enter)] "Play next": "Put the selected songs after the one that plays";
    QueueSelected Songs [Shortcut::ctrl(Key::Enter)] "Add to the queue": "Put the selected songs at the end of the queue";
    PlaySelected Songs [Shortcut::plain(Key::Enter)] "Play": "Play the selected song and go on with the list";
    RemoveFromPlaylist Songs [Shortcut::plain(Key::Delete)] "Remove from playlist": "Take the selected songs out of this playlist; the files stay";
    RepairText Songs [Shortcut::plain(Key::Char('T'))] "Repair text…": "Read titles and names that look garbled in the right encoding; the files stay";
    // Genres.
    SetGenre Genres [Shortcut::plain(Key::Char('G'))] "Set genre…": "Choose the genre of the selected songs yourself";
    ReviewUnsure Genres [Shortcut::plain(Key::Char('U'))] "Review unsure songs": "Decide the unsure songs one by one, by ear";
    Redo Genres [Shortcut::ctrl_shift(Key::Char('Z'))] "Redo": "Make the change again that you took back";
    Undo Genres [Shortcut::ctrl(Key::Char('Z'))] "Undo": "Take your last change back";
    // Library.
    AddFolder Library [Shortcut::ctrl(Key::Char('O'))] "Add folder…": "Add a folder of music to the library";
    Rescan Library [Shortcut::plain(Key::Function(5))] "Rescan": "Look for new, changed and vanished files";
    Classify Library [Shortcut::plain(Key::Function(6))] "Classify new songs": "Let the network listen to songs it has not heard";
    ExportAll Library [Shortcut::ctrl(Key::Char('E'))] "Export playlists…": "Write every playlist as an .m3u8 file";
    // Inspect.
    ZoomIn Inspect [Shortcut::plain(Key::Char('+'))] "Zoom in": "Show a shorter stretch of time, larger";
    ZoomOut Inspect [Shortcut::plain(Key::Char('-'))] "Zoom out": "Show a longer stretch of time";
    ZoomPitchIn Inspect [Shortcut::shift(Key::PageUp)] "Zoom in on frequencies": "Show fewer frequencies, larger";
    ZoomPitchOut Inspect [Shortcut::shift(Key::PageDown)] "Zoom out of frequencies": "Show more frequencies";
    ZoomWhole Inspect [Shortcut::plain(Key::Char('0'))] "Whole track": "Show the whole track and all frequencies";
    PanEarlier Inspect [Shortcut::plain(Key::Char(','))] "Earlier": "Move the view to what came before";
    PanLater Inspect [Shortcut::plain(Key::Char('.'))] "Later": "Move the view to what comes next";
    LiveOrWhole Inspect [Shortcut::plain(Key::Char('V'))] "Live or whole track": "Switch between what is heard now and the whole track";
    Follow Inspect [Shortcut::plain(Key::Char('W'))] "Follow the playhead": "Keep the playhead in view";
    Freeze Inspect [Shortcut::plain(Key::Char('F'))] "Freeze": "Hold the live pictures while the sound goes on";
    LoopSelection Inspect [Shortcut::plain(Key::Char('L'))] "Loop": "Play the part that shows again and again, or end the loop";
    Panes Inspect [Shortcut::plain(Key::Char('X'))] "Spectrogram, scalogram or both": "Switch between both pictures and one of them";
    Harmonics Inspect [Shortcut::plain(Key::Char('H'))] "Harmonics": "Draw lines at two to ten times the frequency under the cursor";
    Curve Inspect [Shortcut::plain(Key::Char('S'))] "Spectrum curve": "Show the levels of one moment over frequency";
    PeakHold Inspect [Shortcut::plain(Key::Char('P'))] "Peak hold": "Keep the highest level at every frequency";
    Compare Inspect [Shortcut::plain(Key::Char('C'))] "Compare": "Put the same song beside itself with other settings";
    Explain Inspect [Shortcut::plain(Key::Char('E'))] "What am I seeing?": "Explain in plain words what the pictures show";
    ReadCursor Inspect [Shortcut::plain(Key::Char('K'))] "Cursor by keyboard": "Move a cursor over the picture with the arrow keys";
    CopyReadOut Inspect [Shortcut::ctrl(Key::Char('C'))] "Copy the read-out": "Put time, frequency, note and level on the clipboard";
    // Window.
    GoLibrary Window [Shortcut::ctrl(Key::Char('1'))] "Library": "All songs, genres and playlists";
    GoInspect Window [Shortcut::ctrl(Key::Char('2'))] "Inspect": "See the sound as spectrogram and scalogram";
    GoTrain Window [Shortcut::ctrl(Key::Char('3'))] "Train": "Train a network, watch it learn, hear its mistakes";
    GoSettings Window [Shortcut::ctrl(Key::Char(',')), Shortcut::ctrl(Key::Char('4'))] "Settings": "Folders, classifier, sound and appearance";
    FullScreen Window [Shortcut::plain(Key::Function(11))] "Full screen": "The pictures over the whole screen, and back";
    Escape Window [Shortcut::plain(Key::Escape)] "Close or clear": "Close what is open, then empty the search, then the selection";
    Help Window [Shortcut::plain(Key::Char('?')), Shortcut::plain(Key::Function(1))] "Keys": "Show every key";
}

impl Verb {
    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// Its name, as menus and screen readers say it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// One sentence on what it does.
    pub fn explanation(self) -> &'static str {
        self.row().explanation
    }

    /// Its keys, the one that tooltips name first.
    pub fn shortcuts(self) -> &'static [Shortcut] {
        self.row().shortcuts
    }

    /// The key that tooltips name, if it has one.
    pub fn shortcut(self) -> Option<Shortcut> {
        self.shortcuts().first().copied()
    }

    /// What a tooltip says: the explanation and the key.
    pub fn tooltip(self) -> String {
        match self.shortcut() {
            Some(shortcut) => format!("{} ({shortcut})", self.explanation()),
            None => self.explanation().to_owned(),
        }
    }

    /// Under which heading the help page shows it.
    pub fn group(self) -> Group {
        self.row().group
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_means_two_things() {
        let mut seen = HashSet::new();
        for verb in Verb::ALL {
            for shortcut in verb.shortcuts() {
                assert!(seen.insert(shortcut), "{shortcut} is taken twice");
            }
        }
    }

    #[test]
    fn every_verb_is_listed_once() {
        assert_eq!(Verb::ALL.iter().collect::<HashSet<_>>().len(), Verb::ALL.len());
        assert_eq!(Verb::Redo.tooltip(), "Make the change again that you took back (Ctrl+Shift+Z)");
    }
}
