//! Pages that lie on their side or on their head, and which way they are turned.

use ::image::{DynamicImage, GrayImage, imageops};

use super::ink::Ink;
use super::numbers::real;
use super::skew::Lie;

/// What a page is turned by, clockwise, so that its letters stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// Not at all.
    #[default]
    None,
    /// By 90°.
    Right,
    /// By 180°.
    Half,
    /// By 270°.
    Left,
}

impl Turn {
    /// This turn and half a turn more.
    #[must_use]
    pub const fn and_half(self) -> Self {
        match self {
            Self::None => Self::Half,
            Self::Right => Self::Left,
            Self::Half => Self::None,
            Self::Left => Self::Right,
        }
    }

    /// The picture turned.
    pub fn of(self, picture: DynamicImage) -> DynamicImage {
        match self {
            Self::None => picture,
            Self::Right => picture.rotate90(),
            Self::Half => picture.rotate180(),
            Self::Left => picture.rotate270(),
        }
    }

    /// As [`Turn::of`], of a grey picture.
    pub fn of_grey(self, picture: GrayImage) -> GrayImage {
        match self {
            Self::None => picture,
            Self::Right => imageops::rotate90(&picture),
            Self::Half => imageops::rotate180(&picture),
            Self::Left => imageops::rotate270(&picture),
        }
    }
}

/// Rows must stand out from columns by this factor before a page is turned by a quarter.
const SIDEWAYS: f32 = 1.3;

/// Whether the lines of a page run from top to bottom; `down` is how it lies once turned by 90°.
pub fn is_sideways(across: Lie, down: Lie) -> bool {
    down.is_clear() && down.clearness > SIDEWAYS * across.clearness
}

/// Which way up a page's letters stand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stand {
    /// From -1, on their head, to 1: how much more ink there is above the small letters than below.
    pub lean: f32,
    /// Lines of text that were looked at; a line over the whole width counts up to four times.
    pub lines: usize,
}

impl Stand {
    /// More letters reach above the small ones than below, in every language written with them.
    pub fn is_upright(self) -> bool {
        self.lines >= LINES_MIN && self.lean > LEAN_MIN
    }

    /// Whether they stand on their head.
    pub fn is_on_head(self) -> bool {
        self.lines >= LINES_MIN && self.lean < -LEAN_MIN
    }
}

/// With fewer lines nothing is said.
const LINES_MIN: usize = 5;
/// Closer to 0 nothing is said.
const LEAN_MIN: f32 = 0.12;
/// Parts of the width that are looked at on their own, because columns do not share their lines.
const STRIPS: usize = 4;

/// Which way up the letters stand, on a page that lies straight.
pub fn stand(ink: &Ink) -> Stand {
    let width = usize::try_from(ink.width).unwrap_or(0);
    let strip = width / STRIPS;
    if strip < 20 {
        return Stand::default();
    }
    let (mut above, mut below, mut lines) = (0.0, 0.0, 0);
    for part in 0..STRIPS {
        let profile: Vec<u32> = ink
            .rows()
            .map(|row| {
                let cells = row.get(part * strip..(part + 1) * strip).unwrap_or(&[]);
                u32::try_from(cells.iter().filter(|it| **it).count()).unwrap_or(0)
            })
            .collect();
        for line in lines_in(&profile) {
            if let Some((over, under)) = reach(line) {
                above += over;
                below += under;
                lines += 1;
            }
        }
    }
    let all: f32 = above + below;
    Stand {
        lean: if all > 0.0 {
            (above - below) / all
        } else {
            0.0
        },
        lines,
    }
}

/// Rows with ink that follow each other without a gap.
fn lines_in(profile: &[u32]) -> impl Iterator<Item = &[u32]> {
    profile
        .split(|it| *it == 0)
        .filter(|it| (7..=120).contains(&it.len()))
}

/// The ink above and below the body of the line's small letters, as shares of the line's ink. None
/// for a line that is all body, such as one of capitals, and for one that is no line of text.
fn reach(line: &[u32]) -> Option<(f32, f32)> {
    let most = line.iter().copied().max()?;
    let all: u32 = line.iter().sum();
    // Where the row's ink first and last is close to the line's usual: the body of small letters.
    let is_body = |it: &u32| *it * 10 >= most * 4;
    let first = line.iter().position(is_body)?;
    let last = line.iter().rposition(is_body)?;
    let body = last + 1 - first;
    if body < 3 || body * 10 > line.len() * 9 || body * 3 < line.len() || all < most * 3 {
        return None;
    }
    let sum = |rows: Option<&[u32]>| -> f32 {
        let sum: u32 = rows.unwrap_or(&[]).iter().sum();
        real(usize::try_from(sum).unwrap_or(0)) / real(usize::try_from(all).unwrap_or(1).max(1))
    };
    Some((sum(line.get(..first)), sum(line.get(last + 1..))))
}

#[cfg(test)]
mod tests {
    use super::super::ink::tests::lines_of_text;
    use super::super::skew::lie;
    use super::*;

    #[test]
    fn letters_on_their_head_are_seen() {
        let page = lines_of_text(1000, 1400);
        let upright = stand(&Ink::of(&page));
        assert!(upright.is_upright(), "{upright:?}");
        let on_head = stand(&Ink::of(&Turn::Half.of_grey(page)));
        assert!(on_head.is_on_head(), "{on_head:?}");
    }

    #[test]
    fn a_page_on_its_side_is_seen() {
        let page = lines_of_text(1000, 1400);
        let lie_of = |turn: Turn| lie(&Ink::of(&turn.of_grey(page.clone())));
        let (across, down) = (lie_of(Turn::None), lie_of(Turn::Right));
        assert!(!is_sideways(across, down), "{across:?} {down:?}");
        assert!(is_sideways(down, across), "{across:?} {down:?}");
    }

    #[test]
    fn half_a_turn_more_twice_is_none() {
        for turn in [Turn::None, Turn::Right, Turn::Half, Turn::Left] {
            assert_eq!(turn.and_half().and_half(), turn);
        }
    }
}
