//! Where on a picture a code may be: squares in squares as QR codes carry in three corners, and
//! patches that are as dark as light and change as often across as down. Letters have white lines
//! between them and much less ink. This look is cheap; everything dear waits for what it finds.

use ::image::GrayImage;

use super::prepare::{float, parted_locally, whole};

/// Side of a cell, in pixels of the searched picture: 1.35 mm where a page is searched at 150 dpi.
const CELL: usize = 8;
/// Cells that a patch has at least across and down: 4 mm.
const PATCH_MIN: usize = 3;
/// Places kept of one picture.
const PLACES_MAX: usize = 12;
/// Squares kept of one picture.
const FINDERS_MAX: usize = 60;
/// The smallest square in a square, in pixels: seven modules of a little more than one.
const FINDER_MIN: u32 = 8;
/// The longest run of one colour within such a square, in pixels.
const RUN_MAX: u32 = 400;

/// A box in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// What may be at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Three squares in squares: a QR code.
    Corners,
    /// Dark and light in equal parts: any code of two dimensions.
    Patch,
    /// As a patch, but changing in one direction only.
    Bars,
}

/// A place that is worth a closer look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where, without a margin.
    pub area: Area,
    /// Why.
    pub hint: Hint,
}

/// The centre of a square in a square.
#[derive(Clone, Copy, Debug)]
struct Finder {
    x: f32,
    y: f32,
    /// Width of one of its seven modules.
    module: f32,
}

/// The places of a picture, the surest first.
pub fn find(picture: &GrayImage) -> Vec<Place> {
    let plain = parted_locally(picture, 20, 14);
    let mut all = corners(&finders(&plain));
    for place in patches(&plain) {
        // A patch inside of a QR code's corners says nothing new.
        if all.len() < PLACES_MAX && !all.iter().any(|it| it.area.covers(&place.area)) {
            all.push(place);
        }
    }
    all
}

impl Area {
    /// Whether most of `other` lies within.
    fn covers(&self, other: &Self) -> bool {
        let overlap = |a: u32, a_long: u32, b: u32, b_long: u32| {
            (a + a_long).min(b + b_long).saturating_sub(a.max(b))
        };
        let wide = overlap(self.x, self.width, other.x, other.width);
        let high = overlap(self.y, self.height, other.y, other.height);
        u64::from(wide) * u64::from(high) * 10
            >= u64::from(other.width) * u64::from(other.height) * 7
    }

    /// In a picture `times` as large.
    pub const fn times(self, times: u32) -> Self {
        Self {
            x: self.x * times,
            y: self.y * times,
            width: self.width * times,
            height: self.height * times,
        }
    }

    /// With `margin` more on all sides, inside of a picture.
    pub fn within(self, margin: u32, (width, height): (u32, u32)) -> Self {
        let (x, y) = (self.x.saturating_sub(margin), self.y.saturating_sub(margin));
        let right = (self.x + self.width + margin).min(width);
        let bottom = (self.y + self.height + margin).min(height);
        Self {
            x,
            y,
            width: right.saturating_sub(x),
            height: bottom.saturating_sub(y),
        }
    }
}

/// Whether five runs are dark, light, three times dark, light, dark.
fn is_finder(runs: [u32; 5], least: u32) -> Option<f32> {
    let total: u32 = runs.iter().sum();
    if total < least {
        return None;
    }
    let module = float(total) / 7.0;
    let slack = 0.4 * module + 0.5;
    let [a, b, middle, c, d] = runs.map(float);
    let sound = [a, b, c, d].iter().all(|it| (it - module).abs() <= slack)
        && (middle - 3.0 * module).abs() <= 1.5 * slack;
    sound.then_some(module)
}

