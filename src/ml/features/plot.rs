//! Plots of levels as pictures: GTZAN's Kaggle pictures read back, and others drawn like them.

use std::collections::HashMap;

use image::{Rgb, RgbImage};

use super::log_mel::{BANDS, COLUMNS, Grid};
use super::magma::MAGMA;
use crate::dsp::picture::Colormap;

/// Size of a Kaggle picture and where its plot lies, pixels.
const WIDTH: u32 = 432;
const HEIGHT: u32 = 288;
const LEFT: u32 = 54;
const TOP: u32 = 35;
const BOX_WIDTH: u32 = 336;
const BOX_HEIGHT: u32 = 218;
/// The plot's height before it was rounded to whole pixels.
const TRUE_HEIGHT: f64 = 217.44;
/// Colours of the frame: its line lies on whole pixels above and to the left, between two below and to the right.
const FRAME: [Rgb<u8>; 2] = [Rgb([0; 3]), Rgb([51; 3])];

/// Steps of a colour map.
const STEPS: usize = 256;
/// The maps that are recognised, the commonest first.
const MAPS: [Colormap; 4] = [Colormap::Magma, Colormap::Viridis, Colormap::Inferno, Colormap::Grey];
/// A colour further than this from every colour of a map (distance in RGB) is not of it.
const FAR: i32 = 24;
/// A picture of which a larger share is of no map is no plot of levels.
const MOST_STRANGE: f64 = 0.1;
/// A plot with fewer pixels along a side shows too little.
const SMALLEST_SIDE: usize = 32;

/// The colours of a map from dark to bright.
fn colours(map: Colormap) -> Vec<[u8; 3]> {
    match map {
        Colormap::Magma => MAGMA.iter().map(|rgb| [(rgb >> 16) as u8, (rgb >> 8) as u8, *rgb as u8]).collect(),
        _ => (0..STEPS).map(|i| map.rgb(i as f32 / (STEPS - 1) as f32)).collect(),
    }
}

/// Where the plot lies: first and last row, first and last column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PlotBox {
    top: usize,
    bottom: usize,
    left: usize,
    right: usize,
}

/// The longest run of `true`, first and last.
fn longest_run(marks: &[bool]) -> Option<(usize, usize)> {
    let (mut best, mut from) = (None::<(usize, usize)>, None);
    for (i, mark) in marks.iter().chain([&false]).enumerate() {
        match (mark, from) {
            (true, None) => from = Some(i),
            (false, Some(first)) => {
                if best.is_none_or(|(a, b)| i - first > b - a + 1) {
                    best = Some((first, i - 1));
                }
                from = None;
            }
            _ => {}
        }
    }
    best
}

/// The plot is where most of a row and of a column is not white; labels beside it are thinner than that.
fn find_box(picture: &RgbImage) -> Option<PlotBox> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut marked = (vec![0usize; height], vec![0usize; width]);
    for (x, y, pixel) in picture.enumerate_pixels() {
        if pixel.0.iter().any(|c| *c < 250) {
            marked.0[y as usize] += 1;
            marked.1[x as usize] += 1;
        }
    }
    let run =
        |counts: &[usize], across: usize| longest_run(&counts.iter().map(|n| 5 * n > 2 * across).collect::<Vec<_>>());
    let (top, bottom) = run(&marked.0, width)?;
    let (left, right) = run(&marked.1, height)?;
    Some(PlotBox { top, bottom, left, right })
}

/// The levels under a plotted spectrogram: 128 bands, and 336 columns whatever its width.
///
/// # Errors
/// When there is no plot in it or its colours are not those of a known map.
pub(in crate::ml) fn read(picture: &RgbImage) -> Result<Grid, String> {
    let found = find_box(picture).ok_or("there is no plot in the picture")?;
    let (width, height) = (found.right - found.left + 1, found.bottom - found.top + 1);
    if width < SMALLEST_SIDE || height < SMALLEST_SIDE {
        return Err(format!("the plot in the picture has only {width} x {height} pixels"));
    }
    // The outermost pixels are the plot's frame if there is a margin around it.
    let framed = width < picture.width() as usize || height < picture.height() as usize;
    let edge = usize::from(framed);
    let true_height = height as f64 * TRUE_HEIGHT / f64::from(BOX_HEIGHT);
    // Pixel row `up` from below shows band `floor(up * 128 / height)`.
    let row_of = |band: usize| {
        let up = (band as f64 * true_height / BANDS as f64).ceil() as usize;
        found.bottom - up.clamp(edge, height - 1 - edge)
    };
    let column_of = |column: usize| {
        let across = (2 * column + 1) * width / (2 * COLUMNS);
        found.left + across.clamp(edge, width - 1 - edge)
    };
    let pixel = |column: usize, row: usize| picture.get_pixel(column as u32, row as u32).0;
    let pixels: Vec<[u8; 3]> = (0..COLUMNS)
        .flat_map(|column| (0..BANDS).map(move |band| (column, band)))
        .map(|(column, band)| pixel(column_of(column), row_of(band)))
        .collect();
    let levels = MAPS.iter().find_map(|map| levels(&pixels, &colours(*map)));
    let levels = levels.ok_or("its colours are not those of a spectrogram in magma, viridis, inferno or grey")?;
    Ok(Grid { columns: COLUMNS, bands: BANDS, levels })
}

