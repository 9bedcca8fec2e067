//! What can be typed after `spectrogram` and `scalogram`. The defaults are the window's.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::base::Channel;
use crate::dsp::picture::{
    Colormap, FrequencyScale, Levels, Norm, Part, PictureSettings, ScalogramSettings, SpectrogramSettings, Transform,
    Wavelet,
};
use crate::dsp::window::WindowShape;
use crate::engine::picture::{PictureError, PictureFormat, PictureRequest};

/// `timbre spectrogram`.
#[derive(Debug, Args)]
pub struct SpectrogramArgs {
    /// The window's shape.
    #[arg(long, value_enum, default_value_t = Window::Hann)]
    pub window: Window,
    /// Sharpness against leakage of the Kaiser window, 0 to 20.
    #[arg(long, value_name = "BETA", default_value_t = 8.6, value_parser = ranged(0.0, 20.0))]
    pub kaiser_beta: f32,
    /// Samples in a window: 256, 512, ... 32768.
    #[arg(long, value_name = "SAMPLES", default_value_t = 2048, value_parser = window_len)]
    pub size: usize,
    /// How much of a window the next one shares, per cent (0 to 98).
    #[arg(long, value_name = "PERCENT", default_value_t = 75.0, value_parser = ranged(0.0, 98.0))]
    pub overlap: f32,
    /// The transform is this many times longer than the window: 1, 2, 4 or 8.
    #[arg(long, value_name = "TIMES", default_value_t = 2, value_parser = zero_padding)]
    pub zero_padding: usize,
    /// Draws energy where it really is.
    #[arg(long)]
    pub reassigned: bool,
    /// What both pictures have.
    #[command(flatten)]
    pub picture: PictureArgs,
}

/// `timbre scalogram`.
#[derive(Debug, Args)]
pub struct ScalogramArgs {
    /// The mother wavelet.
    #[arg(long, value_enum, default_value_t = WaveletName::Morlet)]
    pub wavelet: WaveletName,
    /// Waves in a Morlet wavelet (4 to 40): more are sharper in frequency and wider in time.
    #[arg(long, default_value_t = 16.0, value_parser = ranged(4.0, 40.0))]
    pub cycles: f32,
    /// Order of Paul's wavelet (2 to 20): a higher one is sharper in frequency and wider in time.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=20))]
    pub order: u8,
    /// Scales in an octave, 4 to 48.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u8).range(4..=48))]
    pub voices: u8,
    /// How scales compare: l1 shows a tone equally high everywhere, l2 white noise.
    #[arg(long, value_enum, default_value_t = NormName::L1)]
    pub norm: NormName,
    /// What is shown.
    #[arg(long, value_enum, default_value_t = Show::Magnitude)]
    pub show: Show,
    /// Does not dim what depends on what lies outside of the song.
    #[arg(long)]
    pub no_cone: bool,
    /// What both pictures have.
    #[command(flatten)]
    pub picture: PictureArgs,
}

/// What both pictures have.
#[derive(Debug, Args)]
pub struct PictureArgs {
    /// The songs.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where it goes: a file ending in .png, .csv or .npy, or with --format a folder.
    #[arg(long, short, value_name = "OUT")]
    pub output: PathBuf,
    /// What is written for each song into the folder OUT.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// How frequencies are spread.
    #[arg(long, value_enum, default_value_t = Axis::Log)]
    pub axis: Axis,
    /// The lowest frequency, Hz.
    #[arg(long, value_name = "HZ", default_value_t = 30.0, value_parser = ranged(1.0, 90_000.0))]
    pub low: f32,
    /// The highest frequency, Hz.
    #[arg(long, value_name = "HZ", default_value_t = 16_000.0, value_parser = ranged(2.0, 200_000.0))]
    pub high: f32,
    /// Where it begins: seconds, or 1:23.4.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<f64>,
    /// Where it ends.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<f64>,
    /// The darkest and brightest level, dB (-90:0), or `auto`: the loudest is brightest.
    #[arg(long, value_name = "LOW:HIGH", default_value = "-90:0", allow_hyphen_values = true, value_parser = levels)]
    pub levels: LevelsArg,
    /// With `--levels auto`: how far below the brightest the darkest level lies, dB.
    #[arg(long, value_name = "DB", default_value_t = 80.0, value_parser = ranged(10.0, 180.0))]
    pub range: f32,
    /// The colours.
    #[arg(long, value_enum, default_value_t = Colours::Magma)]
    pub colormap: Colours,
    /// Loud is dark.
    #[arg(long)]
    pub inverted: bool,
    /// Pixels in a row, axes included.
    #[arg(long, value_name = "PIXELS", default_value_t = 1600, value_parser = pixels)]
    pub width: usize,
    /// Rows of pixels, axes included.
    #[arg(long, value_name = "PIXELS", default_value_t = 800, value_parser = pixels)]
    pub height: usize,
    /// On white instead of black.
    #[arg(long)]
    pub light: bool,
    /// Nothing but the picture: no axes, title and colour bar.
    #[arg(long)]
    pub no_axes: bool,
    /// Samples from one column of .csv and .npy to the next (default: the spectrogram's own, for a scalogram 512).
    #[arg(long, value_name = "SAMPLES", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub hop: Option<u32>,
    /// Which signal of the song is drawn.
    #[arg(long, value_enum, default_value_t = ChannelName::Mid)]
    pub channel: ChannelName,
}

