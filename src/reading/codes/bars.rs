//! Codes of bars: lines are laid over a picture, the places where dark and light meet are measured
//! between pixels, and what reads as a code on several lines at the same place is one.
//!
//! Bars on paper are easily seen where none are, in a table or in letters, so a code needs a free
//! margin on both sides and must read the same on several lines.

mod code_128;
mod code_39;
mod ean;
mod itf;

use ::image::GrayImage;

use super::prepare::{Work, float, whole};
use super::{Point, Seen};

/// What a decoder reads from one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    symbology: &'static str,
    text: String,
    /// How many bars and spaces it has.
    elements: usize,
    /// Width of its narrowest bar, in pixels.
    module: f32,
    /// Margin that it needs on both sides, in modules.
    quiet: f32,
    /// On how many lines it must read the same.
    lines: usize,
}

type Decoder = fn(&[f32]) -> Option<Read>;
const DECODERS: [Decoder; 4] = [code_128::read, ean::read, code_39::read, itf::read];

/// The shortest code, UPC-E, has 33 bars and spaces; Code 128 of one symbol fewer.
const ELEMENTS_MIN: usize = 25;
/// Before its first bar, a code has at least this many times that bar's width free.
const FREE: f32 = 2.2;
/// Edges kept of one line.
const EDGES_MAX: usize = 4000;
/// Places remembered in one sweep.
const GROUPS_MAX: usize = 200;

/// One way to lay lines over a picture.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// Direction of the lines in degrees; 0 is along rows, 90 down columns.
    pub degrees: f32,
    /// From line to line, in pixels.
    pub step: u32,
    /// How many neighbouring pixels across the line are averaged, from 1 to 15.
    pub thick: u32,
    /// How far apart pixels are that are set against each other, in pixels; 0 for not at all.
    pub sharp: usize,
    /// Differences below this part of the line's contrast are noise.
    pub noise: f32,
}

impl Sweep {
    /// Along the rows.
    pub const fn rows(step: u32) -> Self {
        Self {
            degrees: 0.0,
            step,
            thick: 1,
            sharp: 0,
            noise: 0.22,
        }
    }

    /// Down the columns.
    pub const fn columns(step: u32) -> Self {
        Self {
            degrees: 90.0,
            ..Self::rows(step)
        }
    }
}

/// The codes that several lines of a sweep agree on.
pub fn look(picture: &GrayImage, sweep: Sweep, work: &mut Work) -> Vec<Seen> {
    let mut groups: Vec<Group> = Vec::new();
    let mut line = Line::default();
    for path in paths(picture, sweep) {
        if !work.spend(u64::from(path.count)) {
            break;
        }
        line.sample(picture, &path, sweep);
        for crossing in line.crossings(sweep.noise) {
            note(&mut groups, crossing, &path);
        }
    }
    // Sharpening also makes bars of what is none.
    agreed(groups, if sweep.sharp > 0 { 5 } else { 1 })
}

/// A line over the picture.
#[derive(Clone, Copy, Debug)]
struct Path {
    from: Point,
    step: Point,
    /// How many pixels.
    count: u32,
}

impl Path {
    fn at(&self, along: f32) -> Point {
        (
            self.from.0 + self.step.0 * along,
            self.from.1 + self.step.1 * along,
        )
    }
}

