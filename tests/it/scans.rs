//! Scans of several sheets in one PDF, made from the project's own letters.

use std::io::Cursor;
use std::sync::OnceLock;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, Luma};

use crate::paper;

/// A scanned sheet as a grey JPEG.
pub type Sheet = Vec<u8>;

/// A sample letter as a file, dated relative to today: its name with the extension.
pub fn sample(name: &str) -> Vec<u8> {
    static SAMPLES: OnceLock<Vec<paper::Sheet>> = OnceLock::new();
    let samples = SAMPLES.get_or_init(|| {
        let now = workmate::domain::clock::Clock::System.now();
        paper::samples(now.to_zoned(jiff::tz::TimeZone::system()).date()).unwrap()
    });
    let sheet = samples.iter().find(|it| it.name == name).unwrap();
    sheet.bytes.clone()
}

/// The scan of a sample letter: its file's name without the extension.
pub fn letter(name: &str) -> Sheet {
    sample(&format!("{name}.jpg"))
}

/// The same sheet with a label that carries `text` as a QR code in its upper right corner.
pub fn labelled(sheet: &Sheet, text: &str) -> Sheet {
    let mut picture = image::load_from_memory(sheet).unwrap().to_luma8();
    let left = i64::from(picture.width()) - 500;
    image::imageops::replace(&mut picture, &code(text, 12), left, 80);
    jpeg(picture)
}

/// A white sheet with nothing on it but one code that says `text`.
pub fn code_sheet(text: &str) -> Sheet {
    let mut picture = GrayImage::from_pixel(1240, 1754, Luma([250]));
    image::imageops::replace(&mut picture, &code(text, 16), 400, 500);
    jpeg(picture)
}

/// A QR code whose modules have `side` pixels, with its quiet zone.
fn code(text: &str, side: u32) -> GrayImage {
    let code = qrcode::QrCode::new(text).unwrap();
    let (width, colours) = (u32::try_from(code.width()).unwrap(), code.to_colors());
    GrayImage::from_fn((width + 8) * side, (width + 8) * side, |x, y| {
        let inside = |it: u32| (it / side).checked_sub(4).filter(|it| *it < width);
        let module = inside(x).zip(inside(y)).map(|(x, y)| y * width + x);
        let is_dark =
            module.is_some_and(|it| colours[usize::try_from(it).unwrap()] == qrcode::Color::Dark);
        Luma([if is_dark { 20 } else { 250 }])
    })
}

fn jpeg(picture: GrayImage) -> Sheet {
    let mut bytes = Cursor::new(Vec::new());
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 85);
    DynamicImage::ImageLuma8(picture)
        .write_with_encoder(encoder)
        .unwrap();
    bytes.into_inner()
}

/// A PDF with one page of A4 for each sheet; the same sheet twice stands in the file once.
pub fn pdf(sheets: &[Sheet]) -> Vec<u8> {
    let mut pictures: Vec<&Sheet> = Vec::new();
    for sheet in sheets {
        if !pictures.contains(&sheet) {
            pictures.push(sheet);
        }
    }
    let (first_picture, first_page) = (3, 3 + pictures.len());
    let kids: Vec<String> = (0..sheets.len())
        .map(|it| format!("{} 0 R", first_page + 2 * it))
        .collect();
    let mut objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            kids.join(" "),
            kids.len()
        )
        .into_bytes(),
    ];
    for picture in &pictures {
        let size = image::load_from_memory(picture).unwrap();
        let head = format!(
            "/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceGray \
             /BitsPerComponent 8 /Filter /DCTDecode",
            size.width(),
            size.height()
        );
        objects.push(stream(&head, picture));
    }
    for (number, sheet) in sheets.iter().enumerate() {
        let place = pictures.iter().position(|it| *it == sheet).unwrap();
        let content = first_page + 2 * number + 1;
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R \
                 /Resources << /XObject << /I {} 0 R >> >> >>",
                first_picture + place
            )
            .into_bytes(),
        );
        objects.push(stream("", b"q 595 0 0 842 0 0 cm /I Do Q"));
    }
    file(&objects)
}

fn stream(head: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<< {head} /Length {} >>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = String::new();
    for (number, object) in (1..).zip(objects) {
        table.extend([format!("{:010} 00000 n \n", file.len())]);
        file.extend(format!("{number} 0 obj\n").bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let (start, count) = (file.len(), objects.len() + 1);
    file.extend(
        format!(
            "xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R \
             >>\nstartxref\n{start}\n%%EOF\n"
        )
        .bytes(),
    );
    file
}
