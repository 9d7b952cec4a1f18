//! Where the words of a page are to lie: on the baseline, in the size and as wide as on the paper.
//!
//! A reading knows boxes alone. How high a box is depends on the letters in it («an» is half as high
//! as «Ag»), so size and baseline are guessed from boxes and letters together, for a whole line at a
//! time: what is marked in a viewer then is one even band, and copied words stay in one line.

use crate::domain::document::{Page, Word};

/// Height of the font over the baseline, in parts of its size.
pub const ASCENT: f32 = 0.78;
/// Depth of the font under the baseline, in parts of its size.
pub const DESCENT: f32 = 0.22;
/// What viewers show at the most, in points (ISO 32000-1, annex C).
const SIDE_MAX: f32 = 14_400.0;
/// The smallest page, in points (the same).
const SIDE_MIN: f32 = 3.0;
/// The smallest font and the narrowest word, in points.
const SIZE_MIN: f32 = 0.5;
/// The narrowest space, in parts of the font's size.
const TOUCHING: f32 = 0.02;
/// A word whose own height differs from its line's by more than this factor is set larger or smaller.
const OTHER_SIZE: f32 = 1.35;

/// A page's size in the copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// In points.
    pub width: f32,
    /// In points.
    pub height: f32,
    /// By how much the page was made smaller to be shown at all; mostly 1.
    pub shrink: f32,
}

impl Frame {
    /// Of a page that was read.
    pub fn of(page: &Page) -> Self {
        let fit = |side: f32| {
            if side.is_finite() {
                side.max(0.001)
            } else {
                SIDE_MAX
            }
        };
        let (width, height) = (fit(page.width), fit(page.height));
        let shrink = (SIDE_MAX / width.max(height)).min(1.0);
        let side = |it: f32| (it * shrink).clamp(SIDE_MIN, SIDE_MAX);
        Self {
            width: side(width),
            height: side(height),
            shrink,
        }
    }
}

/// A word as it is to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its letters in the order in which they stand from left to right; never empty.
    pub letters: String,
    /// From text space to the page (ISO 32000-1, 9.4.2).
    pub matrix: [f32; 6],
    /// Size of the font, in points.
    pub size: f32,
    /// How wide the letters are together, in points.
    pub width: f32,
    /// The space between it and the next word of its line.
    pub gap: Option<Gap>,
}

/// A space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// In points.
    pub width: f32,
    /// Where it begins instead of behind the word: in lines that run to the left.
    pub matrix: Option<[f32; 6]>,
}

/// The words of a page in their order; those without a letter that can be written are left out.
pub fn place(page: &Page) -> Vec<Placed> {
    let frame = Frame::of(page);
    let is_turned = is_upside_down(&page.words);
    let words: Vec<Boxed> = page
        .words
        .iter()
        .filter_map(|it| Boxed::of(it, frame, is_turned))
        .collect();
    let mut placed = Vec::with_capacity(words.len());
    for line in words.chunk_by(|a, b| a.line == b.line) {
        place_line(line, frame, is_turned, &mut placed);
    }
    placed
}

/// Recognised from a page that lies upside down: lines run to the left and follow each other
/// upwards. Lines that run to the left and follow each other downwards are another script.
fn is_upside_down(words: &[Word]) -> bool {
    let (mut left, mut right, mut up, mut down) = (0_u32, 0_u32, 0_u32, 0_u32);
    for (word, next) in words.iter().zip(words.iter().skip(1)) {
        if word.line == next.line {
            left += u32::from(next.at.x < word.at.x);
            right += u32::from(next.at.x > word.at.x);
        } else {
            up += u32::from(next.at.y < word.at.y);
            down += u32::from(next.at.y > word.at.y);
        }
    }
    left > right && up > down
}

/// A word in points from the top left corner of the page as it is read.
struct Boxed {
    letters: String,
    left: f32,
    bottom: f32,
    width: f32,
    height: f32,
    line: u32,
}

impl Boxed {
    fn of(word: &Word, frame: Frame, is_turned: bool) -> Option<Self> {
        let letters = in_order_of_sight(&word.text);
        if letters.trim().is_empty() {
            return None;
        }
        let scale = frame.width / 1000.0;
        let points = |it: f32, most: f32| {
            let it = if it.is_finite() { it * scale } else { 0.0 };
            it.clamp(0.0, most)
        };
        let (left, top) = (
            points(word.at.x, frame.width),
            points(word.at.y, frame.height),
        );
        let width = points(word.at.w, frame.width).max(SIZE_MIN);
        let height = points(word.at.h, frame.height).max(SIZE_MIN);
        let (left, top) = if is_turned {
            (frame.width - left - width, frame.height - top - height)
        } else {
            (left, top)
        };
        Some(Self {
            letters,
            left,
            bottom: top + height,
            width,
            height,
            line: word.line,
        })
    }

