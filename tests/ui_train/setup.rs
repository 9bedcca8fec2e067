//! Set up without a real engine: the library as clips, findings that can be heard, explanations.

use timbre::audio::player::PlayerCommand;
use timbre::engine::training::shipped::shipped;
use timbre::library::model::{Snapshot, UserGenre};
use timbre::ml::check::{Filed, Odd, OddKind};
use timbre::ml::dataset::protocol::Protocol;

use super::*;

fn opened(songs: Snapshot) -> (FakeEngine, Harness<'static, App>) {
    let fake = FakeEngine::default();
    fake.tell(Event::Library(songs));
    let mut harness = window([1280.0, 800.0], fake.clone(), FakeDialogs::default());
    act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
    (fake, harness)
}

/// So many songs each of three genres, filed by a person.
fn filed(each: usize) -> Snapshot {
    let mut songs = library(3 * each + 5);
    let tracks = Arc::make_mut(&mut songs.tracks);
    for (number, track) in tracks.iter_mut().enumerate() {
        let genre = (number < 3 * each).then(|| ["blues", "jazz", "my own"][number % 3].to_owned());
        track.user_genre = genre.map(|genre| UserGenre { genre, set_at: 1 });
        track.missing = false;
    }
    songs
}

#[test]
fn the_library_is_trained_on_once_enough_songs_have_a_genre() {
    let (fake, mut harness) = opened(filed(0));
    click(&mut harness, Role::Button, "My library");
    show("train-library-empty", &mut harness);
    harness.get_by_label("No song of your library has a genre that you have set.");
    harness.get_by_label_contains("At least 2 genres need 10 songs each; better");
    assert!(harness.get_by_role_and_label(Role::Button, "Start").accesskit_node().is_disabled());

    // A person sets genres.
    fake.tell(Event::Library(filed(9)));
    until(&mut harness, "the genres are counted", |state| state.training.by_hand.len() == 3);
    harness.get_by_label("Blues: 9 songs");
    assert!(harness.get_by_role_and_label(Role::Button, "Start").accesskit_node().is_disabled());
    fake.tell(Event::Library(filed(30)));
    until(&mut harness, "there are enough", |state| state.training.by_hand.iter().all(|genre| genre.songs == 30));
    harness.get_by_label("My own: 30 songs");
    show("train-library", &mut harness);

    // Memory is told before anything is decoded; artists come from the tags and can be kept apart.
    harness.get_by_label_contains("of memory.");
    fake.take_sent();
    click(&mut harness, Role::Button, "Start");
    let sent = fake.take_sent();
    let [Command::Training(TrainingCommand::Start { config, .. })] = sent.as_slice() else { panic!("{sent:?}") };
    assert!(config.sources.library && config.sources.folders.is_empty());
    assert!(matches!(config.protocol, Protocol::ArtistHoldout { .. }));

    act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
    click(&mut harness, Role::Button, "Take My library out");
    harness.get_by_label("Choose a folder of clips first.");
    click(&mut harness, Role::Button, "My library");
    act(&mut harness, Action::Train(TrainAction::Show(Tab::SetUp)));
    assert!(harness.query_by_label("Go to the library").is_none(), "there are enough songs");
}

#[test]
fn broken_and_doubtful_clips_can_be_heard() {
    let (fake, mut harness) = opened(library(20));
    act(&mut harness, Action::Train(TrainAction::Put(DataPart::Folder, "/music/gtzan".into())));
    let sources: Sources = harness.state().state().training.setup.config.sources.clone();
    fake.tell(Event::Training(TrainingEvent::Checked(sources, Arc::new(checked()))));
    harness.run_steps(4);
    for (list, clip, path) in [
        ("1 doubtful label", "rock.00038", "/music/gtzan/rock/rock.00038.wav"),
        ("1 broken file", "jazz.00054.wav", "/music/gtzan/jazz/jazz.00054.wav"),
    ] {
        harness.get_by_label(list).click();
        harness.run_steps(20);
        harness.get_by_label(&format!("Play {clip}")).scroll_to_me();
        harness.run_steps(8);
        fake.take_sent();
        click(&mut harness, Role::Button, &format!("Play {clip}"));
        let sent = fake.take_sent();
        let played = sent.iter().find_map(|command| match command {
            Command::Player(PlayerCommand::PlayQueue { items, .. }) => items.first(),
            _ => None,
        });
        assert_eq!(played.map(|item| item.path.clone()), Some(PathBuf::from(path)), "{sent:?}");
    }
    show("train-findings", &mut harness);
    // A clip that is only a picture has nothing to hear.
    harness.get_by_label("1 group the same to the last sample").click();
    harness.run_steps(20);
    assert!(harness.get_by_label("Play pop.00015").accesskit_node().is_disabled());
}

