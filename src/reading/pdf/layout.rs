//! Lines to a page: which order is read, what is one block, and where each word stands.
//!
//! A page is read row by row, because a letter's tables and its «label … amount» pairs are rows.
//! Only where two columns of prose run beside each other for several lines is the left one read
//! before the right one. A block is what hangs together below each other: a paragraph, an address,
//! a column of a table.

use super::words::{Line, Piece};
use crate::domain::document::Word;
use crate::domain::value::Rect;

/// A gap of this many heights of the font parts a row into cells.
const CELL_GAP: f32 = 1.6;
/// Baselines within a block are at most this many heights of the font apart.
const LINE_PITCH: f32 = 1.9;
/// So many lines on both sides make two columns of prose.
const COLUMN_LINES: usize = 6;
/// So many letters on average make a line of prose.
const PROSE_LETTERS: usize = 25;

/// A page's frame: its size in points.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// In points.
    pub width: f32,
    /// In points.
    pub height: f32,
}

/// Words in reading order with their numbers. `lines` come with the direction they run in.
pub fn words(directions: Vec<(u8, Vec<Line>)>, frame: Frame) -> Vec<Word> {
    let mut numbering = Numbering::default();
    for (quadrant, lines) in directions {
        numbering.open.clear();
        let mut rest = lines.as_slice();
        while !rest.is_empty() {
            let (count, gutter) = columns(rest);
            let (head, tail) = rest.split_at(count.clamp(1, rest.len()));
            for line in head {
                let left = gutter.map_or(line.len(), |it| line.partition_point(|w| w.end <= it));
                numbering.place(line.get(..left).unwrap_or(line), quadrant, frame);
            }
            for line in head {
                let left = gutter.map_or(line.len(), |it| line.partition_point(|w| w.end <= it));
                numbering.place(line.get(left..).unwrap_or_default(), quadrant, frame);
            }
            rest = tail;
        }
    }
    numbering.words
}

/// How many of the first lines belong together, and the gutter that parts them, if they are two
/// columns of prose.
fn columns(lines: &[Line]) -> (usize, Option<f32>) {
    if lines.len() < COLUMN_LINES {
        return (lines.len(), None);
    }
    let starts = lines.iter().flatten().map(|it| it.start);
    let ends = lines.iter().flatten().map(|it| it.end);
    let (left, right) = (
        starts.fold(f32::MAX, f32::min),
        ends.fold(f32::MIN, f32::max),
    );
    let mut begin_of_next = lines.len();
    for step in 7..=13_u8 {
        let gutter = left + (right - left) * f32::from(step) / 20.0;
        let crosses = |line: &Line| {
            let parted = line.iter().zip(line.iter().skip(1)).any(|(a, b)| {
                a.end <= gutter && b.start > gutter && b.start - a.end < 0.8 * a.size
            });
            parted || line.iter().any(|it| it.start < gutter && it.end > gutter)
        };
        let mut begin = 0;
        while begin < lines.len() {
            let run = lines
                .iter()
                .skip(begin)
                .take_while(|it| !crosses(it))
                .count();
            let part = lines.get(begin..begin + run).unwrap_or_default();
            if is_prose(part, gutter) {
                if begin == 0 {
                    return (run, Some(gutter));
                }
                begin_of_next = begin_of_next.min(begin);
            }
            begin += run + 1;
        }
    }
    (begin_of_next, None)
}

/// Both sides of the gutter hold lines of prose.
fn is_prose(lines: &[Line], gutter: f32) -> bool {
    let side = |is_left: bool| {
        let mut count = 0;
        let mut letters = 0;
        for line in lines {
            let words = line.iter().filter(|it| (it.end <= gutter) == is_left);
            let here: usize = words.map(|it| it.text.chars().count() + 1).sum();
            count += usize::from(here > 0);
            letters += here;
        }
        count >= COLUMN_LINES && letters >= count * PROSE_LETTERS
    };
    side(true) && side(false)
}

#[derive(Default)]
struct Numbering {
    words: Vec<Word>,
    line: u32,
    blocks: u32,
    /// Blocks that may still grow: number, start, end, last baseline, size.
    open: Vec<(u32, f32, f32, f32, f32)>,
}

impl Numbering {
    /// Appends one line's words, cell by cell.
    fn place(&mut self, line: &[Piece], quadrant: u8, frame: Frame) {
        if line.is_empty() {
            return;
        }
        let mut rest = line;
        while !rest.is_empty() {
            let pairs = rest.iter().zip(rest.iter().skip(1));
            let apart = |(a, b): &(&Piece, &Piece)| b.start - a.end > CELL_GAP * a.size.min(b.size);
            let count = pairs.take_while(|it| !apart(it)).count() + 1;
            let (cell, tail) = rest.split_at(count.min(rest.len()));
            let block = self.block(cell);
            for piece in cell {
                self.words.push(Word {
                    text: piece.text.clone(),
                    at: place_on_page(piece, quadrant, frame),
                    confidence: 1.0,
                    line: self.line,
                    block,
                });
            }
            rest = tail;
        }
        self.line += 1;
    }

