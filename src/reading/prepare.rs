//! A picture of a page made ready for recognition: the sheet cut out of a photo, its perspective
//! undone, light and shadow evened out, laid straight and turned so that its letters stand.
//!
//! Everything is decided on a small grey copy ([`Plan::of`]) and then done once on the picture in its
//! full size ([`Plan::applied`]); a plan speaks of shares of the picture, so that it also fits the
//! smaller picture that people are shown. What is not certain is not done: a scan that lies straight
//! and is lit evenly stays as it is.

pub mod cut;
pub mod edges;
pub mod ink;
pub mod layout;
pub mod light;
pub mod numbers;
pub mod sheet;
pub mod shrink;
pub mod skew;
pub mod soft;
pub mod turn;
pub mod warp;

use ::image::{DynamicImage, GrayImage};

use self::ink::Ink;
use self::layout::Layout;
use self::light::{Light, Taken};
use self::numbers::{pixels, side};
use self::sheet::Sheet;
use self::turn::Turn;
use self::warp::{Homography, Point, Quad};

/// Short side of the small copy, at least; in pixels. Twice that is the most.
const COPY_SIDE: u32 = 800;
/// A page that lies less askew, in degrees, is left as it is: the engine follows its lines.
const ASKEW_MIN: f32 = 0.5;
/// So is a small picture; there each letter has so few pixels that mixing them costs more than a
/// straight line gains.
const ASKEW_MIN_SMALL: f32 = 1.5;
/// Short side of a small picture, below; in pixels. A4 at 250 dpi has 2070.
const SMALL: u32 = 2000;
/// Above this, in degrees, shears are no turn any more.
const SHEARS_MAX: f32 = 3.0;
/// Rows that stand out by this factor are rows: whether columns do is not asked.
const CERTAIN: f32 = 4.0;
/// Short side of a page cut out of a photo, at most; in pixels. A4 at 300 dpi has 2480.
const SHORT_SIDE_MAX: f32 = 2480.0;

/// What is to be done to a picture, and what the page will look like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Where the sheet is, in a photo that shows more.
    pub sheet: Option<Sheet>,
    /// The light on the page, where it is uneven.
    pub light: Option<Light>,
    /// By how much the page is to be turned clockwise so that its rows are level, in degrees; 0 for
    /// a page that lies straight.
    pub degrees: f32,
    /// By how many quarters, after that, so that its letters stand.
    pub turn: Turn,
    /// What the finished page looks like.
    pub look: Look,
}

/// What a page looks like to whoever recognises its letters.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    /// Whether its letters are known to stand, so that nobody need try them on their head.
    pub is_upright: bool,
    /// Whether something on it is printed white on dark.
    pub has_dark: bool,
    /// How its text is arranged.
    pub layout: Layout,
    /// By how much its rows descend to the right, in pixels a pixel.
    pub slope: f32,
}

impl Plan {
    /// What the picture needs.
    pub fn of(picture: &DynamicImage) -> Self {
        let short = picture.width().min(picture.height());
        Self::of_small(
            &shrink::shrunk(picture, (short / COPY_SIDE).max(1)),
            askew_min(short),
        )
    }

    /// As [`Plan::of`], of a picture that is grey already.
    pub fn of_grey(picture: &GrayImage) -> Self {
        let short = picture.width().min(picture.height());
        Self::of_small(
            &shrink::shrunk_grey(picture, (short / COPY_SIDE).max(1)),
            askew_min(short),
        )
    }

    fn of_small(small: &GrayImage, askew_min: f32) -> Self {
        let mut plan = Self {
            sheet: sheet::find(small),
            ..Self::default()
        };
        let taken = if plan.sheet.is_some() {
            Taken::ByCamera
        } else {
            Taken::Otherwise
        };
        let mut page = match plan.map(small.width(), small.height()) {
            Some((map, size)) => warp::warped_grey(small, &map, size),
            None => small.clone(),
        };
        plan.light = Light::uneven(&page, taken);
        if let Some(light) = &plan.light {
            page = light.evened_grey(page);
        }
        plan.straighten(page, askew_min);
        plan
    }