    /// How far its letters reach over and under the baseline, in parts of the font's size; `None`
    /// for dashes, points and quotes, which tell nothing.
    fn reach(&self) -> Option<(f32, f32)> {
        let known = self.letters.chars().any(char::is_alphanumeric);
        let reach = |(up, down): (f32, f32), letter: char| {
            let (over, under) = reach_of(letter);
            (up.max(over), down.max(under))
        };
        known.then(|| self.letters.chars().fold((0.0, 0.0), reach))
    }

    /// The size that its box and letters speak for.
    fn own_size(&self) -> Option<f32> {
        let (over, under) = self.reach()?;
        Some(self.height / (over + under).max(0.3))
    }

    /// Its baseline, from the top of the page.
    fn baseline(&self, size: f32) -> Option<f32> {
        let (_, under) = self.reach()?;
        Some(self.bottom - under * size)
    }
}

/// How far a printed letter reaches over and under its baseline, in parts of the font's size; means
/// of what is usual in print.
fn reach_of(letter: char) -> (f32, f32) {
    let over = match letter {
        'a' | 'c' | 'e' | 'g' | 'm' | 'n' | 'o' | 'p' | 'q' | 'r' | 's' | 'u' | 'v' | 'w' | 'x'
        | 'y' | 'z' => 0.52,
        '.' | ',' | '_' | '…' | '„' | '‚' => 0.12,
        '-' | '–' | '—' | ':' | ';' | '+' | '=' | '~' | '·' | '•' => 0.5,
        'Ä' | 'Ö' | 'Ü' | 'É' | 'È' | 'Á' | 'À' | 'Ó' | 'Ò' => 0.9,
        _ => 0.72,
    };
    let under = match letter {
        'g' | 'j' | 'p' | 'q' | 'y' | 'ç' | 'þ' | 'ÿ' | 'µ' | '§' | '(' | ')' | '[' | ']' | '{'
        | '}' | '|' | '@' => 0.21,
        ',' | ';' | '„' | '‚' | '_' | 'Q' => 0.13,
        _ => 0.0,
    };
    (over, under)
}

fn place_line(line: &[Boxed], frame: Frame, is_turned: bool, placed: &mut Vec<Placed>) {
    let common = common_size(line);
    let sizes = line.iter().map(|it| match it.own_size() {
        Some(own) if own > common * OTHER_SIZE || own * OTHER_SIZE < common => own,
        _ => common,
    });
    let sizes: Vec<f32> = sizes.map(|it| it.max(SIZE_MIN)).collect();
    let known = line.iter().zip(&sizes).map(|(it, size)| it.baseline(*size));
    let baselines: Vec<Option<f32>> = known.collect();
    for (index, (word, size)) in line.iter().zip(&sizes).enumerate() {
        let baseline = nearest(&baselines, index).unwrap_or(word.bottom);
        let y = frame.height - baseline;
        let matrix = |x: f32| {
            if is_turned {
                [-1.0, 0.0, 0.0, -1.0, frame.width - x, frame.height - y]
            } else {
                [1.0, 0.0, 0.0, 1.0, x, y]
            }
        };
        // Words that touch are still two.
        let least = TOUCHING * size;
        let gap = line.get(index + 1).map(|next| {
            let (right, end_of_next) = (word.left + word.width, next.left + next.width);
            if end_of_next <= word.left {
                let width = (word.left - end_of_next).max(least);
                let matrix = Some(matrix(word.left - width));
                return Gap { width, matrix };
            }
            Gap {
                width: (next.left - right).max(least),
                matrix: None,
            }
        });
        let matrix = matrix(word.left);
        placed.push(Placed {
            letters: word.letters.clone(),
            matrix,
            size: *size,
            width: word.width,
            gap,
        });
    }
}

/// The size that most letters of the line speak for.
fn common_size(line: &[Boxed]) -> f32 {
    let weigh = |it: &Boxed| it.letters.chars().filter(|it| it.is_alphanumeric()).count();
    let mut sizes: Vec<(f32, usize)> = line
        .iter()
        .filter_map(|it| Some((it.own_size()?, weigh(it))))
        .collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut rest = sizes.iter().map(|it| it.1).sum::<usize>() / 2;
    for (size, weight) in &sizes {
        if rest < *weight {
            return *size;
        }
        rest -= weight;
    }
    line.iter().map(|it| it.height).fold(SIZE_MIN, f32::max)
}

/// The baseline at `index`, or of the word nearest to it that has one.
fn nearest(baselines: &[Option<f32>], index: usize) -> Option<f32> {
    let known = baselines.iter().enumerate();
    let known = known.filter_map(|(at, it)| Some((at.abs_diff(index), (*it)?)));
    known.min_by_key(|(distance, _)| *distance).map(|it| it.1)
}

/// The letters from left to right. Words are read in the order of speech, but viewers expect what
/// stands on the page and turn Hebrew and Arabic round themselves (Unicode Standard Annex 9).
fn in_order_of_sight(text: &str) -> String {
    let letters: Vec<char> = text.chars().filter(|it| is_writable(*it)).collect();
    if !letters.iter().any(|it| runs_left(*it)) {
        return letters.into_iter().collect();
    }
    let mut seen = String::new();
    for run in letters
        .chunk_by(|a, b| runs_right(*a) == runs_right(*b))
        .rev()
    {
        if run.first().is_some_and(|it| runs_right(*it)) {
            seen.extend(run);
        } else {
            seen.extend(run.iter().rev());
        }
    }
    seen
}