/// Darkest and brightest as typed.
#[derive(Clone, Copy, Debug)]
pub enum LevelsArg {
    /// By what is there.
    Auto,
    /// Fixed, dB.
    Fixed(f32, f32),
}

/// Declares names to type for the values of a setting.
macro_rules! names {
    ($(#[$of:meta])* $name:ident => $target:ident { $($(#[$doc:meta])* $variant:ident => $value:ident),+ $(,)? }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, ValueEnum)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl From<$name> for $target {
            fn from(name: $name) -> Self {
                match name { $($name::$variant => Self::$value),+ }
            }
        }
    };
}

names! {
    /// Windows.
    Window => WindowShape {
        /// A good compromise.
        Hann => Hann,
        /// A little sharper, with more leakage far away.
        Hamming => Hamming,
        /// Very little leakage.
        BlackmanHarris => BlackmanHarris,
        /// Sharpness against leakage by --kaiser-beta.
        Kaiser => Kaiser,
        /// Levels of tones are exact.
        FlatTop => FlatTop,
    }
}
names! {
    /// Norms.
    NormName => Norm {
        /// A tone has the same height at every scale.
        L1 => L1,
        /// White noise has the same height at every scale.
        L2 => L2,
    }
}
names! {
    /// What is shown.
    Show => Part {
        /// dB.
        Magnitude => Magnitude,
        /// A share of full scale.
        Power => Power,
        /// The angle.
        Phase => Phase,
    }
}
names! {
    /// Axes.
    Axis => FrequencyScale {
        /// Equal steps of Hz.
        Linear => Linear,
        /// Equal steps of pitch.
        Log => Log,
        /// Mel.
        Mel => Mel,
        /// Bark.
        Bark => Bark,
    }
}
names! {
    /// Colours.
    Colours => Colormap {
        /// Black, violet, orange, pale yellow.
        Magma => Magma,
        /// Violet, green, yellow.
        Viridis => Viridis,
        /// Black, red, yellow.
        Inferno => Inferno,
        /// Blue to yellow, the same for people who see fewer colours.
        Cividis => Cividis,
        /// Black to white.
        Grey => Grey,
    }
}
names! {
    /// Files.
    Format => PictureFormat {
        /// Pictures.
        Png => Png,
        /// Numbers as text.
        Csv => Csv,
        /// Numbers for NumPy.
        Npy => Npy,
    }
}

/// Signals of a song.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ChannelName {
    /// The mean of left and right; where they cancel each other, the louder one.
    Mid,
    /// Half of the difference between left and right.
    Side,
    /// The left side.
    Left,
    /// The right side.
    Right,
    /// Left above right, in one picture.
    Both,
}

/// Wavelets.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum WaveletName {
    /// A wave under a Gaussian.
    Morlet,
    /// The second derivative of a Gaussian.
    MexicanHat,
    /// The fourth derivative of a Gaussian.
    Dog4,
    /// The sixth derivative of a Gaussian.
    Dog6,
    /// Paul's: very sharp in time.
    Paul,
    /// A step up and a step down.
    Haar,
}

impl SpectrogramArgs {
    /// What is asked for.
    pub fn request(&self) -> PictureRequest {
        let transform = Transform::Spectrogram(SpectrogramSettings {
            window: self.window.into(),
            kaiser_beta: self.kaiser_beta,
            window_len: self.size,
            overlap_percent: self.overlap,
            zero_padding: self.zero_padding,
            reassigned: self.reassigned,
        });
        self.picture.request(PictureSettings::spectrogram(), transform)
    }
}

