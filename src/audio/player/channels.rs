//! Any number of channels becomes two.

use super::feed::CHANNELS;

/// -3 dB: what stands in the middle or behind goes to both sides, or to its own, with half of its power.
const HALF_POWER: f32 = std::f32::consts::FRAC_1_SQRT_2;

/// Weights of the channels in the left side; on the right, pairs are swapped. In the order of WAVE and of most codecs:
/// left, right, centre, low frequencies (left out, as ITU-R BS.775 does), back, sides.
fn left_weights(channels: usize) -> Option<&'static [f32]> {
    Some(match channels {
        3 => &[1.0, 0.0, HALF_POWER],
        4 => &[1.0, 0.0, HALF_POWER, 0.0],
        5 => &[1.0, 0.0, HALF_POWER, HALF_POWER, 0.0],
        6 => &[1.0, 0.0, HALF_POWER, 0.0, HALF_POWER, 0.0],
        7 => &[1.0, 0.0, HALF_POWER, 0.0, HALF_POWER, HALF_POWER, 0.0],
        8 => &[1.0, 0.0, HALF_POWER, 0.0, HALF_POWER, 0.0, HALF_POWER, 0.0],
        _ => return None,
    })
}

/// The channel that is to the right what `channel` is to the left.
fn mirrored(channel: usize, channels: usize) -> usize {
    let first_pair_behind = match channels {
        3 | 5 => 3,
        4 => 2,
        7 => 5,
        _ => 4,
    };
    match channel {
        0 | 1 => channel ^ 1,
        _ if channel >= first_pair_behind => first_pair_behind + ((channel - first_pair_behind) ^ 1),
        _ => channel,
    }
}

/// Mono twice; more than two channels are mixed down so that nothing gets louder than full scale.
pub(in crate::audio) fn to_stereo(block: &mut Vec<f32>, channels: usize) {
    if channels == CHANNELS {
        return;
    }
    *block = match left_weights(channels) {
        Some(weights) => {
            let scale = 1.0 / weights.iter().sum::<f32>();
            block
                .chunks_exact(channels)
                .flat_map(|frame| {
                    let left: f32 = (0..channels).map(|c| weights[c] * frame[c]).sum();
                    let right: f32 = (0..channels).map(|c| weights[c] * frame[mirrored(c, channels)]).sum();
                    [left * scale, right * scale]
                })
                .collect()
        }
        None => {
            let channels = channels.max(1);
            block
                .chunks_exact(channels)
                .flat_map(|frame| [frame.iter().sum::<f32>() / channels as f32; CHANNELS])
                .collect()
        }
    };
}

#[cfg(test)]
mod tests {
    use super::{CHANNELS, to_stereo};

    fn mixed(frame: &[f32]) -> Vec<f32> {
        let mut block = frame.to_vec();
        to_stereo(&mut block, frame.len());
        assert_eq!(block.len(), CHANNELS);
        block
    }

    #[test]
    fn mono_is_on_both_sides_and_full_scale_stays_full_scale() {
        assert_eq!(mixed(&[0.5]), [0.5, 0.5]);
        for channels in 1..12 {
            let loud = mixed(&vec![1.0; channels]);
            assert!(loud.iter().all(|sample| *sample <= 1.0 + 1e-6 && *sample > 0.5), "{channels}: {loud:?}");
        }
    }

    #[test]
    fn sides_stay_on_their_side_and_the_centre_is_on_both() {
        for channels in 3..=8 {
            for channel in 0..channels {
                let mut frame = vec![0.0; channels];
                frame[channel] = 1.0;
                let [left, right] = mixed(&frame)[..] else { panic!() };
                let name = match (channels, channel) {
                    (_, 0) => "left",
                    (_, 1) => "right",
                    (3 | 5..=8, 2) | (7, 4) => "middle",
                    (6..=8, 3) => "low",
                    (4, 2) | (5, 3) | (6, 4) | (7, 5) | (8, 4 | 6) => "left",
                    _ => "right",
                };
                match name {
                    "left" => assert!(left > 0.0 && right == 0.0, "{channels} {channel}"),
                    "right" => assert!(left == 0.0 && right > 0.0, "{channels} {channel}"),
                    "middle" => assert!(left > 0.0 && left == right, "{channels} {channel}"),
                    _ => assert!(left == 0.0 && right == 0.0, "{channels} {channel}"),
                }
            }
        }
    }
}
