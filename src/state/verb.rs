//! What a person can do by name: one list, from which buttons, tooltips, keys and the help page are made.

use super::shortcut::{Key, Shortcut};

/// Something a person can ask for without naming a thing: it works on the selection, the player or the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// To the Library.
    GoLibrary,
    /// To Inspect.
    GoInspect,
    /// To Train.
    GoTrain,
    /// To the Settings.
    GoSettings,
    /// The page of keys.
    Help,
    /// Spectrogram over the whole screen.
    FullScreen,
    /// Plays or holds.
    PlayPause,
    /// Stops.
    Stop,
    /// The song before.
    Previous,
    /// The song after.
    Next,
    /// Five seconds back.
    SeekBack,
    /// Five seconds on.
    SeekForward,
    /// A second back.
    SeekBackFine,
    /// A second on.
    SeekForwardFine,
    /// Silence, and back.
    Mute,
    /// Louder.
    VolumeUp,
    /// Quieter.
    VolumeDown,
    /// To the song that plays.
    ShowPlaying,
    /// Into the search field.
    Search,
    /// Closes what is open, empties the search, then the selection.
    Escape,
    /// Selects the row above.
    SelectUp,
    /// Selects the row below.
    SelectDown,
    /// Extends the selection upwards.
    ExtendUp,
    /// Extends the selection downwards.
    ExtendDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first row.
    SelectFirst,
    /// To the last row.
    SelectLast,
    /// Selects every row.
    SelectAll,
    /// Plays the selected song and what follows it.
    PlaySelected,
    /// Puts the selected songs at the end of the queue.
    QueueSelected,
    /// Puts the selected songs behind the one that plays.
    PlayNextSelected,
    /// What comes after the end.
    Repeat,
    /// An order of chance.
    Shuffle,
    /// A slower speed.
    Slower,
    /// A faster speed.
    Faster,
    /// The speed of the recording.
    OwnSpeed,
    /// Shows or hides the queue.
    Queue,
    /// Chooses a genre for the selected songs.
    SetGenre,
    /// Reads the texts of the selected songs in another encoding.
    RepairText,
    /// Goes through the songs without a certain genre.
    ReviewUnsure,
    /// Takes the last genre back.
    Undo,
    /// Sets it again.
    Redo,
    /// Takes the selected songs out of the playlist that shows.
    RemoveFromPlaylist,
    /// Adds a folder of music.
    AddFolder,
    /// Looks at all folders again.
    Rescan,
    /// Lets the network listen to what it has not heard.
    Classify,
    /// Writes all playlists.
    ExportAll,
    /// Nearer in time.
    ZoomIn,
    /// Further in time.
    ZoomOut,
    /// Nearer in frequency.
    ZoomPitchIn,
    /// Further in frequency.
    ZoomPitchOut,
    /// The whole track and all frequencies.
    ZoomWhole,
    /// The view moves back.
    PanEarlier,
    /// The view moves on.
    PanLater,
    /// From the live view to the whole track and back.
    LiveOrWhole,
    /// Keeps the playhead in view.
    Follow,
    /// Holds the live view.
    Freeze,
    /// Plays what shows again and again, or ends that.
    LoopSelection,
    /// Spectrogram, scalogram or both.
    Panes,
    /// Lines at the harmonics.
    Harmonics,
    /// The spectrum of one moment.
    Curve,
    /// The spectrum keeps its highest levels.
    PeakHold,
    /// Two settings side by side.
    Compare,
    /// The page that explains the pictures.
    Explain,
    /// The cursor by keyboard.
    ReadCursor,
    /// Copies the read-out.
    CopyReadOut,
}

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