#[test]
fn clips_under_two_genres_hold_a_training_back_until_that_is_accepted() {
    let (fake, mut harness) = opened(library(20));
    act(&mut harness, Action::Train(TrainAction::Put(DataPart::Folder, "/music/gtzan".into())));
    let sources: Sources = harness.state().state().training.setup.config.sources.clone();
    let filed = |clip: &str, genre: &str| Filed {
        clip: clip.into(),
        genre: genre.into(),
        path: format!("/music/gtzan/{genre}/{clip}.wav").into(),
    };
    let odd = Odd {
        clip: "jazz.00007".into(),
        path: "/music/gtzan/jazz/jazz.00007.wav".into(),
        kind: OddKind::Silent,
        reason: "it is silent".into(),
    };
    let found = Check {
        contradictions: vec![vec![filed("blues.00001", "blues"), filed("jazz.00002", "jazz")]],
        odd: vec![odd],
        empty: vec!["zydeco".into()],
        ..checked()
    };
    fake.tell(Event::Training(TrainingEvent::Checked(sources, Arc::new(found))));
    harness.run_steps(4);
    harness.get_by_label_contains("The same clip is filed under different genres");
    assert!(harness.get_by_role_and_label(Role::Button, "Start").accesskit_node().is_disabled());
    for (list, words) in [
        ("1 clip under different genres", "filed as Blues and Jazz"),
        ("1 odd clip", "it is silent"),
        ("1 genre without clips", "Their folders have no clip that can be used; no network will know them."),
    ] {
        harness.get_by_label(list).scroll_to_me();
        harness.run_steps(8);
        harness.get_by_label(list).click();
        harness.run_steps(20);
        harness.get_by_label(words);
    }
    harness.get_by_label("Train anyway").scroll_to_me();
    harness.run_steps(8);
    click(&mut harness, Role::CheckBox, "Train anyway");
    fake.take_sent();
    click(&mut harness, Role::Button, "Start");
    let sent = fake.take_sent();
    let [Command::Training(TrainingCommand::Start { config, .. })] = sent.as_slice() else { panic!("{sent:?}") };
    assert!(config.allow_contradictions);
    // Other clips are another question.
    act(&mut harness, Action::Train(TrainAction::Put(DataPart::Folder, "/music/other".into())));
    assert!(!harness.state().state().training.setup.config.allow_contradictions);
}

#[test]
fn networks_are_explained_with_the_score_of_their_models_cards() {
    let (_, mut harness) = opened(library(20));
    click(&mut harness, Role::Button, "How it works");
    let model = &shipped()[0];
    let words = format!("{:.1} % of {} test clips right, all of artists", model.accuracy * 100.0, model.clips);
    harness.get_by_label_contains(&words);
    show("train-how-cnn", &mut harness);
    for (network, preset, words) in [
        ("MobileNet", "Best", "two million video clips"),
        ("Several views", "Best", "what wavelets find in it"),
        ("Several views", "Article", "The article reports 38.0 % of 400 test clips"),
        ("Convolutions", "Article", "learns the training clips by heart"),
    ] {
        for choice in [network, preset] {
            click(&mut harness, Role::RadioButton, &format!("Explain {choice}"));
        }
        harness.get_by_label_contains(words);
        show(&format!("train-how-{network}-{preset}"), &mut harness);
    }
    harness.key_press(Key::Escape);
    harness.run_steps(4);
    assert_eq!(harness.state().state().overlay, None);
}