fn finders(plain: &GrayImage) -> Vec<Finder> {
    let mut all: Vec<Finder> = Vec::new();
    let width = usize::try_from(plain.width()).unwrap_or(0).max(1);
    let rows = plain.as_raw().chunks_exact(width);
    let mut runs: Vec<u32> = Vec::new();
    for (y, row) in (0_u32..).zip(rows).step_by(2) {
        // Runs of one colour, the first of them light, if only of no width.
        runs.clear();
        let (mut is_dark, mut run) = (false, 0);
        for pixel in row {
            if (*pixel == 0) == is_dark {
                run += 1;
            } else {
                runs.push(run);
                (is_dark, run) = (!is_dark, 1);
            }
        }
        runs.push(run);
        let mut begin = 0;
        for (index, window) in runs.windows(5).enumerate() {
            if index % 2 == 1
                && let Ok(five) = <[u32; 5]>::try_from(window)
                && let Some(module) = is_finder(five, FINDER_MIN)
            {
                let [dark, light, middle, ..] = five;
                let x = begin + dark + light + middle / 2;
                note_finder(&mut all, plain, (x, y), module);
            }
            begin += window.first().copied().unwrap_or(0);
        }
        if all.len() >= FINDERS_MAX {
            break;
        }
    }
    all
}

/// Keeps what looks like a finder from all sides.
fn note_finder(all: &mut Vec<Finder>, plain: &GrayImage, (x, y): (u32, u32), module: f32) {
    let is_near =
        |it: &Finder| (it.x - float(x)).abs().max((it.y - float(y)).abs()) < 2.0 * it.module + 1.0;
    if all.iter().any(is_near) {
        return;
    }
    // Down, then along both diagonals: letters have such runs in one direction, never in four.
    let Some((high, shift)) = crossed(plain, (x, y), (0, 1), FINDER_MIN) else {
        return;
    };
    let y = y.saturating_add_signed(shift);
    let is_square = (0.5..=2.0).contains(&(high / module))
        && [(1, 0), (1, 1), (1, -1)].into_iter().all(|step| {
            let least = if step.1 == 0 {
                FINDER_MIN
            } else {
                FINDER_MIN * 5 / 7
            };
            crossed(plain, (x, y), step, least).is_some()
        });
    if is_square {
        all.push(Finder {
            x: float(x),
            y: float(y),
            module: f32::midpoint(high, module),
        });
    }
}

/// The module of a finder as a line through `(x, y)` crosses it, in steps, and how far its middle is
/// from there.
fn crossed(
    plain: &GrayImage,
    (x, y): (u32, u32),
    step: (i32, i32),
    least: u32,
) -> Option<(f32, i32)> {
    // Three runs on one side: the middle, light, dark.
    let side = |direction: i32| {
        let mut runs = [0_u32; 3];
        let (mut x, mut y) = (x, y);
        for (run, dark) in runs.iter_mut().zip([true, false, true]) {
            while *run < RUN_MAX
                && plain.get_pixel_checked(x, y).map(|it| it.0[0] == 0) == Some(dark)
            {
                *run += 1;
                x = x.checked_add_signed(step.0 * direction)?;
                y = y.checked_add_signed(step.1 * direction)?;
            }
        }
        Some(runs)
    };
    let ([before, light_before, dark_before], [after, light_after, dark_after]) =
        (side(-1)?, side(1)?);
    if before == 0 || after == 0 {
        return None;
    }
    let runs = [
        dark_before,
        light_before,
        before + after - 1,
        light_after,
        dark_after,
    ];
    let module = is_finder(runs, least)?;
    let shift = (i32::try_from(after).ok()? - i32::try_from(before).ok()?) / 2;
    Some((module, shift))
}

/// Boxes around three finders of one size that stand like the corners of a square, seen from
/// anywhere; the most even ones first, each finder in one box.
fn corners(finders: &[Finder]) -> Vec<Place> {
    let mut triples: Vec<(f32, [usize; 3])> = Vec::new();
    for (index, first) in finders.iter().enumerate() {
        for (next, second) in finders.iter().enumerate().skip(index + 1) {
            if !first.is_near(second) {
                continue;
            }
            let thirds = finders.iter().enumerate().skip(next + 1);
            let thirds = thirds.filter(|(_, it)| it.is_near(first) && it.is_near(second));
            triples.extend(thirds.filter_map(|(last, third)| {
                Some((uneven([first, second, third])?, [index, next, last]))
            }));
        }
    }
    triples.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut used: Vec<usize> = Vec::new();
    let mut places = Vec::new();
    for (_, triple) in triples {
        if places.len() >= PLACES_MAX || triple.iter().any(|it| used.contains(it)) {
            continue;
        }
        used.extend(triple);
        let three: Vec<Finder> = triple
            .iter()
            .filter_map(|it| finders.get(*it))
            .copied()
            .collect();
        places.push(Place {
            area: around(&three),
            hint: Hint::Corners,
        });
    }
    places
}

