//! What a page draws: its glyphs with their places, where its pictures stand, and what may be a
//! drawn code. Places are in points from the page's top left corner, the page's rotation applied.

use hayro_interpret::font::{Glyph as FontGlyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, TransformExt, interpret_page,
};
use hayro_syntax::page::Page;

/// Glyphs kept of one page; a page with more is not text.
const GLYPHS_MAX: usize = 200_000;
/// Pictures and drawn squares remembered.
const REGIONS_MAX: usize = 400;
/// Sides of what may be a printed code, in points: 8 mm to 90 mm.
const CODE_SIDE: (f64, f64) = (22.0, 255.0);
/// The shorter side of a code of bars, in points: 5 mm at least.
const BARS_SHORT: f64 = 14.0;
/// How many times longer than high a code of bars is at most.
const BARS_RATIO: f64 = 12.0;
/// The shortest code of bars that is asked for, in bars.
const BARS_MIN: u32 = 16;
/// The most corners of a path that is no code.
const CORNERS_MIN: usize = 80;
/// The largest module of a drawn code, in points.
const MODULE_MAX: f64 = 8.0;

/// One glyph.
#[derive(Clone, Debug)]
pub struct Glyph {
    /// Its letters, `None` when the font does not say.
    pub text: Option<String>,
    /// Where its baseline begins.
    pub origin: Point,
    /// Which way its line runs: 0 right, 1 down, 2 left, 3 up.
    pub quadrant: u8,
    /// How far the next glyph of its line is.
    pub advance: f32,
    /// Height of its font.
    pub size: f32,
}

/// All that a page draws, as far as reading needs it.
#[derive(Debug, Default)]
pub struct Drawn {
    /// In the order of drawing.
    pub glyphs: Vec<Glyph>,
    /// How many glyphs are invisible, as those over a scan are.
    pub invisible: usize,
    /// Boxes of the pictures, within the page.
    pub pictures: Vec<Rect>,
    /// How many lines and shapes are drawn.
    pub shapes: usize,
    /// Boxes that may hold a drawn code.
    pub patterns: Vec<Rect>,
}

/// Runs the page's drawing program without painting.
pub fn draw<'a>(page: &'a Page<'a>, cache: &InterpreterCache<'a>) -> Drawn {
    let (width, height) = page.render_dimensions();
    let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let transform = page.initial_transform(true).to_kurbo();
    let settings = InterpreterSettings::default();
    let mut context = Context::new(transform, bounds, cache, page.xref(), settings);
    let mut device = Listener {
        bounds,
        drawn: Drawn::default(),
        group: None,
    };
    interpret_page(page, &mut context, &mut device);
    device.close_group();
    device.drawn
}

struct Listener {
    bounds: Rect,
    drawn: Drawn,
    /// The open group of little squares and bars.
    group: Option<Group>,
}

/// Little squares and bars drawn one after the other.
struct Group {
    area: Rect,
    squares: u32,
    /// How many of them are bars of one length.
    bars: u32,
    /// That length.
    bar: f64,
}

impl Listener {
    fn close_group(&mut self) {
        if let Some(group) = self.group.take()
            && (group.squares >= 60 || group.bars >= BARS_MIN)
        {
            self.note_pattern(group.area);
        }
    }

    fn note_pattern(&mut self, area: Rect) {
        if may_be_code(&area) && self.drawn.patterns.len() < REGIONS_MAX {
            self.drawn.patterns.push(area);
        }
    }

    fn note_shape(&mut self, area: Rect, is_code: bool) {
        self.drawn.shapes += 1;
        if !area.is_finite() {
            return;
        }
        if is_code {
            self.note_pattern(area);
        }
        // Codes are also drawn row by row, so a module may be wide, but never high; bars are high,
        // but never wide.
        let (short, long) = sides(&area);
        if short > MODULE_MAX || long > CODE_SIDE.1 || long <= 0.0 {
            return;
        }
        let is_bar = area.height() >= BARS_SHORT && area.height() >= 3.0 * area.width()
            || area.width() >= BARS_SHORT && area.width() >= 3.0 * area.height();
        if let Some(group) = &mut self.group {
            let union = group.area.union(area);
            if union.width() <= CODE_SIDE.1 && union.height() <= CODE_SIDE.1 {
                group.area = union;
                group.squares += 1;
                if is_bar && group.bars == 0 {
                    group.bar = long;
                }
                let is_alike = (0.7..=1.4).contains(&(long / group.bar.max(0.01)));
                group.bars += u32::from(is_bar && is_alike);
                return;
            }
        }
        self.close_group();
        self.group = Some(Group {
            area,
            squares: 1,
            bars: u32::from(is_bar),
            bar: if is_bar { long } else { 0.0 },
        });
    }
}

