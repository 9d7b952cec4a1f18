//! Codes that are printed for machines: QR, Data Matrix, PDF417, Aztec, and codes of bars.
//!
//! Most pages carry none, so a page is searched cheaply first: lines for codes of bars
//! ([`bars`]), and a look at half its size for places that may hold a code ([`places`]). Only those
//! places are read by the dear decoders ([`matrix`]), in one preparation after another until one
//! succeeds or the page's work is spent. A small picture may be nothing but a code and is looked at
//! as a whole, too. What the codes say about a stack of sheets is told by [`separators`].

mod bars;
mod matrix;
mod places;
mod prepare;
pub mod separators;

use ::image::GrayImage;

use crate::domain::document::Code;
use crate::domain::value::Rect;
use bars::Sweep;
use places::{Area, Hint, Place};
use prepare::{Work, area, float};

/// Longer than any code holds, in bytes.
const TEXT_BYTES_MAX: usize = 8 * 1024;
/// Codes kept of one page.
const CODES_MAX: usize = 40;
/// Pixels that may be looked at on one page where something looks like a code; about 10 ns each.
const WORK: u64 = 150_000_000;
/// Pixels that may be looked at on a part that a program has painted.
const WORK_PAINTED: u64 = 15_000_000;
/// Pixels that may be looked at for one place.
const WORK_AT_PLACE: u64 = 60_000_000;
/// Pixels that may be looked at where a small picture shows nothing that looks like a code.
const WORK_BLIND: u64 = 40_000_000;
/// Up to this many pixels, a picture may be nothing but a code.
const SMALL: u64 = 1_700_000;
/// Longest side that a place is read in, in pixels; larger places are made smaller.
const PLACE_SIDE: f32 = 1100.0;

/// The share of an area that words cover where it is text; lines have as much white between them.
const TEXT_SHARE: f32 = 0.15;
/// A picture with so many words is a page, not a code.
const WORDS_OF_TEXT: usize = 12;

/// Across and down, in pixels.
type Point = (f32, f32);

/// A code on a picture.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    symbology: &'static str,
    text: String,
    /// Points on its rim, in pixels.
    corners: Vec<Point>,
}

impl Seen {
    /// `None` for what says nothing or more than a code can hold.
    fn new(symbology: &'static str, text: String, corners: Vec<Point>) -> Option<Self> {
        let fits = !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX;
        fits.then_some(Self {
            symbology,
            text,
            corners,
        })
    }

    /// Left, upper, right, lower edge.
    fn edges(&self) -> [f32; 4] {
        let all = self
            .corners
            .iter()
            .filter(|it| it.0.is_finite() && it.1.is_finite());
        all.fold([f32::MAX, f32::MAX, 0.0, 0.0], |edges, corner| {
            let [left, top, right, bottom] = edges;
            let (x, y) = *corner;
            [left.min(x), top.min(y), right.max(x), bottom.max(y)]
        })
    }

    /// Whether both stand at the same place: half of the smaller lies in the larger.
    fn overlaps(&self, other: &Self) -> bool {
        let [left, top, right, bottom] = self.edges();
        let [its_left, its_top, its_right, its_bottom] = other.edges();
        // A code that few lines cross has hardly any height.
        let rim = 2.0;
        let wide = right.min(its_right) - left.max(its_left) + rim;
        let high = bottom.min(its_bottom) - top.max(its_top) + rim;
        let own = (right - left + rim) * (bottom - top + rim);
        let its = (its_right - its_left + rim) * (its_bottom - its_top + rim);
        wide > 0.0 && high > 0.0 && wide * high > 0.4 * own.min(its)
    }

    /// Whether a good part of an area, or its own middle in it, is taken by this code.
    fn touches(&self, area: &Area) -> bool {
        let [left, top, right, bottom] = self.edges();
        let (from_x, from_y) = (float(area.x), float(area.y));
        let (to_x, to_y) = (from_x + float(area.width), from_y + float(area.height));
        let (x, y) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
        let wide = right.min(to_x) - left.max(from_x);
        let high = bottom.min(to_y) - top.max(from_y);
        let is_over =
            wide > 0.0 && high > 0.0 && wide * high > 0.2 * (to_x - from_x) * (to_y - from_y);
        is_over || (from_x..to_x).contains(&x) && (from_y..to_y).contains(&y)
    }
}