/// The levels of colours, 0..1; none if too many are not of the map.
fn levels(pixels: &[[u8; 3]], map: &[[u8; 3]]) -> Option<Vec<f32>> {
    let mut known: HashMap<[u8; 3], (f32, bool)> = HashMap::new();
    let mut strange = 0usize;
    let mut levels = Vec::with_capacity(pixels.len());
    for pixel in pixels {
        let (level, far) = *known.entry(*pixel).or_insert_with(|| {
            let distance = |colour: &[u8; 3]| -> i32 {
                colour.iter().zip(pixel).map(|(a, b)| (i32::from(*a) - i32::from(*b)).pow(2)).sum()
            };
            let nearest = map.iter().enumerate().map(|(i, colour)| (distance(colour), i)).min().unwrap_or((0, 0));
            // A step stands for its middle, but the lowest for what was cut off there.
            let level = if nearest.1 == 0 { 0.0 } else { (nearest.1 as f32 + 0.5) / STEPS as f32 };
            (level, nearest.0 > FAR * FAR)
        });
        strange += usize::from(far);
        levels.push(level);
    }
    (strange as f64 <= MOST_STRANGE * pixels.len() as f64).then_some(levels)
}

/// The picture as the Kaggle distribution has it: margins, frame and colours.
pub(in crate::ml) fn draw(grid: &Grid) -> RgbImage {
    let map = colours(Colormap::Magma);
    let mut picture = RgbImage::from_pixel(WIDTH, HEIGHT, Rgb([255; 3]));
    for x in 0..BOX_WIDTH {
        let column = (x as usize * grid.columns / BOX_WIDTH as usize).min(grid.columns.saturating_sub(1));
        for up in 0..BOX_HEIGHT {
            let band = (f64::from(up) * grid.bands as f64 / TRUE_HEIGHT) as usize;
            let at = column * grid.bands + band.min(grid.bands.saturating_sub(1));
            let level = grid.levels.get(at).copied().unwrap_or(0.0);
            let step = ((level * STEPS as f32) as usize).min(STEPS - 1);
            let colour = if up == 0 || x == BOX_WIDTH - 1 {
                FRAME[1]
            } else if up == BOX_HEIGHT - 1 || x == 0 {
                FRAME[0]
            } else {
                Rgb(map[step])
            };
            picture.put_pixel(LEFT + x, TOP + BOX_HEIGHT - 1 - up, colour);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let levels = (0..COLUMNS * BANDS).map(|i| ((i * 37 + i / 128) % 256) as f32 / 256.0 + 0.5 / 256.0).collect();
        Grid { columns: COLUMNS, bands: BANDS, levels }
    }

    #[test]
    fn magma_is_the_one_of_the_pictures() {
        let map = colours(Colormap::Magma);
        // Colours that occur in the pictures.
        let known =
            [(0, [0, 0, 4]), (64, [81, 18, 124]), (128, [183, 55, 121]), (192, [252, 137, 97]), (255, [252, 253, 191])];
        for (step, colour) in known {
            assert_eq!(map[step], colour, "{step}");
        }
        let unique: std::collections::HashSet<_> = map.iter().collect();
        assert_eq!(unique.len(), STEPS, "every level can be told from every other");
    }

    #[test]
    fn what_is_drawn_is_read_back_exactly_inside_the_frame() {
        let (grid, picture) = (grid(), draw(&grid()));
        assert_eq!(find_box(&picture), Some(PlotBox { top: 35, bottom: 252, left: 54, right: 389 }));
        let back = read(&picture).unwrap();
        for column in 1..COLUMNS - 1 {
            for band in 0..BANDS {
                let (a, b) = (grid.levels[column * BANDS + band], back.levels[column * BANDS + band]);
                assert!(a == b || (a < 1.0 / 256.0 && b == 0.0), "{column} {band}: {a} {b}");
            }
        }
        assert_eq!(back.levels[..BANDS], back.levels[BANDS..2 * BANDS], "under the frame is what lies beside it");
    }

    #[test]
    fn plots_with_labels_or_without_margins_are_found() {
        let mut labelled = draw(&grid());
        for y in 100..110 {
            for x in 10..40 {
                labelled.put_pixel(x, y, Rgb([0; 3]));
            }
        }
        assert_eq!(read(&labelled).unwrap(), read(&draw(&grid())).unwrap());
        let levels = (0..COLUMNS * BANDS).map(|i| (i % BANDS) as f32 / 256.0 + (i / BANDS) as f32 / 672.0).collect();
        let smooth = draw(&Grid { columns: COLUMNS, bands: BANDS, levels });
        let bare = read(&image::imageops::crop_imm(&smooth, 55, 36, 334, 216).to_image()).unwrap();
        assert_eq!((bare.columns, bare.bands), (COLUMNS, BANDS));
        let whole = read(&smooth).unwrap();
        let worst = bare.levels.iter().zip(&whole.levels).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.03, "a band and a column at most: {worst}");
    }

    #[test]
    fn what_is_no_plot_is_refused_with_the_reason() {
        assert!(read(&RgbImage::from_pixel(432, 288, Rgb([255; 3]))).unwrap_err().contains("no plot"));
        assert!(read(&RgbImage::from_pixel(9, 9, Rgb([0; 3]))).unwrap_err().contains("9 x 9"));
        let green = RgbImage::from_pixel(432, 288, Rgb([0, 255, 0]));
        assert!(read(&green).unwrap_err().contains("colours"));
    }
}
