//! Colours by lightness, chroma and hue.
//!
//! OKLCH is the polar form of OKLab (Björn Ottosson, “A perceptual color space for image processing”, 2020): equal steps
//! look about equally large. Colours outside sRGB are clipped.

/// The sRGB colour (8 bits each) of a lightness 0..1, a chroma 0..about 0.3 and a hue in degrees.
pub fn rgb(lightness: f32, chroma: f32, hue_deg: f32) -> [u8; 3] {
    let (sin, cos) = hue_deg.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    linear.map(encode)
}

/// The sRGB transfer function (IEC 61966-2-1), to 8 bits.
fn encode(linear: f32) -> u8 {
    let value = linear.clamp(0.0, 1.0);
    let encoded = if value <= 0.003_130_8 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
    (encoded * 255.0).round() as u8
}