/// Not a control letter and not one of those that are no letters at all.
fn is_writable(letter: char) -> bool {
    !letter.is_control() && u32::from(letter) & 0xfffe != 0xfffe
}

/// Hebrew, Arabic and their neighbours.
fn runs_left(letter: char) -> bool {
    matches!(u32::from(letter),
        0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x1_0800..=0x1_0fff | 0x1_e800..=0x1_efff)
        && !runs_right(letter)
}

/// Digits and other scripts, which also stand from left to right within Hebrew and Arabic.
fn runs_right(letter: char) -> bool {
    let is_digit = matches!(u32::from(letter), 0x660..=0x669 | 0x6f0..=0x6f9);
    is_digit || letter.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::PageSource;
    use crate::domain::value::Rect;

    fn word(text: &str, (x, y, w, h): (f32, f32, f32, f32), line: u32) -> Word {
        Word {
            text: text.to_owned(),
            at: Rect { x, y, w, h },
            confidence: 0.9,
            line,
            block: 0,
        }
    }

    fn page(words: Vec<Word>) -> Page {
        Page {
            number: 1,
            source: PageSource::Ocr,
            width: 500.0,
            height: 700.0,
            words,
        }
    }

    #[test]
    fn words_of_a_line_share_size_and_baseline_whatever_their_letters() {
        // A font of 20 thousandths on the baseline at 114.4, as a recogniser boxes it.
        let placed = place(&page(vec![
            word("Haus", (100.0, 100.0, 40.0, 14.4), 0),
            word("grau", (150.0, 104.0, 40.0, 14.6), 0),
            word("-", (200.0, 108.0, 6.0, 1.5), 0),
            word("nun", (216.0, 104.0, 30.0, 10.4), 0),
        ]));
        for it in &placed {
            assert!((it.size - 10.0).abs() < 0.2, "{it:?}");
            let [.., y] = it.matrix;
            assert!((y - (700.0 - 57.2)).abs() < 0.2, "{it:?}");
        }
        let gaps: Vec<_> = placed.iter().filter_map(|it| it.gap).collect();
        assert_eq!(gaps.len(), 3);
        for gap in gaps {
            assert!(
                (gap.width - 5.0).abs() < 0.01 && gap.matrix.is_none(),
                "{gap:?}"
            );
        }
        assert!((placed[0].width - 20.0).abs() < 0.01);
    }

    #[test]
    fn a_heading_beside_small_print_keeps_its_size() {
        let placed = place(&page(vec![
            word("RECHNUNG", (100.0, 100.0, 200.0, 43.0), 0),
            word("Seite", (700.0, 128.6, 40.0, 14.4), 0),
        ]));
        assert!(placed[0].size > 2.5 * placed[1].size, "{placed:?}");
    }

    #[test]
    fn a_page_that_lies_upside_down_gets_words_upside_down() {
        let placed = place(&page(vec![
            word("eins", (800.0, 900.0, 50.0, 14.4), 0),
            word("zwei", (700.0, 900.0, 50.0, 14.4), 0),
            word("drei", (800.0, 800.0, 50.0, 14.4), 1),
            word("vier", (700.0, 800.0, 50.0, 14.4), 1),
        ]));
        let [a, .., x, y] = placed[0].matrix;
        // Its lower edge is the upper one of the box, and it begins at the right.
        assert!(
            (a + 1.0).abs() < 0.01 && (x - 425.0).abs() < 0.1,
            "{placed:?}"
        );
        assert!((y - 250.0).abs() < 0.1, "{placed:?}");
        let gap = placed[0].gap.unwrap();
        assert!((gap.width - 25.0).abs() < 0.1, "{gap:?}");
    }

    #[test]
    fn in_a_line_that_runs_to_the_left_the_space_stands_left_of_the_word() {
        let placed = place(&page(vec![
            word("שלום", (800.0, 100.0, 50.0, 14.4), 0),
            word("עולם", (730.0, 100.0, 60.0, 14.4), 0),
        ]));
        let gap = placed[0].gap.unwrap();
        let [.., x, _] = gap.matrix.unwrap();
        assert!(
            (gap.width - 5.0).abs() < 0.1 && (x - 395.0).abs() < 0.1,
            "{gap:?}"
        );
    }

    #[test]
    fn hebrew_stands_from_right_to_left_and_its_numbers_do_not() {
        assert_eq!(in_order_of_sight("שלום"), "םולש");
        assert_eq!(in_order_of_sight("א12ב"), "ב12א");
        assert_eq!(in_order_of_sight("Grüße"), "Grüße");
        assert_eq!(in_order_of_sight("a\u{0}\u{ffff}b"), "ab");
    }
}
