//! Between whole and broken numbers, in one place: pixels are counted in whole ones and computed in
//! broken ones, all far below 2^24, where `f32` is still exact.

/// A count or place as a broken number.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "sides of pictures and counts of their rows are far below 2^24"
)]
pub const fn real(count: usize) -> f32 {
    count as f32
}

/// A side in pixels as a broken number.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "sides of pictures are far below 2^24"
)]
pub const fn side(pixels: u32) -> f32 {
    pixels as f32
}

/// The whole number at or below; what is not a number is 0, what is too large the largest.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the conversion saturates"
)]
pub fn whole(place: f32) -> i32 {
    place.floor() as i32
}

/// The nearest count; below nothing is 0.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the conversion saturates"
)]
pub fn count(place: f32) -> usize {
    place.round() as usize
}

/// The nearest side in pixels, at least 1.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the conversion saturates"
)]
pub fn pixels(length: f32) -> u32 {
    (length.round() as u32).max(1)
}

/// A number of pixels for indexing.
pub fn wide(pixels: u32) -> usize {
    usize::try_from(pixels).unwrap_or(usize::MAX)
}

/// The low byte; written so because the compiler then handles 16 pixels at a time.
pub const fn byte(value: u32) -> u8 {
    let [low, ..] = value.to_le_bytes();
    low
}

/// The middle one of the values, 0 of none.
pub fn median(values: &mut [u8]) -> u8 {
    share(values, 50)
}

/// The value that `percent` of a hundred do not exceed, 0 of none.
pub fn share(values: &mut [u8], percent: usize) -> u8 {
    let at = values.len().saturating_sub(1) * percent.min(100) / 100;
    if values.is_empty() {
        return 0;
    }
    *values.select_nth_unstable(at).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_counted_from_below() {
        let mut values: Vec<u8> = (0..=100).rev().collect();
        assert_eq!(median(&mut values), 50);
        assert_eq!(share(&mut values, 90), 90);
        assert_eq!(share(&mut [], 90), 0);
    }

    #[test]
    fn what_does_not_fit_is_the_nearest_that_does() {
        assert_eq!((whole(-0.5), whole(f32::NAN)), (-1, 0));
        assert_eq!((count(-3.0), pixels(0.2), byte(511)), (0, 1, 255));
    }
}