/// Parallel lines that cover the picture.
fn paths(picture: &GrayImage, sweep: Sweep) -> Vec<Path> {
    let (width, height) = (float(picture.width()), float(picture.height()));
    let is_straight = sweep.degrees.rem_euclid(90.0) < 0.01;
    let (mut sine, mut cosine) = sweep.degrees.to_radians().sin_cos();
    if is_straight {
        (sine, cosine) = (sine.round(), cosine.round());
    }
    let reach = f32::midpoint(width * sine.abs(), height * cosine.abs());
    let middle = ((width - 1.0) / 2.0, (height - 1.0) / 2.0);
    let step = float(sweep.step.max(1));
    let lines = whole((2.0 * reach / step).floor());
    let first = -float(lines) * step / 2.0 + step / 2.0;
    let mut all = Vec::new();
    for number in 0..lines {
        let offset = first + float(number) * step;
        let mut centre = (middle.0 - sine * offset, middle.1 + cosine * offset);
        if is_straight {
            // On pixels, not between them.
            centre = (centre.0.floor(), centre.1.floor());
        }
        // Where the line enters and leaves the picture.
        let (mut enter, mut leave) = (-width - height, width + height);
        for (place, direction, most) in [
            (centre.0, cosine, width - 1.0),
            (centre.1, sine, height - 1.0),
        ] {
            if direction.abs() < 1e-4 {
                if !(-0.5..=most + 0.5).contains(&place) {
                    leave = enter;
                }
                continue;
            }
            let (a, b) = (-place / direction, (most - place) / direction);
            enter = enter.max(a.min(b));
            leave = leave.min(a.max(b));
        }
        if leave - enter >= 24.0 {
            all.push(Path {
                from: (centre.0 + cosine * enter, centre.1 + sine * enter),
                step: (cosine, sine),
                count: whole((leave - enter).floor()) + 1,
            });
        }
    }
    all
}

/// A code that one line crosses, from and to in pixels along the line.
struct Crossing {
    read: Read,
    begin: f32,
    end: f32,
}

/// The pixels under a line and where they turn from light to dark and back.
#[derive(Default)]
struct Line {
    pixels: Vec<u8>,
    raw: Vec<u8>,
    edges: Vec<f32>,
    widths: Vec<f32>,
}

impl Line {
    fn sample(&mut self, picture: &GrayImage, path: &Path, sweep: Sweep) {
        self.raw.clear();
        if sweep.degrees == 0.0 && sweep.thick == 1 {
            self.raw.extend(row(picture, whole(path.from.1)));
            self.sharpen(sweep.sharp);
            return;
        }
        let thick = sweep.thick.clamp(1, 15);
        let side = (-path.step.1, path.step.0);
        let first = -(float(thick) - 1.0) / 2.0;
        for number in 0..path.count {
            let (x, y) = path.at(float(number));
            let mut sum = 0_u32;
            for across in 0..thick {
                let away = first + float(across);
                let (x, y) = (x + side.0 * away, y + side.1 * away);
                sum += u32::from(pixel(picture, x, y));
            }
            self.raw.push(u8::try_from(sum / thick).unwrap_or(u8::MAX));
        }
        self.sharpen(sweep.sharp);
    }

    fn sharpen(&mut self, reach: usize) {
        self.pixels.clear();
        if reach == 0 {
            self.pixels.extend_from_slice(&self.raw);
            return;
        }
        // Kept within the line's own range: beyond it, every edge would throw a shadow.
        let ends = |(low, high): (u8, u8), it: &u8| (low.min(*it), high.max(*it));
        let (low, high) = self.raw.iter().fold((u8::MAX, 0), ends);
        for (index, value) in self.raw.iter().enumerate() {
            let value = i32::from(*value);
            let other = |at: Option<usize>| {
                let pixel = at.and_then(|at| self.raw.get(at));
                pixel.map_or(value, |it| i32::from(*it))
            };
            let before = other(index.checked_sub(reach));
            let after = other(index.checked_add(reach));
            let sharp = 3 * value - before - after;
            let sharp = sharp.clamp(i32::from(low), i32::from(high));
            self.pixels.push(u8::try_from(sharp).unwrap_or(u8::MAX));
        }
    }

    /// What reads as a code, from either end.
    fn crossings(&mut self, noise: f32) -> Vec<Crossing> {
        self.find_edges(noise);
        let mut all = Vec::new();
        let length = float(u32::try_from(self.pixels.len()).unwrap_or(u32::MAX));
        self.decode(length, false, &mut all);
        self.edges.reverse();
        self.edges.iter_mut().for_each(|it| *it = length - *it);
        // Read from behind, the first edge must lead into the dark as well.
        if self.edges.len() % 2 == 1 {
            self.edges.remove(0);
        }
        self.decode(length, true, &mut all);
        all
    }