    /// Finds out how the page lies and which way up it is.
    fn straighten(&mut self, mut page: GrayImage, askew_min: f32) {
        let mut ink = Ink::of(&page);
        let mut lie = skew::lie(&ink);
        if lie.clearness < CERTAIN {
            let on_side = Turn::Right.of_grey(page.clone());
            let ink_on_side = Ink::of(&on_side);
            let lie_on_side = skew::lie(&ink_on_side);
            if turn::is_sideways(lie, lie_on_side) {
                self.turn = Turn::Right;
                (page, ink, lie) = (on_side, ink_on_side, lie_on_side);
            }
        }
        let mut slope = 0.0;
        if lie.is_clear() && lie.degrees.abs() > askew_min {
            self.degrees = lie.degrees;
            page = level_grey(&page, lie.degrees);
            ink = Ink::of(&page);
        } else if lie.is_clear() {
            slope = -lie.degrees.to_radians().tan();
        }
        let stand = turn::stand(&ink);
        if stand.is_on_head() {
            self.turn = self.turn.and_half();
        }
        self.look = Look {
            // One that was turned may have been turned wrongly: whoever reads it looks again.
            is_upright: stand.is_upright(),
            has_dark: layout::has_dark(&page),
            layout: layout::of(&page),
            slope,
        };
    }

    /// Whether pixels move: whether places on the page are others than on the picture.
    pub fn moves(&self) -> bool {
        self.sheet.is_some() || self.degrees != 0.0 || self.turn != Turn::None
    }

    /// The page.
    pub fn applied(&self, picture: DynamicImage) -> DynamicImage {
        let (width, height) = (picture.width(), picture.height());
        let mut page = match self.map(width, height) {
            Some((map, size)) => warp::warped(&picture, &map, size),
            None => picture,
        };
        if let Some(light) = &self.light {
            page = light.evened(page);
        }
        if self.sheet.is_none() && self.degrees != 0.0 {
            page = level(page, self.degrees);
        }
        self.turn.of(page)
    }

    /// Width and height of the page in points, from those of the picture.
    pub fn points(&self, (width, height): (f32, f32)) -> (f32, f32) {
        let (width, height) = match self.sheet {
            Some(sheet) => (width, width * sheet.ratio),
            None => grown((width, height), self.degrees),
        };
        match self.turn {
            Turn::None | Turn::Half => (width, height),
            Turn::Right | Turn::Left => (height, width),
        }
    }

    /// How the page cut out of a photo maps onto it, and its size in pixels.
    fn map(&self, width: u32, height: u32) -> Option<(Homography, (u32, u32))> {
        let sheet = self.sheet.as_ref()?;
        let map = Homography::onto(&sheet.corners)?.turned(self.degrees, sheet.ratio);
        let across = sheet.width * side(width);
        let short = across.min(across * sheet.ratio).max(1.0);
        let across = across * (SHORT_SIDE_MAX / short).min(1.0);
        // However far a sheet leans away, it does not hold more than the picture of it.
        let most = side(width) * side(height) * 1.5;
        let across = across.min((most / sheet.ratio.max(0.01)).sqrt());
        Some((map, (pixels(across), pixels(across * sheet.ratio))))
    }
}

/// From which angle on a picture is laid straight, in degrees.
const fn askew_min(short_side: u32) -> f32 {
    if short_side < SMALL {
        ASKEW_MIN_SMALL
    } else {
        ASKEW_MIN
    }
}

/// The sides of what a turn by a few degrees makes of a page, so that no corner is lost.
fn grown((width, height): (f32, f32), degrees: f32) -> (f32, f32) {
    if degrees.abs() <= SHEARS_MAX {
        return (width, height);
    }
    let (sine, cosine) = degrees.abs().to_radians().sin_cos();
    (
        width * cosine + height * sine,
        width * sine + height * cosine,
    )
}

fn level(page: DynamicImage, degrees: f32) -> DynamicImage {
    let Some((map, size)) = turned(page.width(), page.height(), degrees) else {
        return skew::straightened(page, degrees);
    };
    warp::warped(&page, &map, size)
}

fn level_grey(page: &GrayImage, degrees: f32) -> GrayImage {
    let Some((map, size)) = turned(page.width(), page.height(), degrees) else {
        return skew::straightened_grey(page, degrees);
    };
    warp::warped_grey(page, &map, size)
}

/// The map of a turn that is too large for shears.
fn turned(width: u32, height: u32, degrees: f32) -> Option<(Homography, (u32, u32))> {
    if degrees.abs() <= SHEARS_MAX {
        return None;
    }
    let (width, height) = (side(width), side(height));
    let (across, down) = grown((width, height), degrees);
    let (far, deep) = (across / width / 2.0, down / height / 2.0);
    let corner = |x: f32, y: f32| Point {
        x: 0.5 + x * far,
        y: 0.5 + y * deep,
    };
    let frame = Quad([
        corner(-1.0, -1.0),
        corner(1.0, -1.0),
        corner(1.0, 1.0),
        corner(-1.0, 1.0),
    ]);
    let map = Homography::onto(&frame)?.turned(degrees, down / across);
    Some((map, (pixels(across), pixels(down))))
}