impl ScalogramArgs {
    /// What is asked for.
    pub fn request(&self) -> PictureRequest {
        let transform = Transform::Scalogram(ScalogramSettings {
            wavelet: match self.wavelet {
                WaveletName::Morlet => Wavelet::Morlet { cycles: self.cycles },
                WaveletName::MexicanHat => Wavelet::Dog { order: 2 },
                WaveletName::Dog4 => Wavelet::Dog { order: 4 },
                WaveletName::Dog6 => Wavelet::Dog { order: 6 },
                WaveletName::Paul => Wavelet::Paul { order: usize::from(self.order) },
                WaveletName::Haar => Wavelet::Haar,
            },
            voices_per_octave: usize::from(self.voices),
            norm: self.norm.into(),
            part: self.show.into(),
        });
        let request = self.picture.request(PictureSettings::scalogram(), transform);
        PictureRequest { cone: !self.no_cone, ..request }
    }
}

impl PictureArgs {
    fn request(&self, mut settings: PictureSettings, transform: Transform) -> PictureRequest {
        settings.spec.transform = transform;
        settings.spec.axis.scale = self.axis.into();
        (settings.spec.axis.low_hz, settings.spec.axis.high_hz) = (self.low, self.high);
        settings.both_sides = self.channel == ChannelName::Both;
        settings.spec.channel = match self.channel {
            ChannelName::Mid | ChannelName::Both => Channel::Mid,
            ChannelName::Side => Channel::Side,
            ChannelName::Left => Channel::Left,
            ChannelName::Right => Channel::Right,
        };
        settings.levels = match self.levels {
            LevelsArg::Auto => Levels::Auto { range_db: self.range },
            LevelsArg::Fixed(low_db, high_db) => Levels::Fixed { low_db, high_db },
        };
        settings.colormap = self.colormap.into();
        settings.inverted = self.inverted;
        PictureRequest {
            from_secs: self.from.unwrap_or(0.0),
            to_secs: self.to.unwrap_or(f64::INFINITY),
            width: self.width,
            height: self.height,
            light: self.light,
            axes: !self.no_axes,
            hop: self.hop.map(|hop| hop as usize),
            ..PictureRequest::new(settings)
        }
    }

    /// What is wrong with the arguments as a whole.
    pub fn trouble(&self) -> Option<String> {
        if self.high < self.low * 1.5 {
            return Some(format!("--high {} is not well above --low {}", self.high, self.low));
        }
        if self.from.zip(self.to).is_some_and(|(from, to)| from >= to) {
            return Some("--to is not after --from".to_owned());
        }
        let format = self.format.map(PictureFormat::from).or_else(|| PictureFormat::of(&self.output));
        if self.channel == ChannelName::Both && format.is_some_and(|format| format != PictureFormat::Png) {
            return Some(format!("--channel both: {}", PictureError::BothSides));
        }
        match self.format {
            None if self.files.len() > 1 => {
                Some("several songs need a folder as -o and what shall be written: --format png|csv|npy".to_owned())
            }
            None if PictureFormat::of(&self.output).is_none() => Some(format!(
                "{} ends neither in .png nor .csv nor .npy (for a folder, give --format)",
                self.output.display()
            )),
            Some(_) if self.output.is_file() => Some(format!("{} is a file, no folder", self.output.display())),
            _ => None,
        }
    }
}

fn ranged(low: f32, high: f32) -> impl Fn(&str) -> Result<f32, String> + Clone + Send + Sync {
    move |text| {
        let value: f32 = text.parse().map_err(|_| "this is not a number".to_owned())?;
        if (low..=high).contains(&value) { Ok(value) } else { Err(format!("it must lie between {low} and {high}")) }
    }
}

fn window_len(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(len) if len.is_power_of_two() && (256..=32_768).contains(&len) => Ok(len),
        _ => Err("it must be a power of two from 256 to 32768".to_owned()),
    }
}

fn zero_padding(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(times @ (1 | 2 | 4 | 8)) => Ok(times),
        _ => Err("it must be 1, 2, 4 or 8".to_owned()),
    }
}

fn pixels(text: &str) -> Result<usize, String> {
    let most = crate::engine::picture::MOST_PIXELS;
    match text.parse::<usize>() {
        Ok(pixels) if (16..=most).contains(&pixels) => Ok(pixels),
        _ => Err(format!("it must lie between 16 and {most}")),
    }
}

