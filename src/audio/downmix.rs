//! One signal out of all channels: their middle, their difference, or one side.
//!
//! More than two channels become two first, by the coefficients of ITU-R BS.775.

use super::player::channels::to_stereo;
use crate::base::Channel;

/// A middle that has less than this share of the sides' power is cancelled (-20 dB): the louder side is heard alone.
const CANCELLED: f64 = 0.01;
/// A middle that has more than this is whole (-16 dB). Between the two it fades over.
const WHOLE: f64 = 0.025;
/// The power of the last this many seconds counts.
const MEMORY_SECS: f64 = 0.2;
/// One side must be so much stronger than the other to be listened to instead.
const STRONGER: f64 = 2.0;

/// Makes interleaved frames into one signal, block after block.
#[derive(Clone, Debug)]
pub struct Downmix {
    channel: Channel,
    channels: usize,
    rate_hz: f64,
    /// Power of left, right and middle.
    power: [f64; 3],
    /// What left and right count for at the end of the last block; `None` before the first.
    gains: Option<(f32, f32)>,
    is_left: bool,
}

/// What both sides count for in the middle.
const MIDDLE: (f32, f32) = (0.5, 0.5);

impl Downmix {
    /// For a file of this many channels.
    pub fn new(channel: Channel, channels: usize, rate_hz: u32) -> Self {
        Self { channel, channels, rate_hz: f64::from(rate_hz.max(1)), power: [0.0; 3], gains: None, is_left: true }
    }

    /// Forgets what came before: the next block is from elsewhere.
    pub fn restart(&mut self) {
        (self.power, self.gains) = ([0.0; 3], None);
    }

    /// Replaces a block of interleaved frames by the signal, in place.
    pub fn mix(&mut self, samples: &mut Vec<f32>) {
        if self.channels <= 1 {
            if self.channel == Channel::Side {
                samples.fill(0.0);
            }
            return;
        }
        to_stereo(samples, self.channels);
        let frames = samples.len() / 2;
        match self.channel {
            Channel::Mid => self.middle(samples),
            Channel::Side => keep(samples, |left, right| 0.5 * (left - right)),
            Channel::Left => keep(samples, |left, _| left),
            Channel::Right => keep(samples, |_, right| right),
        }
        samples.truncate(frames);
    }

    fn middle(&mut self, samples: &mut [f32]) {
        let frames = samples.len() / 2;
        let target = self.target(samples, frames);
        let from = self.gains.replace(target).unwrap_or(target);
        if from == MIDDLE && target == MIDDLE {
            return keep(samples, |left, right| 0.5 * (left + right));
        }
        let step = 1.0 / frames.max(1) as f32;
        for frame in 0..frames {
            let way = frame as f32 * step;
            let left = from.0 + (target.0 - from.0) * way;
            let right = from.1 + (target.1 - from.1) * way;
            samples[frame] = left * samples[2 * frame] + right * samples[2 * frame + 1];
        }
    }

    /// What left and right shall count for, by the power of the last moments.
    fn target(&mut self, samples: &[f32], frames: usize) -> (f32, f32) {
        let mut sums = [0.0_f32; 3];
        for frame in samples.as_chunks::<2>().0 {
            let middle = 0.5 * (frame[0] + frame[1]);
            sums[0] += frame[0] * frame[0];
            sums[1] += frame[1] * frame[1];
            sums[2] += middle * middle;
        }
        let kept = (-(frames as f64) / (MEMORY_SECS * self.rate_hz)).exp();
        let is_first = self.gains.is_none();
        for (power, sum) in self.power.iter_mut().zip(sums) {
            *power = *power * kept + f64::from(sum);
        }
        let [left, right, middle] = self.power;
        let sides = 0.5 * (left + right);
        // Near silence nothing can be told.
        if sides < 1e-12 * frames.max(1) as f64 {
            return self.gains.unwrap_or(MIDDLE);
        }
        self.is_left = match self.is_left {
            _ if is_first => left >= right,
            true => right <= STRONGER * left,
            false => left > STRONGER * right,
        };
        let alone = ((WHOLE - middle / sides) / (WHOLE - CANCELLED)).clamp(0.0, 1.0) as f32;
        let shared = 0.5 * (1.0 - alone);
        if self.is_left { (shared + alone, shared) } else { (shared, shared + alone) }
    }
}