/// The codes on a picture of a page, at most 40, each with its box. Bounded by work that is counted:
/// a page without a code costs tens of milliseconds, one that seems to have some up to 1.5 seconds.
///
/// `letters` says where words have surely been read, in thousandths of the width: no code stands
/// there, and a picture with many of them is more than a code.
pub fn on_page(page: u32, picture: &GrayImage, letters: &[Rect]) -> Vec<Code> {
    codes(page, picture, letters, Source::Taken)
}

/// As [`on_page`], for a part of a page that a program has painted: what is not found there at once
/// is no code, so a logo costs little.
pub fn on_clean_part(page: u32, picture: &GrayImage) -> Vec<Code> {
    codes(page, picture, &[], Source::Painted)
}

/// How a picture came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// By a scanner or a camera.
    Taken,
    /// By a program, without grain or blur.
    Painted,
}

fn codes(page: u32, picture: &GrayImage, letters: &[Rect], source: Source) -> Vec<Code> {
    let width = float(picture.width()).max(1.0);
    let code = |seen: Seen| {
        let [left, top, right, bottom] = seen.edges();
        let scaled = |it: f32| it * 1000.0 / width;
        Code {
            symbology: seen.symbology.to_owned(),
            text: seen.text,
            page,
            at: Rect {
                x: scaled(left),
                y: scaled(top),
                w: scaled(right - left).max(0.0),
                h: scaled(bottom - top).max(0.0),
            },
        }
    };
    let letters: Vec<Rect> = letters.iter().map(|it| in_pixels(it, width)).collect();
    let seen = search(picture, &letters, source);
    seen.into_iter().map(code).collect()
}

fn in_pixels(at: &Rect, width: f32) -> Rect {
    let scaled = |it: f32| it * width / 1000.0;
    Rect {
        x: scaled(at.x),
        y: scaled(at.y),
        w: scaled(at.w),
        h: scaled(at.h),
    }
}

/// Whether words cover a good part of an area.
fn is_text(area: &Area, letters: &[Rect]) -> bool {
    let (left, top) = (float(area.x), float(area.y));
    let (right, bottom) = (left + float(area.width), top + float(area.height));
    let covered = letters.iter().map(|it| {
        let wide = right.min(it.right()) - left.max(it.x);
        let high = bottom.min(it.bottom()) - top.max(it.y);
        wide.max(0.0) * high.max(0.0)
    });
    covered.sum::<f32>() > TEXT_SHARE * (right - left) * (bottom - top)
}

fn search(picture: &GrayImage, letters: &[Rect], source: Source) -> Vec<Seen> {
    let mut found = Found::default();
    if picture.width() < 8 || picture.height() < 8 {
        return found.seen;
    }
    let is_small = area(picture) <= SMALL;
    let mut work = Work::of(match source {
        Source::Taken => WORK,
        Source::Painted => WORK_PAINTED,
    });
    for sweep in upright(picture, is_small) {
        found.add(bars::look(picture, sweep, &mut work));
    }
    for place in places_of(picture, is_small) {
        let is_text = place.hint != Hint::Corners && is_text(&place.area, letters);
        if is_text || found.seen.iter().any(|it| it.touches(&place.area)) {
            continue;
        }
        found.add(look_at(picture, &place, &mut work));
    }
    let may_be_one = is_small && source == Source::Taken && letters.len() < WORDS_OF_TEXT;
    if may_be_one && found.seen.is_empty() {
        found.add(look_blindly(picture));
    }
    found.seen
}

/// Lines along and across the page, 0.7 mm apart where it is a page at 300 dpi.
fn upright(picture: &GrayImage, is_small: bool) -> [Sweep; 2] {
    let step = |side: u32| if is_small { (side / 160).max(1) } else { 8 };
    [
        Sweep::rows(step(picture.height())),
        Sweep::columns(step(picture.width())),
    ]
}

/// Places in pixels of the picture: small modules are seen in its half, large ones in its eighth.
fn places_of(picture: &GrayImage, is_small: bool) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    let (near, times) = if is_small {
        (picture.clone(), 1)
    } else {
        (prepare::halved(picture), 2)
    };
    let far = prepare::halved(&prepare::halved(&near));
    for (view, times) in [(near, times), (far, times * 4)] {
        let places = places::find(&view).into_iter().map(|it| Place {
            area: it.area.times(times),
            ..it
        });
        all.extend(places);
    }
    all
}

