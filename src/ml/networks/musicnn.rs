//! MusiCNN (J. Pons and X. Serra, *musicnn: pre-trained convolutional neural networks for music audio tagging*, 2019):
//! 50 tags of the Million Song Dataset and 753 pooled features from 3 s of sound.

use candle_core::{Device, Tensor};

use crate::dsp::mel::MelBank;
use crate::dsp::stft::{Framing, Stft};
use crate::dsp::window::hann_periodic;
use crate::ml::error::MlError;
use crate::ml::nn::ops::band_max::BandMax;
use crate::ml::nn::ops::time_conv::TimeConv;
use crate::ml::nn::weights::Weights;

/// The 50 tags in the network's order.
pub const TAGS: [&str; 50] = [
    "rock",
    "pop",
    "alternative",
    "indie",
    "electronic",
    "female vocalists",
    "dance",
    "00s",
    "alternative rock",
    "jazz",
    "beautiful",
    "metal",
    "chillout",
    "male vocalists",
    "classic rock",
    "soul",
    "indie rock",
    "Mellow",
    "electronica",
    "80s",
    "folk",
    "90s",
    "chill",
    "instrumental",
    "punk",
    "oldies",
    "blues",
    "hard rock",
    "ambient",
    "acoustic",
    "experimental",
    "female vocalist",
    "guitar",
    "Hip-Hop",
    "70s",
    "party",
    "country",
    "easy listening",
    "sexy",
    "catchy",
    "funk",
    "electro",
    "heavy metal",
    "Progressive rock",
    "60s",
    "rnb",
    "indie pop",
    "sad",
    "House",
    "happy",
];
/// Sample rate of the input, in Hz.
pub const RATE_HZ: u32 = 16_000;
/// Frames of one patch, 256 samples apart.
pub const FRAMES: usize = 187;
/// Mel bands of a frame.
pub const BANDS: usize = 96;
/// Samples that cover one patch: 3 s.
pub const PATCH_SAMPLES: usize = 48_000;
/// Features that the network pools over time, once by the maximum and once by the mean.
pub const FEATURES: usize = 753;

const HOP: usize = 256;
const FFT: usize = 512;
/// Batch norm's epsilon.
const EPSILON: f32 = 1e-3;

/// The front end: 16 kHz sound to `log10(10000 mel + 1)`.
#[derive(Clone)]
pub struct FrontEnd {
    stft: Stft,
    bank: MelBank,
}

impl Default for FrontEnd {
    fn default() -> Self {
        Self::new()
    }
}

impl FrontEnd {
    /// Plans the transform.
    pub fn new() -> Self {
        let rate = f64::from(RATE_HZ);
        Self {
            stft: Stft::new(FFT, hann_periodic(FFT), HOP, Framing::Centred),
            bank: MelBank::slaney(rate, FFT, BANDS, 0.0, rate / 2.0),
        }
    }

    /// The log-mel spectrogram `[frames, 96]`, row by row, of samples at 16 kHz in [-1, 1].
    pub fn log_mel(&self, samples: &[f32]) -> Vec<f32> {
        self.bank.spectrogram(&self.stft, samples, |power| power, |mel| (10_000.0 * mel + 1.0).log10())
    }

    /// One patch `[187, 96]` of about 3 s of sound; a shorter one is repeated until it is long enough.
    pub fn patch(&self, samples: &[f32]) -> Vec<f32> {
        let mut patch = if samples.len() >= PATCH_SAMPLES || samples.is_empty() {
            self.log_mel(&samples[..samples.len().min(PATCH_SAMPLES)])
        } else {
            let repeated: Vec<f32> = samples.iter().copied().cycle().take(PATCH_SAMPLES).collect();
            self.log_mel(&repeated)
        };
        patch.resize(FRAMES * BANDS, 0.0);
        patch
    }
}

/// What the network says about each of `n` patches.
pub struct Output {
    /// `[n, 50]`, before the sigmoid.
    pub tag_logits: Tensor,
    /// `[n, 753]`, largest over time.
    pub max_pool: Tensor,
    /// `[n, 753]`, mean over time.
    pub mean_pool: Tensor,
}

/// The network, batch norm folded into scales and offsets or into the next layer.
pub struct MusiCnn {
    input: (f32, f32),
    front: Vec<BandMax>,
    middle: Vec<TimeConv>,
    /// `[1506, 200]`, `[200]`, scale and offset `[200]`; then `[200, 50]`, `[50]`.
    dense: [Tensor; 6],
    device: Device,
}

