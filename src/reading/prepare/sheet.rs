//! The sheet of paper in a photo: where its corners are.
//!
//! Letters are wiped out of a small copy first, so that what is left are the edges of the sheet and
//! whatever lies around it. Straight edges that are bright inwards are gathered for each side, four
//! of them make a candidate, and the largest candidate that is brighter than its surroundings along
//! all its sides is the sheet. Where that is not clear, there is none: a scan or a screenshot has no
//! surroundings, and cutting off a part of a page would lose what stands there.

use ::image::GrayImage;

use super::edges::{Line, Plane};
use super::numbers::{real, share};
use super::shrink::shrunk_grey;
use super::warp::{Point, Quad};

/// Short side of the copy that is looked at, at least; in pixels.
const COPY_SIDE: u32 = 380;
/// Long side of the copy, at most twice that; in pixels.
const COPY_SIDE_MAX: u32 = 900;
/// Letters up to twice this height are wiped out; in pixels of the copy.
const LETTER: usize = 4;
/// A border darker than this share of the paper is not paper.
const BACKGROUND: f32 = 0.94;
/// Smallest sheet, as a share of the picture.
const AREA_MIN: f32 = 0.15;
/// Share of a side along which the sheet must be brighter than what lies outside.
const SEEN_MIN: f32 = 0.80;
/// What a side counts that the picture cuts off.
const CUT_OFF: f32 = 0.62;
/// So many sides may be cut off.
const CUT_OFF_MAX: usize = 2;
/// Of the pixels outside, more in a thousand that differ like print are print.
const PRINT_OUTSIDE_MAX: usize = 40;
/// Height of A4 over its width (ISO 216).
const A4: f32 = std::f32::consts::SQRT_2;

/// A sheet in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sheet {
    /// Its corners, in fractions of the picture's width and height.
    pub corners: Quad,
    /// Its width as a share of the picture's width, as large as it is seen.
    pub width: f32,
    /// Its height over its width.
    pub ratio: f32,
}

/// The sheet on a small grey copy of a picture, if there is one for certain.
pub fn find(small: &GrayImage) -> Option<Sheet> {
    let (short, long) = (
        small.width().min(small.height()),
        small.width().max(small.height()),
    );
    let factor = (short / COPY_SIDE).max(long / COPY_SIDE_MAX).max(1);
    let copy = shrunk_grey(small, factor);
    let plane = Plane::of(&copy)?;
    if !has_background(&plane) {
        return None;
    }
    let closed = plane.without_letters(LETTER);
    let sides = closed.bright_edges();
    let best = best_quad(&closed, &sides)?;
    if prints_outside(&plane, &best.corners) {
        return None;
    }
    Some(sheet(&best.corners, (plane.width, plane.height)))
}

/// Whether the border is darker than the paper in the middle on as many sides as a sheet must show.
fn has_background(plane: &Plane) -> bool {
    let (width, height) = (plane.width, plane.height);
    let sample = |columns: (usize, usize), rows: (usize, usize)| -> Vec<u8> {
        let lines = plane.rows().take(rows.1).skip(rows.0).step_by(2);
        lines
            .flat_map(|row| row.get(columns.0..columns.1).unwrap_or(&[]))
            .copied()
            .collect()
    };
    let mut middle = sample((width / 4, width * 3 / 4), (height / 4, height * 3 / 4));
    let paper = f32::from(share(&mut middle, 75));
    let (across, down) = ((width / 50).max(2), (height / 50).max(2));
    let borders = [
        sample((0, across), (0, height)),
        sample((width - across, width), (0, height)),
        sample((0, width), (0, down)),
        sample((0, width), (height - down, height)),
    ];
    borders
        .into_iter()
        .filter_map(|mut it| {
            let border = f32::from(share(&mut it, 60));
            (border < BACKGROUND * paper).then_some(())
        })
        .count()
        >= 4 - CUT_OFF_MAX
}

/// Four lines: left, right, top, bottom; and their crossings.
struct Candidate {
    corners: Quad,
    score: f32,
}

fn best_quad(plane: &Plane, [left, right, top, bottom]: &[Vec<Line>; 4]) -> Option<Candidate> {
    let mut best: Option<Candidate> = None;
    for (left, right) in pairs(left, right) {
        for (top, bottom) in pairs(top, bottom) {
            let sides = [left, right, top, bottom];
            let Some(corners) = crossings(sides, plane) else {
                continue;
            };
            let Some(score) = score(plane, &corners, sides) else {
                continue;
            };
            if best.as_ref().is_none_or(|it| score > it.score) {
                best = Some(Candidate { corners, score });
            }
        }
    }
    best
}

fn pairs<'a>(
    first: &'a [Line],
    second: &'a [Line],
) -> impl Iterator<Item = (&'a Line, &'a Line)> + 'a {
    first
        .iter()
        .flat_map(move |it| second.iter().map(move |other| (it, other)))
        .filter(|(near, far)| near.middle + 40.0 < far.middle)
}