    /// The block above the cell that it continues, or a new one.
    fn block(&mut self, cell: &[Piece]) -> u32 {
        let start = cell.first().map_or(0.0, |it| it.start);
        let end = cell.last().map_or(start, |it| it.end);
        let size = cell.iter().map(|it| it.size).fold(0.0, f32::max);
        let baseline = cell.first().map_or(0.0, |it| it.baseline);
        let overlap = |from: f32, to: f32| end.min(to) - start.max(from);
        let above = self.open.iter_mut().filter(|(_, from, to, last, height)| {
            let alike = height.max(size) <= 1.35 * height.min(size);
            let pitch = baseline - last;
            let near = pitch > 0.0 && pitch <= LINE_PITCH * size.max(*height);
            alike && near && overlap(*from, *to) >= 0.3 * (end - start).min(to - from)
        });
        let above = above.max_by(|a, b| {
            let (a, b) = (overlap(a.1, a.2), overlap(b.1, b.2));
            a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal)
        });
        if let Some(open) = above {
            *open = (open.0, open.1.min(start), open.2.max(end), baseline, size);
            return open.0;
        }
        let number = self.blocks;
        self.blocks += 1;
        self.open.push((number, start, end, baseline, size));
        if self.open.len() > 40 {
            self.open.remove(0);
        }
        number
    }
}

/// The word's box in thousandths of the page's width.
fn place_on_page(piece: &Piece, quadrant: u8, frame: Frame) -> Rect {
    let (top, bottom) = (
        piece.baseline - 0.78 * piece.size,
        piece.baseline + 0.22 * piece.size,
    );
    let (x0, y0, x1, y1) = match quadrant {
        0 => (piece.start, top, piece.end, bottom),
        1 => (-bottom, piece.start, -top, piece.end),
        2 => (-piece.end, -bottom, -piece.start, -top),
        _ => (top, -piece.end, bottom, -piece.start),
    };
    let scale = 1000.0 / frame.width.max(1.0);
    let (x0, x1) = (x0.clamp(0.0, frame.width), x1.clamp(0.0, frame.width));
    let (y0, y1) = (y0.clamp(0.0, frame.height), y1.clamp(0.0, frame.height));
    Rect {
        x: x0 * scale,
        y: y0 * scale,
        w: (x1 - x0).max(0.0) * scale,
        h: (y1 - y0).max(0.0) * scale,
    }
}

#[cfg(test)]
mod tests {
    use hayro_interpret::kurbo::Point;

    use super::super::glyphs::Glyph;
    use super::super::words::lines;
    use super::*;

    const A4: Frame = Frame {
        width: 595.0,
        height: 842.0,
    };

    fn typed(rows: &[(f64, f64, &str)]) -> Vec<Word> {
        let mut glyphs = Vec::new();
        for (x, y, text) in rows {
            let mut at = *x;
            for letter in text.chars() {
                glyphs.push(Glyph {
                    text: Some(letter.to_string()),
                    origin: Point::new(at, *y),
                    quadrant: 0,
                    advance: 5.0,
                    size: 10.0,
                });
                at += 5.0;
            }
        }
        words(vec![(0, lines(&glyphs, 0))], A4)
    }

    #[test]
    fn an_address_and_the_block_beside_it_are_two_blocks() {
        let words = typed(&[
            (50.0, 100.0, "Frau Lehmann"),
            (400.0, 100.0, "Kundennr. 77"),
            (50.0, 112.0, "Hauptweg 3"),
            (400.0, 112.0, "Datum heute"),
        ]);
        let blocks: Vec<_> = words
            .iter()
            .map(|it| (it.text.as_str(), it.line, it.block))
            .collect();
        assert_eq!(blocks[0], ("Frau", 0, 0));
        assert_eq!(blocks[2], ("Kundennr.", 0, 1));
        assert_eq!(blocks[4], ("Hauptweg", 1, 0));
        assert_eq!(blocks[6], ("Datum", 1, 1));
    }

    #[test]
    fn columns_of_prose_are_read_one_after_the_other() {
        let left = "alle Worte links vom schmalen Steg";
        let right = "alle Worte rechts vom breiten Steg";
        let mut rows = Vec::new();
        for row in 0..8 {
            rows.push((40.0, 100.0 + 12.0 * f64::from(row), left));
            rows.push((320.0, 100.0 + 12.0 * f64::from(row), right));
        }
        let words = typed(&rows);
        let last_left = words.iter().rposition(|it| it.text == "links");
        let first_right = words.iter().position(|it| it.text == "rechts");
        assert!(last_left < first_right);
    }

    #[test]
    fn a_box_is_in_thousandths_of_the_width() {
        let words = typed(&[(59.5, 100.0, "x")]);
        let at = words[0].at;
        assert!((at.x - 100.0).abs() < 0.01, "{at:?}");
        assert!((at.w - 5.0 / 0.595).abs() < 0.01, "{at:?}");
        assert!((at.h - 10.0 / 0.595).abs() < 0.01, "{at:?}");
    }
}