impl MusiCnn {
    /// Builds the network from TensorFlow's tensors.
    ///
    /// # Errors
    /// When a tensor is missing or does not fit.
    pub fn new(weights: &Weights<'_>, device: &Device) -> Result<Self, MlError> {
        let numbered = |name: &str, i: usize| if i == 0 { name.to_owned() } else { format!("{name}_{i}") };
        // Batch norm as y = scale x + offset.
        let norm = |i: usize, channels: usize| -> Result<(Vec<f32>, Vec<f32>), MlError> {
            let name = numbered("batch_normalization", i);
            let get = |part: &str| weights.get(&format!("{name}/{part}"), &[channels]);
            let (gamma, beta, mean, variance) =
                (get("gamma")?, get("beta")?, get("moving_mean")?, get("moving_variance")?);
            if variance.iter().any(|v| *v < 0.0) {
                return Err(weights.error(format!("{name} has a negative variance")));
            }
            let scale: Vec<f32> = gamma.iter().zip(&variance).map(|(g, v)| g / (v + EPSILON).sqrt()).collect();
            let offset = (0..channels).map(|c| beta[c] - mean[c] * scale[c]).collect();
            Ok((scale, offset))
        };
        let kernel = |i: usize, shape: [usize; 4]| -> Result<(Vec<f32>, Vec<f32>), MlError> {
            let name = numbered("conv2d", i);
            Ok((weights.get(&format!("{name}/kernel"), &shape)?, weights.get(&format!("{name}/bias"), &shape[3..])?))
        };
        let front_sizes = [(7, 38, 204), (7, 67, 204), (128, 1, 51), (64, 1, 51), (32, 1, 51)];
        let mut front = Vec::new();
        for (i, (taps, bands, channels)) in front_sizes.into_iter().enumerate() {
            let (weight, bias) = kernel(i, [taps, bands, 1, channels])?;
            let (scale, offset) = norm(i + 1, channels)?;
            front.push(BandMax::new((taps, bands), weight, bias, scale, offset)?);
        }
        let mut middle = Vec::new();
        for (i, inputs) in [(5, 561), (6, 64), (7, 64)] {
            let (weight, bias) = kernel(i, [7, inputs, 1, 64])?;
            let (scale, offset) = norm(i + 1, 64)?;
            middle.push(TimeConv::new(7, inputs, weight, bias, scale, offset)?);
        }
        let (input_scale, input_offset) = norm(0, 1)?;
        let (pooled_scale, pooled_offset) = norm(9, 2 * FEATURES)?;
        let (hidden_scale, hidden_offset) = norm(10, 200)?;
        let tensor = |values: Vec<f32>, shape: &[usize]| Tensor::from_vec(values, shape, device);
        // Batch norm before the dense layer becomes part of it.
        let mut w = weights.get("dense/kernel", &[2 * FEATURES, 200])?;
        let mut b = weights.get("dense/bias", &[200])?;
        for (row, (scale, offset)) in w.chunks_exact_mut(200).zip(pooled_scale.iter().zip(&pooled_offset)) {
            for (w, b) in row.iter_mut().zip(&mut b) {
                *b += *w * offset;
                *w *= scale;
            }
        }
        let dense = [
            tensor(w, &[2 * FEATURES, 200])?,
            tensor(b, &[200])?,
            tensor(hidden_scale, &[200])?,
            tensor(hidden_offset, &[200])?,
            tensor(weights.get("dense_1/kernel", &[200, 50])?, &[200, 50])?,
            tensor(weights.get("dense_1/bias", &[50])?, &[50])?,
        ];
        Ok(Self { input: (input_scale[0], input_offset[0]), front, middle, dense, device: device.clone() })
    }

    /// The device the network runs on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Runs the network on `patches` `[n, 187, 96]` (other lengths work, too).
    ///
    /// # Errors
    /// When the shape does not fit.
    pub fn forward(&self, patches: &Tensor) -> Result<Output, MlError> {
        let x = patches.affine(f64::from(self.input.0), f64::from(self.input.1))?;
        let parts = self.front.iter().map(|layer| layer.forward(&x)).collect::<candle_core::Result<Vec<_>>>()?;
        let front = Tensor::cat(&parts, 2)?;
        let mut layers = vec![front];
        for (i, layer) in self.middle.iter().enumerate() {
            let y = layer.forward(&layers[i])?;
            // The second and third layer add their input.
            layers.push(if i == 0 { y } else { (y + &layers[i])? });
        }
        let all = Tensor::cat(&layers, 2)?;
        let (max_pool, mean_pool) = (all.max(1)?, all.mean(1)?);
        // Interleaved: max of feature 0, mean of feature 0, max of feature 1, ...
        let pooled = Tensor::stack(&[&max_pool, &mean_pool], 2)?.flatten_from(1)?;
        let [w, b, scale, offset, w1, b1] = &self.dense;
        let hidden = pooled.matmul(w)?.broadcast_add(b)?.relu()?.broadcast_mul(scale)?.broadcast_add(offset)?;
        Ok(Output { tag_logits: hidden.matmul(w1)?.broadcast_add(b1)?, max_pool, mean_pool })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_seconds_make_one_patch_and_less_is_repeated() {
        let front_end = FrontEnd::new();
        let tone: Vec<f32> = (0..PATCH_SAMPLES).map(|i| (i as f32 * 0.05).sin()).collect();
        assert_eq!(front_end.log_mel(&tone).len(), 188 * BANDS);
        assert_eq!(front_end.patch(&tone).len(), FRAMES * BANDS);
        let short = front_end.patch(&tone[..5000]);
        assert_eq!(short.len(), FRAMES * BANDS);
        assert!(short[180 * BANDS..181 * BANDS].iter().any(|x| *x > 0.1), "the end is not silent");
        assert!(front_end.patch(&[]).iter().all(|x| *x == 0.0));
    }

    #[test]
    fn the_log_is_as_the_network_was_trained() {
        let front_end = FrontEnd::new();
        assert!(front_end.log_mel(&[0.0; 1000]).iter().all(|x| *x == 0.0), "log10(1) = 0");
    }
}