impl Verb {
    /// All of them, in the order of the help page. Keys with more modifiers come before those with fewer.
    pub const ALL: [Self; 67] = [
        Self::PlayPause,
        Self::Stop,
        Self::Previous,
        Self::Next,
        Self::SeekBackFine,
        Self::SeekForwardFine,
        Self::SeekBack,
        Self::SeekForward,
        Self::Mute,
        Self::VolumeUp,
        Self::VolumeDown,
        Self::Repeat,
        Self::Shuffle,
        Self::Slower,
        Self::Faster,
        Self::OwnSpeed,
        Self::Queue,
        Self::ShowPlaying,
        Self::Search,
        Self::ExtendUp,
        Self::ExtendDown,
        Self::SelectUp,
        Self::SelectDown,
        Self::PageUp,
        Self::PageDown,
        Self::SelectFirst,
        Self::SelectLast,
        Self::SelectAll,
        Self::PlayNextSelected,
        Self::QueueSelected,
        Self::PlaySelected,
        Self::RemoveFromPlaylist,
        Self::RepairText,
        Self::SetGenre,
        Self::ReviewUnsure,
        Self::Redo,
        Self::Undo,
        Self::AddFolder,
        Self::Rescan,
        Self::Classify,
        Self::ExportAll,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::ZoomPitchIn,
        Self::ZoomPitchOut,
        Self::ZoomWhole,
        Self::PanEarlier,
        Self::PanLater,
        Self::LiveOrWhole,
        Self::Follow,
        Self::Freeze,
        Self::LoopSelection,
        Self::Panes,
        Self::Harmonics,
        Self::Curve,
        Self::PeakHold,
        Self::Compare,
        Self::Explain,
        Self::ReadCursor,
        Self::CopyReadOut,
        Self::GoLibrary,
        Self::GoInspect,
        Self::GoTrain,
        Self::GoSettings,
        Self::FullScreen,
        Self::Escape,
        Self::Help,
    ];

