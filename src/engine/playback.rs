//! What only a window needs: the player and the threads that look at what it plays.

use std::sync::Arc;

use crate::audio::player::{OutputKind, PlayState, Player, PlayerCommand, PlayerEvent};
use crate::base::Bell;

use super::event::Event;
use super::live_spectra::{LiveViews, LiveWishes};
use super::overviews::Overviews;
use super::remote::Remote;
use super::saved_queue::Keeper;
use super::shared::Shared;

/// A player and its followers. Dropping it stops the sound and all of the threads.
pub(super) struct Listening {
    // In the order in which they must end: the keeper looks at the player once more.
    _keeper: Keeper,
    _live_views: Option<LiveViews>,
    pub remote: Arc<Remote>,
    pub overviews: Overviews,
    pub live_wishes: LiveWishes,
}

impl Listening {
    /// Starts the player on an output, stopped.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn start(output: OutputKind, shared: &Arc<Shared>) -> std::io::Result<Self> {
        let (settings, outbox) = (shared.settings(), &shared.outbox);
        let output = match (output, &settings.output_device) {
            (OutputKind::Default, Some(name)) => OutputKind::Named(name.clone()),
            (output, _) => output,
        };
        let overviews = Overviews::spawn(shared.data_dir.overviews(), outbox.clone())?;
        let (gains, to_client) = (Overviews::gains(shared.clone()), outbox.clone());
        let (keeper_bell, keeper_rings) = Bell::new();
        let (live_wishes, views_rings) = LiveWishes::new();
        let views = live_wishes.clone();
        let player = Arc::new(Player::spawn(
            output,
            settings.volume,
            move |item| gains.of(item),
            move |event| {
                if let PlayerEvent::Status(status) = &event {
                    views.set_playing(status.state == PlayState::Playing);
                    keeper_bell.ring();
                }
                to_client.send_if_room(Event::Player(event));
            },
        ));
        player.send(PlayerCommand::SetRepeat(settings.repeat));
        player.send(PlayerCommand::SetShuffle(settings.shuffle));
        let keeper = Keeper::spawn(Arc::clone(&player), keeper_rings, shared.data_dir.queue())?;
        let live_views = match player.take_tap() {
            Some(tap) => Some(LiveViews::spawn(tap, live_wishes.clone(), views_rings, outbox.clone())?),
            None => None,
        };
        let remote = Arc::new(Remote::new(player));
        Ok(Self { _keeper: keeper, _live_views: live_views, remote, overviews, live_wishes })
    }
}