/// The corners in pixels; none where the sides make no sheet that fits the picture.
fn crossings([left, right, top, bottom]: [&Line; 4], plane: &Plane) -> Option<Quad> {
    let (width, height) = (real(plane.width), real(plane.height));
    let crossing = |upright: &Line, level: &Line| -> Option<Point> {
        // x = a + b y, y = c + d x
        let under = 1.0 - upright.slope * level.slope;
        let x = (upright.at_zero() + upright.slope * level.at_zero()) / under;
        let y = level.at_zero() + level.slope * x;
        let (far, deep) = (0.02 * width, 0.02 * height);
        let fits = (-far..=width + far).contains(&x) && (-deep..=height + deep).contains(&y);
        (under.abs() > 0.3 && fits).then_some(Point { x, y })
    };
    let corners = [
        crossing(left, top)?,
        crossing(right, top)?,
        crossing(right, bottom)?,
        crossing(left, bottom)?,
    ];
    let area = area(&corners);
    (area > AREA_MIN * width * height).then_some(Quad(corners))
}

fn area(corners: &[Point; 4]) -> f32 {
    let next = corners.iter().cycle().skip(1);
    let twice: f32 = corners
        .iter()
        .zip(next)
        .map(|(a, b)| a.x * b.y - b.x * a.y)
        .sum();
    twice / 2.0
}

/// How well a candidate is a sheet; none if it is none.
fn score(plane: &Plane, corners: &Quad, sides: [&Line; 4]) -> Option<f32> {
    let [first, second, third, fourth] = corners.0;
    // Each side with the direction that leads out of the sheet.
    let ends = [
        (first, fourth, (-1.0, 0.0)),
        (second, third, (1.0, 0.0)),
        (first, second, (0.0, -1.0)),
        (fourth, third, (0.0, 1.0)),
    ];
    if sides.iter().filter(|it| it.is_border).count() > CUT_OFF_MAX {
        return None;
    }
    let mut sum = 0.0;
    for (line, (from, to, out)) in sides.into_iter().zip(ends) {
        let seen = if line.is_border {
            CUT_OFF
        } else {
            seen(plane, (from, to), out)
        };
        if !line.is_border && seen < SEEN_MIN {
            return None;
        }
        sum += seen;
    }
    let opposite = |a: f32, b: f32| a.min(b) / a.max(b).max(1.0);
    let across = opposite(first.distance(second), fourth.distance(third));
    let down = opposite(first.distance(fourth), second.distance(third));
    if across.min(down) < 0.6 {
        return None;
    }
    let share = area(&corners.0) / (real(plane.width) * real(plane.height));
    Some((sum / 4.0).powi(3) * share)
}

/// Share of a side along which it is brighter inside than outside.
fn seen(plane: &Plane, (from, to): (Point, Point), (out_x, out_y): (f32, f32)) -> f32 {
    const PLACES: usize = 48;
    let (mut counted, mut brighter) = (0, 0);
    for place in 1..PLACES {
        let part = real(place) / real(PLACES);
        let x = from.x + (to.x - from.x) * part;
        let y = from.y + (to.y - from.y) * part;
        let at = |far: f32| plane.at(x + out_x * far, y + out_y * far);
        let (Some(inside), Some(outside)) = (at(-5.0), at(4.0)) else {
            continue;
        };
        counted += 1;
        let (inside, outside) = (f32::from(inside), f32::from(outside));
        brighter += usize::from(inside > outside + 5.0 && inside > 1.04 * outside);
    }
    // A side of which half lies outside the picture is not seen.
    if counted * 2 < PLACES {
        return 0.0;
    }
    real(brighter) / real(counted)
}

