//! What a page draws: its glyphs with their places, where its pictures stand, and what may be a
//! drawn code. Places are in points from the page's top left corner, the page's rotation applied.

use hayro_interpret::font::{Glyph as FontGlyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape};
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
    /// The open group of little squares, with their count.
    group: Option<(Rect, u32)>,
}

impl Listener {
    fn close_group(&mut self) {
        if let Some((area, squares)) = self.group.take()
            && squares >= 60
        {
            self.note_pattern(area);
        }
    }

    fn note_pattern(&mut self, area: Rect) {
        if may_be_code(&area) && self.drawn.patterns.len() < REGIONS_MAX {
            self.drawn.patterns.push(area);
        }
    }

    fn note_shape(&mut self, area: Rect, elements: usize) {
        self.drawn.shapes += 1;
        if !area.is_finite() {
            return;
        }
        if elements >= 240 {
            self.note_pattern(area);
        }
        // Codes are also drawn row by row, so a module may be wide, but never high.
        if area.height() > MODULE_MAX || area.width() > CODE_SIDE.1 || area.height() <= 0.0 {
            return;
        }
        if let Some((group, squares)) = &mut self.group {
            let union = group.union(area);
            if union.width() <= CODE_SIDE.1 && union.height() <= CODE_SIDE.1 {
                *group = union;
                *squares += 1;
                return;
            }
        }
        self.close_group();
        self.group = Some((area, 1));
    }
}

fn may_be_code(area: &Rect) -> bool {
    let (width, height) = (area.width(), area.height());
    let fits = |it: f64| (CODE_SIDE.0..=CODE_SIDE.1).contains(&it);
    fits(width) && fits(height) && (0.7..=1.4).contains(&(width / height))
}

impl<'a> Device<'a> for Listener {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, _: &DrawMode) {
        let elements = path.elements().len();
        let area = props.transform.transform_rect_bbox(path.bounding_box());
        self.note_shape(area, elements);
    }

    fn draw_rect(&mut self, rect: &Rect, props: DrawProps<'a>, _: &DrawMode) {
        let area = props.transform.transform_rect_bbox(*rect);
        self.note_shape(area, 5);
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