/// Seconds, or minutes and seconds, or hours, minutes and seconds.
fn time(text: &str) -> Result<f64, String> {
    let wrong = || "a time is written 83.4 or 1:23.4".to_owned();
    let parts: Vec<&str> = text.split(':').collect();
    let mut secs = 0.0;
    for (index, part) in parts.iter().enumerate() {
        let value: f64 = part.parse().map_err(|_| wrong())?;
        let whole = index + 1 == parts.len() || value.fract() == 0.0;
        let small = index == 0 || value < 60.0;
        if !(value.is_finite() && value >= 0.0 && whole && small && parts.len() <= 3) {
            return Err(wrong());
        }
        secs = secs * 60.0 + value;
    }
    Ok(secs)
}

fn levels(text: &str) -> Result<LevelsArg, String> {
    if text == "auto" {
        return Ok(LevelsArg::Auto);
    }
    let wrong = || "levels are written -90:0, or auto".to_owned();
    let (low, high) = text.split_once(':').ok_or_else(wrong)?;
    let (low, high): (f32, f32) = (low.parse().map_err(|_| wrong())?, high.parse().map_err(|_| wrong())?);
    let possible = (-180.0..=0.0).contains(&low) && high >= low + 5.0 && high <= 60.0;
    if possible {
        Ok(LevelsArg::Fixed(low, high))
    } else {
        Err("the low level lies between -180 and 0, the high one at least 5 above it and at most 60".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Spectrogram {
        #[command(flatten)]
        args: SpectrogramArgs,
    }

    #[derive(Parser)]
    struct Scalogram {
        #[command(flatten)]
        args: ScalogramArgs,
    }

    #[test]
    fn without_flags_a_picture_is_the_windows() {
        let line = ["timbre", "a.flac", "-o", "a.png"];
        let spectrogram = Spectrogram::try_parse_from(line).unwrap().args.request();
        assert_eq!(spectrogram.settings, PictureSettings::spectrogram());
        let scalogram = Scalogram::try_parse_from(line).unwrap().args.request();
        assert_eq!(scalogram.settings, PictureSettings::scalogram());
    }

    #[test]
    fn a_channel_is_part_of_a_picture_and_the_usual_one_is_not_written() {
        let line = ["timbre", "a.flac", "-o", "a.png", "--channel", "side"];
        let side = Spectrogram::try_parse_from(line).unwrap().args.request().settings.spec;
        assert_eq!(side.channel, Channel::Side);
        let written = serde_json::to_string(&side).unwrap();
        assert_eq!(serde_json::from_str::<crate::dsp::picture::PictureSpec>(&written).unwrap(), side);
        let usual = PictureSettings::spectrogram().spec;
        let written = serde_json::to_string(&usual).unwrap();
        assert!(!written.contains("channel"));
        assert_eq!(serde_json::from_str::<crate::dsp::picture::PictureSpec>(&written).unwrap(), usual);
    }

    #[test]
    fn both_sides_are_a_picture_and_no_numbers() {
        let args = |more: &[&str]| {
            let line = [&["timbre", "a.flac", "--channel", "both"], more].concat();
            Scalogram::try_parse_from(line).unwrap().args
        };
        let picture = args(&["-o", "a.png"]);
        assert!(picture.request().settings.both_sides && picture.picture.trouble().is_none());
        for more in [&["-o", "a.csv"][..], &["-o", "folder", "--format", "npy"]] {
            let trouble = args(more).picture.trouble().unwrap();
            assert!(trouble.contains("numbers are those of one signal"), "{trouble}");
        }
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, secs) in [("83.4", 83.4), ("1:23.4", 83.4), ("1:02:03", 3723.0), ("0", 0.0), ("90:00", 5400.0)] {
            assert!((time(text).unwrap() - secs).abs() < 1e-9, "{text}");
        }
        for text in ["", "-1", "1:", "1:60", "1.5:00", "inf", "1:2:3:4", "x"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn levels_are_read() {
        assert!(matches!(levels("auto"), Ok(LevelsArg::Auto)));
        assert!(matches!(levels("-80:-10"), Ok(LevelsArg::Fixed(low, high)) if low == -80.0 && high == -10.0));
        assert!(levels("-10:-20").is_err() && levels("loud").is_err());
    }
}