/// Whether what would be cut off may be print: it differs from pixel to pixel as letters do.
fn prints_outside(plane: &Plane, corners: &Quad) -> bool {
    let [first, second, third, fourth] = corners.0;
    // A little more than the sheet, so that its own edge does not count.
    let inside = |x: f32, y: f32| {
        let beyond = |a: Point, b: Point| {
            let across = (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
            across < -4.0 * a.distance(b)
        };
        !(beyond(first, second)
            || beyond(second, third)
            || beyond(third, fourth)
            || beyond(fourth, first))
    };
    let (mut outside, mut printed) = (0_usize, 0_usize);
    for (y, (upper, lower)) in plane
        .rows()
        .zip(plane.rows().skip(1))
        .enumerate()
        .step_by(2)
    {
        let pixels = upper.iter().zip(upper.iter().skip(1)).zip(lower);
        for (x, ((here, next), below)) in pixels.enumerate().step_by(2) {
            if inside(real(x), real(y)) {
                continue;
            }
            outside += 1;
            let differs = here.abs_diff(*next).max(here.abs_diff(*below));
            printed += usize::from(differs > 45);
        }
    }
    printed * 1000 > outside * PRINT_OUTSIDE_MAX
}

/// The sheet with its corners in fractions, a hair smaller so that nothing of the table is left.
fn sheet(corners: &Quad, (width, height): (usize, usize)) -> Sheet {
    const HAIR: f32 = 0.004;
    let (width, height) = (real(width), real(height));
    let [first, second, third, fourth] = corners.0;
    let across = f32::midpoint(first.distance(second), fourth.distance(third));
    let down = f32::midpoint(first.distance(fourth), second.distance(third));
    let ratio = down / across.max(1.0);
    let near = |standard: f32| (ratio / standard - 1.0).abs() < 0.07;
    let ratio = match () {
        () if near(A4) => A4,
        () if near(1.0 / A4) => 1.0 / A4,
        () => ratio,
    };
    let middle = Point {
        x: corners.0.iter().map(|it| it.x).sum::<f32>() / 4.0,
        y: corners.0.iter().map(|it| it.y).sum::<f32>() / 4.0,
    };
    let corners = corners.0.map(|it| Point {
        x: (it.x + (middle.x - it.x) * HAIR) / width,
        y: (it.y + (middle.y - it.y) * HAIR) / height,
    });
    Sheet {
        corners: Quad(corners),
        width: across / width,
        ratio,
    }
}

#[cfg(test)]
mod tests {
    use ::image::{DynamicImage, Luma};

    use super::super::ink::tests::lines_of_text;
    use super::super::numbers::{byte, side, whole};
    use super::super::warp::{Homography, warped};
    use super::*;

    const fn point(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    /// A photo of a page whose corners lie at `corners`, on a table.
    fn photo(corners: Quad, table: u8) -> GrayImage {
        let page = lines_of_text(900, 1273);
        let (width, height) = (1200_u32, 1600_u32);
        let map = Homography::onto(&corners).unwrap();
        let mut photo = GrayImage::from_fn(width, height, |x, y| {
            Luma([table + byte((x * 7 + y * 13) % 9)])
        });
        // Each pixel of the page, finely enough that none of the photo is missed.
        for y in 0..2600_u32 {
            for x in 0..2200_u32 {
                let (across, down) = (side(x) / 2200.0, side(y) / 2600.0);
                let at = map.at(point(across, down));
                let to = (whole(at.x * side(width)), whole(at.y * side(height)));
                let (Ok(to_x), Ok(to_y)) = (u32::try_from(to.0), u32::try_from(to.1)) else {
                    continue;
                };
                if to_x < width && to_y < height {
                    let from = page.get_pixel(x * 900 / 2200, y * 1273 / 2600);
                    photo.put_pixel(to_x, to_y, *from);
                }
            }
        }
        photo
    }

    fn assert_found(corners: Quad, table: u8, tolerance: f32) -> Sheet {
        let sheet = find(&photo(corners, table)).expect("a sheet");
        for (found, drawn) in sheet.corners.0.into_iter().zip(corners.0) {
            assert!(found.distance(drawn) < tolerance, "{found:?} {drawn:?}");
        }
        sheet
    }

    #[test]
    fn a_sheet_on_a_table_is_found() {
        let corners = Quad([
            point(0.12, 0.09),
            point(0.88, 0.06),
            point(0.93, 0.94),
            point(0.07, 0.92),
        ]);
        for table in [30, 120, 190] {
            assert_found(corners, table, 0.012);
        }
    }

    #[test]
    fn a_narrow_sheet_is_found_and_keeps_its_shape() {
        let corners = Quad([
            point(0.35, 0.05),
            point(0.67, 0.07),
            point(0.70, 0.95),
            point(0.32, 0.93),
        ]);
        let sheet = assert_found(corners, 90, 0.012);
        assert!((3.0..3.8).contains(&sheet.ratio), "{sheet:?}");
    }

    #[test]
    fn a_page_that_fills_the_picture_is_left_alone() {
        let scan = lines_of_text(1200, 1600);
        assert_eq!(find(&scan), None);
        // A box on the page is no sheet on a table.
        let mut boxed = scan;
        for y in 300..900 {
            for x in 100..1100 {
                let pixel = boxed.get_pixel_mut(x, y);
                pixel.0[0] = pixel.0[0].saturating_sub(40);
            }
        }
        assert_eq!(find(&boxed), None);
    }

    #[test]
    fn print_around_a_box_is_not_cut_off() {
        let mut poster = lines_of_text(1200, 1600);
        for pixel in poster.pixels_mut() {
            pixel.0[0] /= 2;
        }
        for y in 500..1200 {
            for x in 200..1000 {
                poster.put_pixel(x, y, Luma([240]));
            }
        }
        assert_eq!(find(&poster), None);
    }

    #[test]
    fn the_sheet_becomes_the_page() {
        let corners = Quad([
            point(0.15, 0.10),
            point(0.85, 0.08),
            point(0.90, 0.93),
            point(0.10, 0.90),
        ]);
        let photo = photo(corners, 70);
        let sheet = find(&photo).unwrap();
        let map = Homography::onto(&sheet.corners).unwrap();
        let page = warped(&DynamicImage::ImageLuma8(photo), &map, (900, 1273));
        let edge = page.to_luma8().pixels().filter(|it| it.0[0] < 100).count();
        let drawn = lines_of_text(900, 1273);
        let ink = drawn.pixels().filter(|it| it.0[0] < 100).count();
        assert!(edge.abs_diff(ink) < ink / 3, "{edge} {ink}");
    }
}
