//! Small grey copies: everything about a page is decided on one, whatever the camera's size.

use ::image::{DynamicImage, GrayImage};

use super::numbers::{byte, wide};

/// Sums of more rows would not fit their 16 bits.
const FACTOR_MAX: u32 = 64;

/// A grey copy; each of its pixels is the mean of `factor` × `factor` of the picture's. What is left
/// over at the right and lower edge is left out.
pub fn shrunk(picture: &DynamicImage, factor: u32) -> GrayImage {
    let smallest = picture.width().min(picture.height());
    if smallest == 0 {
        return GrayImage::new(0, 0);
    }
    let factor = factor.clamp(1, FACTOR_MAX.min(smallest));
    if let DynamicImage::ImageRgb8(colours) = picture {
        return squares::<3>(colours.as_raw(), colours.dimensions(), factor);
    }
    if let DynamicImage::ImageLuma8(grey) = picture {
        return shrunk_grey(grey, factor);
    }
    shrunk_grey(&picture.to_luma8(), factor)
}

/// As [`shrunk`], of a picture that is grey already.
pub fn shrunk_grey(grey: &GrayImage, factor: u32) -> GrayImage {
    let smallest = grey.width().min(grey.height()).max(1);
    match factor.clamp(1, FACTOR_MAX.min(smallest)) {
        1 => grey.clone(),
        factor => squares::<1>(grey.as_raw(), grey.dimensions(), factor),
    }
}

/// Rows are summed first, pixel below pixel, because that goes 16 at a time.
fn squares<const N: usize>(pixels: &[u8], (width, height): (u32, u32), factor: u32) -> GrayImage {
    let (to_width, to_height) = (width / factor, height / factor);
    let (stride, side) = (wide(width) * N, wide(factor));
    let mut columns = vec![0_u16; stride];
    let mut out = Vec::with_capacity(wide(to_width) * wide(to_height));
    let bands = pixels.chunks_exact((stride * side).max(1));
    for band in bands.take(wide(to_height)) {
        columns.fill(0);
        for row in band.chunks_exact(stride) {
            for (sum, pixel) in columns.iter_mut().zip(row) {
                *sum += u16::from(*pixel);
            }
        }
        let across = columns.chunks_exact(N * side).take(wide(to_width));
        out.extend(across.map(|it| mean::<N>(it, factor)));
    }
    GrayImage::from_raw(to_width, to_height, out).unwrap_or_default()
}

/// Luma (ITU-R BT.601) of sums of a square's columns.
fn mean<const N: usize>(columns: &[u16], factor: u32) -> u8 {
    if N == 1 {
        let sum: u32 = columns.iter().map(|it| u32::from(*it)).sum();
        return byte(sum / (factor * factor));
    }
    let mut sums = [0_u32; 3];
    for pixel in columns.chunks_exact(N) {
        for (sum, part) in sums.iter_mut().zip(pixel) {
            *sum += u32::from(*part);
        }
    }
    let [red, green, blue] = sums;
    byte((red * 77 + green * 150 + blue * 29) / (256 * factor * factor))
}

#[cfg(test)]
mod tests {
    use ::image::{Luma, Rgb, RgbImage};

    use super::*;

    #[test]
    fn a_pixel_is_the_mean_of_its_square() {
        let grey = GrayImage::from_fn(5, 4, |x, y| Luma([byte(x * 10 + y)]));
        let small = shrunk(&DynamicImage::ImageLuma8(grey), 2);
        assert_eq!(small.dimensions(), (2, 2));
        assert_eq!(small.as_raw(), &[5, 25, 7, 27]);
    }

    #[test]
    fn colours_become_grey() {
        let colours = RgbImage::from_pixel(64, 64, Rgb([255, 255, 255]));
        for factor in [1, 7, 64] {
            let small = shrunk(&DynamicImage::ImageRgb8(colours.clone()), factor);
            assert!(small.as_raw().iter().all(|it| *it >= 254), "{factor}");
        }
    }

    #[test]
    fn a_picture_smaller_than_the_factor_stays_a_picture() {
        let grey = GrayImage::from_pixel(3, 100, Luma([9]));
        assert_eq!(shrunk_grey(&grey, 10).dimensions(), (1, 33));
        assert_eq!(shrunk_grey(&GrayImage::new(0, 0), 10).dimensions(), (0, 0));
    }
}