    /// Places where the brightness passes the middle between a peak and the next valley. Peaks and
    /// valleys are told from noise by the line's own contrast, so uneven light and blur do little.
    fn find_edges(&mut self, noise: f32) {
        self.edges.clear();
        let (least, most) = self.pixels.iter().fold((u8::MAX, 0), |(low, high), it| {
            (low.min(*it), high.max(*it))
        });
        let contrast = most.saturating_sub(least);
        if contrast < 24 {
            return;
        }
        let need =
            i32::from(u8::try_from(whole(f32::from(contrast) * noise)).unwrap_or(u8::MAX)).max(7);
        let first = self.pixels.first().map_or(0, |it| i32::from(*it));
        // The turn before, and the farthest value since.
        let (mut turn, mut far) = ((0_usize, first), (0_usize, first));
        let mut is_falling = false;
        for index in 1..self.pixels.len() {
            let value = self.pixels.get(index).map_or(0, |it| i32::from(*it));
            let (goes_on, turns) = if is_falling {
                (value < far.1, value >= far.1 + need)
            } else {
                (value > far.1, value <= far.1 - need)
            };
            if goes_on {
                far = (index, value);
            } else if turns {
                if !self.edges.is_empty() || is_falling {
                    self.note_edge(turn, far);
                }
                if self.edges.len() >= EDGES_MAX {
                    return;
                }
                turn = far;
                far = (index, value);
                is_falling = !is_falling;
            }
        }
        if is_falling || !self.edges.is_empty() {
            self.note_edge(turn, far);
        }
    }

    fn note_edge(&mut self, from: (usize, i32), to: (usize, i32)) {
        let level = from.1 + to.1;
        let falls = to.1 < from.1;
        let span = self.pixels.get(from.0..=to.0).unwrap_or_default();
        let crossed = span.windows(2).zip(from.0..).find_map(|(pair, at)| {
            let &[a, b] = pair else { return None };
            let (a, b) = (2 * i32::from(a), 2 * i32::from(b));
            let passes = if falls {
                a > level && b <= level
            } else {
                a < level && b >= level
            };
            passes.then(|| {
                let part = float_of(level - a) / float_of(b - a);
                float(u32::try_from(at).unwrap_or(u32::MAX)) + part
            })
        });
        self.edges.extend(crossed);
    }

    fn decode(&mut self, length: f32, is_reversed: bool, all: &mut Vec<Crossing>) {
        self.widths.clear();
        let pairs = self.edges.windows(2);
        self.widths
            .extend(pairs.filter_map(|it| Some(it.last()? - it.first()?)));
        let mut from = 0;
        while self.widths.len() >= from + ELEMENTS_MIN {
            let Some((bar, rest)) = self
                .widths
                .get(from..)
                .and_then(|it| Some((*it.first()?, it)))
            else {
                break;
            };
            let before = from
                .checked_sub(1)
                .and_then(|it| self.widths.get(it))
                .copied();
            let next = from + 2;
            if before.is_some_and(|it| it < bar * FREE) {
                from = next;
                continue;
            }
            let sound = |read: &Read| {
                let enough = |it: Option<f32>| it.is_none_or(|it| it >= read.quiet * read.module);
                enough(before) && enough(self.widths.get(from + read.elements).copied())
            };
            let found = DECODERS
                .iter()
                .find_map(|it| it(rest).filter(|it| sound(it)));
            let Some(read) = found else {
                from = next;
                continue;
            };
            let edge = |at: usize| self.edges.get(at).copied().unwrap_or(length);
            let (begin, end) = (edge(from), edge(from + read.elements));
            from += read.elements + 1;
            all.push(if is_reversed {
                Crossing {
                    read,
                    begin: length - end,
                    end: length - begin,
                }
            } else {
                Crossing { read, begin, end }
            });
        }
    }
}

/// The pixels of a row.
fn row(picture: &GrayImage, y: u32) -> &[u8] {
    let size = |it: u32| usize::try_from(it).unwrap_or(0);
    let (width, y) = (size(picture.width()), size(y));
    let pixels = picture.as_raw().get(y * width..(y + 1) * width);
    pixels.unwrap_or_default()
}