    /// Its name, as menus and screen readers say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::GoLibrary => "Library",
            Self::GoInspect => "Inspect",
            Self::GoTrain => "Train",
            Self::GoSettings => "Settings",
            Self::Help => "Keys",
            Self::FullScreen => "Full screen",
            Self::PlayPause => "Play or pause",
            Self::Stop => "Stop",
            Self::Previous => "Previous song",
            Self::Next => "Next song",
            Self::SeekBack => "Back 5 seconds",
            Self::SeekForward => "On 5 seconds",
            Self::SeekBackFine => "Back 1 second",
            Self::SeekForwardFine => "On 1 second",
            Self::Mute => "Mute",
            Self::VolumeUp => "Louder",
            Self::VolumeDown => "Quieter",
            Self::Repeat => "Repeat",
            Self::Shuffle => "Shuffle",
            Self::Slower => "Slower",
            Self::Faster => "Faster",
            Self::OwnSpeed => "Normal speed",
            Self::Queue => "Queue",
            Self::ShowPlaying => "Show the playing song",
            Self::Search => "Search",
            Self::Escape => "Close or clear",
            Self::SelectUp => "Select above",
            Self::SelectDown => "Select below",
            Self::ExtendUp => "Extend upwards",
            Self::ExtendDown => "Extend downwards",
            Self::PageUp => "A page up",
            Self::PageDown => "A page down",
            Self::SelectFirst => "First song",
            Self::SelectLast => "Last song",
            Self::SelectAll => "Select all",
            Self::PlaySelected => "Play",
            Self::QueueSelected => "Add to the queue",
            Self::PlayNextSelected => "Play next",
            Self::SetGenre => "Set genre…",
            Self::RepairText => "Repair text…",
            Self::ReviewUnsure => "Review unsure songs",
            Self::Undo => "Undo",
            Self::Redo => "Redo",
            Self::RemoveFromPlaylist => "Remove from playlist",
            Self::AddFolder => "Add folder…",
            Self::Rescan => "Rescan",
            Self::Classify => "Classify new songs",
            Self::ExportAll => "Export playlists…",
            Self::ZoomIn => "Zoom in",
            Self::ZoomOut => "Zoom out",
            Self::ZoomPitchIn => "Zoom in on frequencies",
            Self::ZoomPitchOut => "Zoom out of frequencies",
            Self::ZoomWhole => "Whole track",
            Self::PanEarlier => "Earlier",
            Self::PanLater => "Later",
            Self::LiveOrWhole => "Live or whole track",
            Self::Follow => "Follow the playhead",
            Self::Freeze => "Freeze",
            Self::LoopSelection => "Loop",
            Self::Panes => "Spectrogram, scalogram or both",
            Self::Harmonics => "Harmonics",
            Self::Curve => "Spectrum curve",
            Self::PeakHold => "Peak hold",
            Self::Compare => "Compare",
            Self::Explain => "What am I seeing?",
            Self::ReadCursor => "Cursor by keyboard",
            Self::CopyReadOut => "Copy the read-out",
        }
    }

    /// One sentence on what it does.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::GoLibrary => "All songs, genres and playlists",
            Self::GoInspect => "See the sound as spectrogram and scalogram",
            Self::GoTrain => "Train a network, watch it learn, hear its mistakes",
            Self::GoSettings => "Folders, classifier, sound and appearance",
            Self::Help => "Show every key",
            Self::FullScreen => "The pictures over the whole screen, and back",
            Self::PlayPause => "Play, or hold where it is",
            Self::Stop => "Stop and go back to the start of the song",
            Self::Previous => "The song before, or the start of this one",
            Self::Next => "The next song of the queue",
            Self::SeekBack | Self::SeekBackFine => "Jump back in the song",
            Self::SeekForward | Self::SeekForwardFine => "Jump on in the song",
            Self::Mute => "Silence, and back to the volume before",
            Self::VolumeUp => "Five percent louder",
            Self::VolumeDown => "Five percent quieter",
            Self::Repeat => "Repeat nothing, the whole queue, or one song",
            Self::Shuffle => "Play the queue in an order of chance, each song once",
            Self::Slower => "Play slower at the same pitch",
            Self::Faster => "Play faster at the same pitch",
            Self::OwnSpeed => "Play at the speed of the recording",
            Self::Queue => "Show what plays next, or hide it",
            Self::ShowPlaying => "Select the song that plays",
            Self::Search => "Find songs by title, artist, album or genre",
            Self::Escape => "Close what is open, then empty the search, then the selection",
            Self::SelectUp | Self::SelectDown => "Move the selection by one song",
            Self::ExtendUp | Self::ExtendDown => "Make the selection one song longer",
            Self::PageUp | Self::PageDown => "Move the selection by a page",
            Self::SelectFirst => "Select the first song of the list",
            Self::SelectLast => "Select the last song of the list",
            Self::SelectAll => "Select every song of the list",
            Self::PlaySelected => "Play the selected song and go on with the list",
            Self::QueueSelected => "Put the selected songs at the end of the queue",
            Self::PlayNextSelected => "Put the selected songs behind the one that plays",
            Self::RepairText => "Read titles and names that look garbled in the right encoding; the files stay",
            Self::SetGenre => "Choose the genre of the selected songs yourself",
            Self::ReviewUnsure => "Decide the unsure songs one by one, by ear",
            Self::Undo => "Take your last change back",
            Self::Redo => "Make the change again that was taken back",
            Self::RemoveFromPlaylist => "Take the selected songs out of this playlist; the files stay",
            Self::AddFolder => "Add a folder of music to the library",
            Self::Rescan => "Look for new, changed and vanished files",
            Self::Classify => "Let the network listen to songs it has not heard",
            Self::ExportAll => "Write every playlist as an .m3u8 file",
            Self::ZoomIn => "Show a shorter stretch of time, larger",
            Self::ZoomOut => "Show a longer stretch of time",
            Self::ZoomPitchIn => "Show fewer frequencies, larger",
            Self::ZoomPitchOut => "Show more frequencies",
            Self::ZoomWhole => "Show the whole track and all frequencies",
            Self::PanEarlier => "Move the view to what came before",
            Self::PanLater => "Move the view to what comes next",
            Self::LiveOrWhole => "Switch between what is heard now and the whole track",
            Self::Follow => "Keep the playhead in view",
            Self::Freeze => "Hold the live pictures while the sound goes on",
            Self::LoopSelection => "Play what shows again and again, or end the loop",
            Self::Panes => "Switch between both pictures and one of them",
            Self::Harmonics => "Draw lines at two to ten times the frequency under the cursor",
            Self::Curve => "Show the levels of one moment over frequency",
            Self::PeakHold => "Keep the highest level at every frequency",
            Self::Compare => "Put the same song beside itself with other settings",
            Self::Explain => "Explain in plain words what the pictures show",
            Self::ReadCursor => "Move a cursor over the picture with the arrow keys",
            Self::CopyReadOut => "Put time, frequency, note and level on the clipboard",
        }
    }

    /// Its key, if it has one.
    pub fn shortcut(self) -> Option<Shortcut> {
        use Key as K;
        use Shortcut as S;
        Some(match self {
            Self::GoLibrary => S::ctrl(K::Char('1')),
            Self::GoInspect => S::ctrl(K::Char('2')),
            Self::GoTrain => S::ctrl(K::Char('3')),
            Self::GoSettings => S::ctrl(K::Char(',')),
            Self::Help => S::plain(K::Char('?')),
            Self::FullScreen => S::plain(K::Function(11)),
            Self::PlayPause => S::plain(K::Space),
            Self::Stop => S::ctrl(K::Char('.')),
            Self::Previous => S::ctrl(K::Left),
            Self::Next => S::ctrl(K::Right),
            Self::SeekBack => S::plain(K::Left),
            Self::SeekForward => S::plain(K::Right),
            Self::SeekBackFine => S::shift(K::Left),
            Self::SeekForwardFine => S::shift(K::Right),
            Self::Mute => S::plain(K::Char('M')),
            Self::VolumeUp => S::ctrl(K::Up),
            Self::VolumeDown => S::ctrl(K::Down),
            Self::Repeat => S::plain(K::Char('R')),
            Self::Shuffle => S::plain(K::Char('Z')),
            Self::Slower => S::plain(K::Char('[')),
            Self::Faster => S::plain(K::Char(']')),
            Self::OwnSpeed => S::plain(K::Char('\\')),
            Self::Queue => S::plain(K::Char('Q')),
            Self::ShowPlaying => S::ctrl(K::Char('L')),
            Self::Search => S::ctrl(K::Char('F')),
            Self::Escape => S::plain(K::Escape),
            Self::SelectUp => S::plain(K::Up),
            Self::SelectDown => S::plain(K::Down),
            Self::ExtendUp => S::shift(K::Up),
            Self::ExtendDown => S::shift(K::Down),
            Self::PageUp => S::plain(K::PageUp),
            Self::PageDown => S::plain(K::PageDown),
            Self::SelectFirst => S::plain(K::Home),
            Self::SelectLast => S::plain(K::End),
            Self::SelectAll => S::ctrl(K::Char('A')),
            Self::PlaySelected => S::plain(K::Enter),
            Self::QueueSelected => S::ctrl(K::Enter),
            Self::PlayNextSelected => S::ctrl_shift(K::Enter),
            Self::SetGenre => S::plain(K::Char('G')),
            Self::RepairText => S::plain(K::Char('T')),
            Self::ReviewUnsure => S::plain(K::Char('U')),
            Self::Undo => S::ctrl(K::Char('Z')),
            Self::Redo => S::ctrl_shift(K::Char('Z')),
            Self::RemoveFromPlaylist => S::plain(K::Delete),
            Self::AddFolder => S::ctrl(K::Char('O')),
            Self::Rescan => S::plain(K::Function(5)),
            Self::Classify => S::plain(K::Function(6)),
            Self::ExportAll => S::ctrl(K::Char('E')),
            Self::ZoomIn => S::plain(K::Char('+')),
            Self::ZoomOut => S::plain(K::Char('-')),
            Self::ZoomPitchIn => S::shift(K::PageUp),
            Self::ZoomPitchOut => S::shift(K::PageDown),
            Self::ZoomWhole => S::plain(K::Char('0')),
            Self::PanEarlier => S::plain(K::Char(',')),
            Self::PanLater => S::plain(K::Char('.')),
            Self::LiveOrWhole => S::plain(K::Char('V')),
            Self::Follow => S::plain(K::Char('W')),
            Self::Freeze => S::plain(K::Char('F')),
            Self::LoopSelection => S::plain(K::Char('L')),
            Self::Panes => S::plain(K::Char('X')),
            Self::Harmonics => S::plain(K::Char('H')),
            Self::Curve => S::plain(K::Char('S')),
            Self::PeakHold => S::plain(K::Char('P')),
            Self::Compare => S::plain(K::Char('C')),
            Self::Explain => S::plain(K::Char('E')),
            Self::ReadCursor => S::plain(K::Char('K')),
            Self::CopyReadOut => S::ctrl(K::Char('C')),
        })
    }

    /// A second key for the same.
    pub fn other_shortcut(self) -> Option<Shortcut> {
        match self {
            Self::Search => Some(Shortcut::plain(Key::Char('/'))),
            Self::GoSettings => Some(Shortcut::ctrl(Key::Char('4'))),
            Self::Help => Some(Shortcut::plain(Key::Function(1))),
            _ => None,
        }
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
        match self {
            Self::PlayPause
            | Self::Stop
            | Self::Previous
            | Self::Next
            | Self::SeekBack
            | Self::SeekForward
            | Self::SeekBackFine
            | Self::SeekForwardFine
            | Self::Mute
            | Self::VolumeUp
            | Self::VolumeDown
            | Self::Repeat
            | Self::Shuffle
            | Self::Slower
            | Self::Faster
            | Self::OwnSpeed
            | Self::Queue
            | Self::ShowPlaying => Group::Player,
            Self::Search
            | Self::SelectUp
            | Self::SelectDown
            | Self::ExtendUp
            | Self::ExtendDown
            | Self::PageUp
            | Self::PageDown
            | Self::SelectFirst
            | Self::SelectLast
            | Self::SelectAll
            | Self::PlaySelected
            | Self::QueueSelected
            | Self::PlayNextSelected
            | Self::RepairText
            | Self::RemoveFromPlaylist => Group::Songs,
            Self::SetGenre | Self::ReviewUnsure | Self::Undo | Self::Redo => Group::Genres,
            Self::AddFolder | Self::Rescan | Self::Classify | Self::ExportAll => Group::Library,
            Self::ZoomIn
            | Self::ZoomOut
            | Self::ZoomPitchIn
            | Self::ZoomPitchOut
            | Self::ZoomWhole
            | Self::PanEarlier
            | Self::PanLater
            | Self::LiveOrWhole
            | Self::Follow
            | Self::Freeze
            | Self::LoopSelection
            | Self::Panes
            | Self::Harmonics
            | Self::Curve
            | Self::PeakHold
            | Self::Compare
            | Self::Explain
            | Self::ReadCursor
            | Self::CopyReadOut => Group::Inspect,
            Self::GoLibrary
            | Self::GoInspect
            | Self::GoTrain
            | Self::GoSettings
            | Self::Help
            | Self::FullScreen
            | Self::Escape => Group::Window,
        }
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
            for shortcut in verb.shortcut().into_iter().chain(verb.other_shortcut()) {
                assert!(seen.insert(shortcut), "{shortcut} is taken twice");
            }
        }
    }

    #[test]
    fn every_verb_is_listed_once() {
        assert_eq!(Verb::ALL.iter().collect::<HashSet<_>>().len(), Verb::ALL.len());
        assert_eq!(Verb::Redo.tooltip(), "Make the change again that was taken back (Ctrl+Shift+Z)");
    }
}