/// Puts what is made of each frame at the beginning.
fn keep(samples: &mut [f32], of: impl Fn(f32, f32) -> f32) {
    for frame in 0..samples.len() / 2 {
        samples[frame] = of(samples[2 * frame], samples[2 * frame + 1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(channel: Channel, channels: usize, samples: &[f32]) -> Vec<f32> {
        let mut block = samples.to_vec();
        Downmix::new(channel, channels, 44_100).mix(&mut block);
        block
    }

    fn stereo(frames: usize, of: impl Fn(f32) -> (f32, f32)) -> Vec<f32> {
        (0..frames).flat_map(|n| <[f32; 2]>::from(of((n as f32 * 0.1).sin()))).collect()
    }

    #[test]
    fn each_signal_is_what_its_name_says() {
        let frames = [1.0, 0.0, -0.5, 0.5, 0.25, 0.25];
        assert_eq!(mixed(Channel::Mid, 2, &frames), [0.5, 0.0, 0.25]);
        assert_eq!(mixed(Channel::Side, 2, &frames), [0.5, -0.5, 0.0]);
        assert_eq!(mixed(Channel::Left, 2, &frames), [1.0, -0.5, 0.25]);
        assert_eq!(mixed(Channel::Right, 2, &frames), [0.0, 0.5, 0.25]);
        assert_eq!(mixed(Channel::Mid, 1, &[0.3, -0.3]), [0.3, -0.3]);
        assert_eq!(mixed(Channel::Side, 1, &[0.3, -0.3]), [0.0, 0.0]);
    }

    #[test]
    fn what_the_middle_cancels_is_heard_from_the_louder_side() {
        let opposite = stereo(4000, |x| (x, -x));
        let heard = mixed(Channel::Mid, 2, &opposite);
        assert!(heard.iter().zip(opposite.chunks(2)).all(|(mono, frame)| *mono == frame[0]));
        let louder_right = stereo(4000, |x| (-0.85 * x, x));
        let heard = mixed(Channel::Mid, 2, &louder_right);
        assert!(heard.iter().zip(louder_right.chunks(2)).all(|(mono, frame)| (mono - frame[1]).abs() < 1e-6));
    }

    #[test]
    fn ordinary_stereo_is_the_plain_mean() {
        // One side only, equal sides, and two different sounds.
        for (name, sound) in [
            ("left", stereo(4000, |x| (x, 0.0))),
            ("same", stereo(4000, |x| (x, x))),
            ("wide", (0..8000).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0).collect()),
            ("silence", vec![0.0; 100]),
        ] {
            let plain: Vec<f32> = sound.chunks(2).map(|frame| 0.5 * (frame[0] + frame[1])).collect();
            assert_eq!(mixed(Channel::Mid, 2, &sound), plain, "{name}");
        }
    }

    #[test]
    fn a_change_is_faded_over() {
        let mut downmix = Downmix::new(Channel::Mid, 2, 1000);
        let mut block = vec![0.5; 2000];
        downmix.mix(&mut block);
        let mut opposite: Vec<f32> = (0..2000).map(|n| if n % 2 == 0 { 0.5 } else { -0.5 }).collect();
        downmix.mix(&mut opposite);
        assert!(opposite[0].abs() < 1e-3 && opposite[999] > 0.4);
        assert!(opposite.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01));
    }

    #[test]
    fn surround_is_mixed_by_the_standard() {
        // Left, right, centre, low, back left, back right: the centre counts half the power of a side, the low nothing.
        let of = |channel: usize| {
            let mut frame = [0.0; 6];
            frame[channel] = 1.0;
            mixed(Channel::Left, 6, &frame)[0]
        };
        assert!((of(2) / of(0) - std::f32::consts::FRAC_1_SQRT_2).abs() < 1e-6);
        assert!((of(4) / of(0) - std::f32::consts::FRAC_1_SQRT_2).abs() < 1e-6);
        assert_eq!((of(1), of(3), of(5)), (0.0, 0.0, 0.0));
    }
}