/// Between four pixels, in whole numbers of 1/256.
fn pixel(picture: &GrayImage, x: f32, y: f32) -> u8 {
    let (x, y) = (x.max(0.0), y.max(0.0));
    let (left, top) = (whole(x.floor()), whole(y.floor()));
    let (right, bottom) = (
        whole((x - float(left)) * 256.0),
        whole((y - float(top)) * 256.0),
    );
    let last = (
        picture.width().saturating_sub(1),
        picture.height().saturating_sub(1),
    );
    let value = |x: u32, y: u32| {
        let pixel = picture.get_pixel_checked(x.min(last.0), y.min(last.1));
        pixel.map_or(255, |it| u32::from(it.0[0]))
    };
    if right == 0 && bottom == 0 {
        return u8::try_from(value(left, top)).unwrap_or(u8::MAX);
    }
    let mix = |a: u32, b: u32, part: u32| a * (256 - part) + b * part;
    let upper = mix(value(left, top), value(left + 1, top), right);
    let lower = mix(value(left, top + 1), value(left + 1, top + 1), right);
    u8::try_from(mix(upper, lower, bottom) >> 16).unwrap_or(u8::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "sums of two brightnesses"
)]
fn float_of(level: i32) -> f32 {
    level as f32
}

/// The same text at the same place.
struct Group {
    read: Read,
    lines: usize,
    corners: Vec<Point>,
    /// Where the last line crossed it.
    last: (Point, Point),
}

fn note(groups: &mut Vec<Group>, crossing: Crossing, path: &Path) {
    let (begin, end) = (path.at(crossing.begin), path.at(crossing.end));
    let length = crossing.end - crossing.begin;
    let near = |a: Point, b: Point| (a.0 - b.0).abs().max((a.1 - b.1).abs()) < length * 0.6;
    let same = groups.iter_mut().find(|it| {
        it.read.text == crossing.read.text
            && it.read.symbology == crossing.read.symbology
            && near(it.last.0, begin)
            && near(it.last.1, end)
    });
    if let Some(group) = same {
        group.lines += 1;
        group.last = (begin, end);
        group.corners.extend([begin, end]);
    } else if groups.len() < GROUPS_MAX {
        groups.push(Group {
            read: crossing.read,
            lines: 1,
            corners: vec![begin, end],
            last: (begin, end),
        });
    }
}

/// Groups of `times` as many lines as needed, whose place few other lines read differently.
fn agreed(groups: Vec<Group>, times: usize) -> Vec<Seen> {
    let groups: Vec<(Seen, usize, usize)> = groups
        .into_iter()
        .map(|it| {
            let seen = Seen {
                symbology: it.read.symbology,
                text: it.read.text,
                corners: it.corners,
            };
            (seen, it.lines, it.read.lines * times)
        })
        .collect();
    let mut all: Vec<Seen> = Vec::new();
    for (seen, lines, need) in &groups {
        let rivals = groups
            .iter()
            .filter(|it| it.0.text != seen.text && it.0.overlaps(seen));
        let against: usize = rivals.map(|it| it.1).sum();
        if lines >= need && *lines >= 2 * against && all.iter().all(|it| !it.overlaps(seen)) {
            all.push(seen.clone());
        }
    }
    all
}

/// How far widths are from a pattern, in modules over all elements, and how much wider than meant
/// every first, third, fifth … element is, in modules, with the others as much narrower: what blur,
/// ink and light do to bars. A known growth is kept to within a third of a module.
fn fit(widths: &[f32], pattern: &[u8], growth: Option<f32>) -> (f32, f32) {
    let sum: f32 = widths.iter().sum();
    let modules: f32 = pattern.iter().map(|it| f32::from(*it)).sum();
    let scale = modules / sum.max(0.01);
    let off = || {
        let pairs = widths.iter().zip(pattern);
        pairs.map(move |(width, meant)| width * scale - f32::from(*meant))
    };
    let (mut bars, mut count) = (0.0_f32, 0.0_f32);
    for it in off().step_by(2) {
        bars += it;
        count += 1.0;
    }
    let own = bars / count.max(1.0);
    let growth = growth.map_or(own, |it| own.clamp(it - 0.33, it + 0.33));
    let signs = [growth, -growth].into_iter().cycle();
    let far = off()
        .zip(signs)
        .map(|(off, growth)| (off - growth).abs())
        .sum();
    (far, growth)
}