impl Finder {
    /// Whether both may belong to one code: alike in size, 14 to 170 modules apart.
    fn is_near(&self, other: &Self) -> bool {
        let away = self.away(other) / f32::midpoint(self.module, other.module);
        (0.55..=1.8).contains(&(self.module / other.module)) && (10.0..=175.0).contains(&away)
    }

    fn away(&self, other: &Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// How far three points are from half of a square, 0 for not at all; `None` for too far.
fn uneven([a, b, c]: [&Finder; 3]) -> Option<f32> {
    let mut sides = [a.away(b), b.away(c), c.away(a)];
    sides.sort_by(f32::total_cmp);
    let [short, long, across] = sides;
    let legs = long / short.max(1.0);
    let right = across / short.hypot(long).max(1.0);
    ((1.0..=1.8).contains(&legs) && (0.75..=1.25).contains(&right))
        .then_some((legs - 1.0) + 2.0 * (right - 1.0).abs())
}

fn around(group: &[Finder]) -> Area {
    let module = group.iter().map(|it| it.module).fold(0.0, f32::max);
    let fold = |start: f32, pick: fn(f32, f32) -> f32, of: fn(&Finder) -> f32| {
        group.iter().map(of).fold(start, pick)
    };
    let (left, right) = (
        fold(f32::MAX, f32::min, |it| it.x),
        fold(0.0, f32::max, |it| it.x),
    );
    let (top, bottom) = (
        fold(f32::MAX, f32::min, |it| it.y),
        fold(0.0, f32::max, |it| it.y),
    );
    // The fourth corner may lie outside where the code is turned.
    let rim = 6.0 * module + 0.2 * (right - left).max(bottom - top);
    let (x, y) = (whole((left - rim).max(0.0)), whole((top - rim).max(0.0)));
    Area {
        x,
        y,
        width: whole(right + rim) - x,
        height: whole(bottom + rim) - y,
    }
}

/// What a cell shows, with its dark pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Calm,
    /// Changes across and down.
    Busy(u16),
    /// Changes in one direction.
    Striped(u16),
}

/// From the numbers of a cell's dark pixels and its changes across and down, of 64 pixels.
fn cell(dark: u16, across: u16, down: u16) -> Cell {
    if !(14..=50).contains(&dark) {
        Cell::Calm
    } else if across >= 4 && down >= 4 {
        Cell::Busy(dark)
    } else if across.max(down) >= 8 {
        Cell::Striped(dark)
    } else {
        Cell::Calm
    }
}

/// Connected cells that are not calm, larger than a word in heavy type.
fn patches(plain: &GrayImage) -> Vec<Place> {
    let width = usize::try_from(plain.width()).unwrap_or(0);
    let columns = width / CELL;
    if columns == 0 {
        return Vec::new();
    }
    let rows: Vec<&[u8]> = plain.as_raw().chunks_exact(width).collect();
    let mut cells: Vec<Cell> = Vec::new();
    for band in rows.chunks_exact(CELL) {
        cells.extend(cells_of(band, columns));
    }
    components(&mut cells, columns)
}

fn cells_of(band: &[&[u8]], columns: usize) -> Vec<Cell> {
    let mut counts = vec![(0_u16, 0_u16, 0_u16); columns];
    let small = |it: usize| u16::try_from(it).unwrap_or(u16::MAX);
    for (index, row) in band.iter().enumerate() {
        let below = band.get(index + 1).copied().unwrap_or_default();
        let pieces = row.chunks_exact(CELL).zip(
            below
                .chunks_exact(CELL)
                .map(Some)
                .chain(std::iter::repeat(None)),
        );
        for (count, (pixels, next)) in counts.iter_mut().zip(pieces) {
            count.0 += small(pixels.iter().map(|it| usize::from(*it == 0)).sum());
            count.1 += small(
                pixels
                    .windows(2)
                    .filter(|it| it.first() != it.last())
                    .count(),
            );
            let next = next.unwrap_or_default();
            count.2 += small(pixels.iter().zip(next).filter(|(a, b)| a != b).count());
        }
    }
    counts
        .into_iter()
        .map(|(dark, across, down)| cell(dark, across, down))
        .collect()
}

/// A growing patch.
struct Patch {
    least: (usize, usize),
    most: (usize, usize),
    busy: usize,
    striped: usize,
    dark: usize,
}

impl Patch {
    /// The place, if it is dark, large and full enough. Codes are half dark and fill their box;
    /// letters are a third dark in heavy type, and the lower a word is, the fuller its box.
    fn place(&self) -> Option<Place> {
        let (wide, high) = (
            self.most.0 + 1 - self.least.0,
            self.most.1 + 1 - self.least.1,
        );
        let cells = self.busy + self.striped;
        let (short, long) = (wide.min(high), wide.max(high));
        let is_striped = self.striped > self.busy;
        let full = |percent: usize| cells * 100 >= wide * high * percent;
        let is_code = if is_striped {
            self.dark >= 24 * cells
                && long >= 6
                && (short >= 4 && full(60) || short >= 3 && full(85))
        } else {
            self.dark >= 27 * cells
                && (short >= 5 && full(60)
                    || short >= 4 && long <= 10 && full(75)
                    || short >= PATCH_MIN && long <= 4 && full(85))
        };
        if !is_code {
            return None;
        }
        let pixels = |cells: usize| u32::try_from(cells * CELL).unwrap_or(0);
        Some(Place {
            area: Area {
                x: pixels(self.least.0),
                y: pixels(self.least.1),
                width: pixels(wide),
                height: pixels(high),
            },
            hint: if is_striped { Hint::Bars } else { Hint::Patch },
        })
    }
}

fn components(cells: &mut [Cell], columns: usize) -> Vec<Place> {
    let mut places: Vec<(usize, Place)> = Vec::new();
    for start in 0..cells.len() {
        if cells.get(start) == Some(&Cell::Calm) {
            continue;
        }
        let patch = grown(cells, columns, start);
        places.extend(patch.place().map(|it| (patch.busy + patch.striped, it)));
    }
    places.sort_by_key(|(cells, _)| std::cmp::Reverse(*cells));
    places.truncate(PLACES_MAX);
    places.into_iter().map(|(_, place)| place).collect()
}

/// The patch that a cell belongs to; its cells become calm.
fn grown(cells: &mut [Cell], columns: usize, start: usize) -> Patch {
    let mut patch = Patch {
        least: (usize::MAX, usize::MAX),
        most: (0, 0),
        busy: 0,
        striped: 0,
        dark: 0,
    };
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        match cells.get(at) {
            Some(Cell::Busy(dark)) => {
                patch.busy += 1;
                patch.dark += usize::from(*dark);
            }
            Some(Cell::Striped(dark)) => {
                patch.striped += 1;
                patch.dark += usize::from(*dark);
            }
            Some(Cell::Calm) | None => continue,
        }
        if let Some(cell) = cells.get_mut(at) {
            *cell = Cell::Calm;
        }
        let (x, y) = (at % columns, at / columns);
        patch.least = (patch.least.0.min(x), patch.least.1.min(y));
        patch.most = (patch.most.0.max(x), patch.most.1.max(y));
        if x > 0 {
            open.push(at - 1);
        }
        if x + 1 < columns {
            open.push(at + 1);
        }
        open.extend(at.checked_sub(columns));
        open.push(at + columns);
    }
    patch
}