fn sides(area: &Rect) -> (f64, f64) {
    let (width, height) = (area.width(), area.height());
    (width.min(height), width.max(height))
}

fn may_be_code(area: &Rect) -> bool {
    let (width, height) = (area.width(), area.height());
    let fits = |it: f64| (CODE_SIDE.0..=CODE_SIDE.1).contains(&it);
    let (short, long) = sides(area);
    let is_square = fits(width) && fits(height) && (0.7..=1.4).contains(&(width / height));
    let is_long = fits(long) && short >= BARS_SHORT && long <= BARS_RATIO * short;
    is_square || is_long
}

/// Whether a path has as many corners as a code and no curve.
fn may_be_modules(path: &BezPath) -> bool {
    let elements = path.elements();
    let is_straight = |it: &PathEl| !matches!(it, PathEl::QuadTo(..) | PathEl::CurveTo(..));
    elements.len() >= CORNERS_MIN && elements.iter().all(is_straight)
}

impl<'a> Device<'a> for Listener {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, _: &DrawMode) {
        let area = props.transform.transform_rect_bbox(path.bounding_box());
        let is_code = path.elements().len() >= 240 || may_be_modules(path);
        self.note_shape(area, is_code);
    }

    fn draw_rect(&mut self, rect: &Rect, props: DrawProps<'a>, _: &DrawMode) {
        let area = props.transform.transform_rect_bbox(*rect);
        self.note_shape(area, false);
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let pixels = Rect::new(0.0, 0.0, image.width().into(), image.height().into());
        let area = props.transform.transform_rect_bbox(pixels);
        let visible = area.intersect(self.bounds);
        if visible.is_finite() && visible.area() > 0.0 && self.drawn.pictures.len() < REGIONS_MAX {
            self.drawn.pictures.push(visible);
            self.note_pattern(visible);
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        let glyphs = run.glyphs();
        if matches!(mode, DrawMode::Invisible) {
            self.drawn.invisible += glyphs.len();
        }
        let mut places = glyphs
            .iter()
            .map(|it| props.transform * it.transform())
            .peekable();
        let mut glyphs = glyphs.iter();
        while let (Some(place), Some(glyph)) = (places.next(), glyphs.next()) {
            if self.drawn.glyphs.len() >= GLYPHS_MAX {
                return;
            }
            let next = places.peek().map(|it| *it * Point::ZERO);
            let kept = place_glyph(glyph, place, next);
            self.drawn
                .glyphs
                .extend(kept.filter(|it| self.bounds.contains(it.origin)));
        }
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// Glyph space has 1000 units for the height of the font.
fn place_glyph(glyph: &FontGlyph<'_>, place: Affine, next: Option<Point>) -> Option<Glyph> {
    let origin = place * Point::ZERO;
    let along = place * Point::new(1000.0, 0.0) - origin;
    let up = place * Point::new(0.0, 1000.0) - origin;
    if !origin.is_finite() || !along.is_finite() || !up.is_finite() {
        return None;
    }
    let to_next = next.map(|it| (it - origin).hypot());
    let (width, mut size) = match glyph {
        FontGlyph::Outline(outline) => (outline.advance_width(), up.hypot()),
        FontGlyph::Type3(drawn) => (drawn.advance_width(), up.hypot()),
    };
    let mut advance = width.map_or(size / 2.0, |it| along.hypot() * f64::from(it) / 1000.0);
    if let FontGlyph::Type3(_) = glyph {
        // Its font has units of its own, which are not told: trust the next glyph's place.
        if let Some(distance) = to_next.filter(|it| *it > 0.0) {
            advance = distance;
            size = size.max(distance * 1.6);
        }
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::as_conversions,
        reason = "points on a page"
    )]
    let (advance, size) = (advance as f32, size as f32);
    if !(0.5..=2000.0).contains(&size) {
        return None;
    }
    let text = glyph.as_unicode().map(|it| match it {
        BfString::Char(letter) => letter.to_string(),
        BfString::String(letters) => letters,
    });
    Some(Glyph {
        text,
        origin,
        quadrant: quadrant(along.x, along.y),
        advance,
        size,
    })
}

/// Which way a line runs that goes along `x` and `y`: 0 right, 1 down, 2 left, 3 up.
pub fn quadrant(x: f64, y: f64) -> u8 {
    if x.abs() >= y.abs() {
        if x >= 0.0 { 0 } else { 2 }
    } else if y >= 0.0 {
        1
    } else {
        3
    }
}