#[derive(Default)]
struct Found {
    seen: Vec<Seen>,
}

impl Found {
    fn add(&mut self, more: Vec<Seen>) {
        for one in more {
            let is_known = |it: &Seen| {
                it.overlaps(&one) || (it.text == one.text && it.symbology == one.symbology)
            };
            if self.seen.len() < CODES_MAX && !self.seen.iter().any(is_known) {
                self.seen.push(one);
            }
        }
    }
}

/// Reads one place with all that its look suggests.
fn look_at(picture: &GrayImage, place: &Place, work: &mut Work) -> Vec<Seen> {
    let margin = place.area.width.max(place.area.height) / 8 + 12;
    let area = place.area.within(margin, picture.dimensions());
    let cut = prepare::part(picture, area.x, area.y, area.width, area.height);
    let side = float(area.width.max(area.height)).max(1.0);
    let factor = (PLACE_SIDE / side).min(1.0);
    let cut = if factor < 1.0 {
        prepare::scaled(&cut, factor)
    } else {
        cut
    };
    let Some(mut own) = work.part(WORK_AT_PLACE) else {
        return Vec::new();
    };
    let mut seen = match place.hint {
        Hint::Corners => {
            let seen = matrix::look(&cut, matrix::QR, matrix::FOR_CORNERS, &mut own);
            if seen.is_empty() {
                matrix::look(&cut, matrix::ALL, matrix::FOR_PATCHES, &mut own)
            } else {
                seen
            }
        }
        Hint::Patch => {
            let seen = matrix::look(&cut, matrix::ALL, matrix::FOR_PATCHES, &mut own);
            if seen.is_empty() {
                bars_at(&cut, &mut own)
            } else {
                seen
            }
        }
        Hint::Bars => bars_at(&cut, &mut own),
    };
    work.give_back(own);
    for one in &mut seen {
        one.corners.iter_mut().for_each(|it| {
            *it = (it.0 / factor + float(area.x), it.1 / factor + float(area.y));
        });
    }
    seen
}

/// How thick lines are, how far sharpened, and what is noise: for sound, grainy and blurred bars.
const BARS_AT_PLACE: [(u32, usize, f32); 4] =
    [(1, 0, 0.22), (5, 0, 0.12), (3, 3, 0.12), (7, 6, 0.12)];

/// Codes of bars that lie askew, are blurred or grainy.
fn bars_at(picture: &GrayImage, work: &mut Work) -> Vec<Seen> {
    let short = picture.width().min(picture.height());
    let step = (short / 60).max(1);
    for (thick, sharp, noise) in BARS_AT_PLACE {
        for turn in [0, 6, -6, 14, -14, 24, -24, 36, -36, 45] {
            for base in [0, 90] {
                let degrees: i16 = base + turn;
                let sweep = Sweep {
                    degrees: f32::from(degrees),
                    step,
                    thick,
                    sharp,
                    noise,
                };
                let seen = bars::look(picture, sweep, work);
                if !seen.is_empty() {
                    return seen;
                }
            }
        }
    }
    Vec::new()
}

/// A small picture that shows no sign of a code: a margin is added and everything is tried.
fn look_blindly(picture: &GrayImage) -> Vec<Seen> {
    let mut work = Work::of(WORK_BLIND);
    let margin = (picture.width().max(picture.height()) / 10).clamp(10, 60);
    let framed = prepare::with_margin(picture, margin);
    let mut seen = matrix::look(&framed, matrix::ALL, matrix::FOR_PATCHES, &mut work);
    if seen.is_empty() {
        seen = matrix::look(&framed, matrix::QR, matrix::FOR_CORNERS, &mut work);
    }
    if seen.is_empty() {
        seen = bars_at(&framed, &mut work);
    }
    let back = float(margin);
    for one in &mut seen {
        one.corners
            .iter_mut()
            .for_each(|it| *it = ((it.0 - back).max(0.0), (it.1 - back).max(0.0)));
    }
    seen
}

#[cfg(test)]
mod tests;
