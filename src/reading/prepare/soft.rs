//! A picture softened, so that the dots of a needle or thermal printer run into lines.

use ::image::GrayImage;

use super::numbers::{byte, wide};

/// Each pixel mixed with its neighbours: ¼, ½, ¼ along the rows and then along the columns, about a
/// normal distribution of 0.7 pixels. The border stays as it is.
pub fn softened(grey: &GrayImage) -> GrayImage {
    let stride = wide(grey.width());
    if stride < 3 || grey.height() < 3 {
        return grey.clone();
    }
    let pixels = grey.as_raw();
    let mut across = pixels.clone();
    for (row, from) in across
        .chunks_exact_mut(stride)
        .zip(pixels.chunks_exact(stride))
    {
        for (pixel, near) in row.iter_mut().skip(1).zip(from.windows(3)) {
            if let [left, here, right] = near {
                *pixel = mixed(*left, *here, *right);
            }
        }
    }
    let mut out = across.clone();
    let rows = || across.chunks_exact(stride);
    let around = rows().zip(rows().skip(1)).zip(rows().skip(2));
    for (row, ((above, here), below)) in out.chunks_exact_mut(stride).skip(1).zip(around) {
        for (pixel, ((above, here), below)) in row.iter_mut().zip(above.iter().zip(here).zip(below))
        {
            *pixel = mixed(*above, *here, *below);
        }
    }
    GrayImage::from_raw(grey.width(), grey.height(), out).unwrap_or_default()
}

fn mixed(before: u8, here: u8, after: u8) -> u8 {
    byte((u32::from(before) + 2 * u32::from(here) + u32::from(after) + 2) / 4)
}

#[cfg(test)]
mod tests {
    use ::image::Luma;

    use super::*;

    #[test]
    fn dots_become_a_line_and_even_paper_stays() {
        let dotted = GrayImage::from_fn(20, 9, |x, y| {
            Luma([if y == 4 && x % 2 == 0 { 0 } else { 240 }])
        });
        let soft = softened(&dotted);
        assert_eq!(soft.dimensions(), (20, 9));
        for x in 1..19 {
            assert!(soft.get_pixel(x, 4).0[0].abs_diff(180) <= 1, "{x}");
        }
        assert_eq!(soft.get_pixel(10, 1).0[0], 240);
        let tiny = GrayImage::from_pixel(2, 2, Luma([7]));
        assert_eq!(softened(&tiny), tiny);
    }
}
