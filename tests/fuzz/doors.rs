//! Every door through which bytes from outside come to a parser, as a function of bytes. Fuzz targets
//! and the tests go through the same ones. A door may refuse; it must not panic, hang or grow.

use image::GrayImage;
use workmate::domain::document::{MediaType, Reading};
use workmate::domain::person::Language;
use workmate::reading::document::Job;
use workmate::reading::image::Pictures;
use workmate::reading::ocr::Engines;
use workmate::reading::pdf::PdfFile;
use workmate::reading::wire::{self, Reply, Request};
use workmate::reading::{Limits, Ocr, Passwords, Previews, ReadOptions, codes, email, sniff, text};
use workmate::understanding::{Context, understand};

/// One of them.
pub struct Door {
    pub name: &'static str,
    pub enter: fn(&[u8]),
    /// Endings of the names of the seeds that are worth trying here; none means every seed.
    pub seeds: &'static [&'static str],
}

const PICTURES: &[&str] = &[".jpg", ".png", ".tif", ".webp"];

/// All of them.
pub const DOORS: &[Door] = &[
    Door {
        name: "sniff",
        enter: sniff,
        seeds: &[],
    },
    Door {
        name: "pdf",
        enter: pdf,
        seeds: &[".pdf"],
    },
    Door {
        name: "picture",
        enter: picture,
        seeds: PICTURES,
    },
    Door {
        name: "mail",
        enter: mail,
        seeds: &[".eml"],
    },
    Door {
        name: "text",
        enter: text,
        seeds: &[".xml", ".txt"],
    },
    Door {
        name: "wire",
        enter: wire,
        seeds: &[".wire"],
    },
    Door {
        name: "codes",
        enter: codes,
        seeds: PICTURES,
    },
    Door {
        name: "document",
        enter: document,
        seeds: &[],
    },
];

/// What a file is, and why it cannot be read.
pub fn sniff(bytes: &[u8]) {
    let found = sniff::sniff(bytes);
    if found.is_none() {
        assert!(!sniff::why_not(bytes).to_string().is_empty());
    }
}

/// The text layer, the files inside, and a small picture of the first page.
pub fn pdf(bytes: &[u8]) {
    let limits = tight();
    let Ok(file) = PdfFile::open(bytes, &Passwords::default(), &limits) else {
        return;
    };
    assert!(file.parts(&limits).len() <= 50);
    if let Ok(layers) = file.text_layers(&limits)
        && let Some(layer) = layers.first()
    {
        file.drawn_codes(0, layer, &limits);
    }
    drop(file.render_small(0, &limits));
}

/// The head of a picture and its pixels, whatever kind it says it is.
pub fn picture(bytes: &[u8]) {
    let limits = tight();
    let kind = sniff::sniff(bytes).unwrap_or(MediaType::Jpeg);
    let Ok(pictures) = Pictures::open(bytes, kind, &limits) else {
        return;
    };
    for index in 0..pictures.count().min(3) {
        if let Ok(picture) = pictures.load(index) {
            assert!(picture.width > 0.0 && picture.height > 0.0 && picture.dpi > 0);
        }
    }
}

/// Head, text and attachments.
pub fn mail(bytes: &[u8]) {
    if let Ok(mail) = email::parse(bytes, &tight()) {
        assert!(mail.parts.len() <= 50);
        for part in &mail.parts {
            assert!(part.name.chars().count() <= 200);
        }
    }
}

/// Letters of any alphabet, what stands between tags, and what either wants.
pub fn text(bytes: &[u8]) {
    let plain = text::decode(bytes);
    for plain in [text::between_tags(&plain), plain] {
        if let Ok(pages) = text::pages(&plain, &tight()) {
            let reading = Reading::of_pages(MediaType::Text, pages);
            drop(understand(&reading, &context()));
        }
    }
}

/// What a hostile reader may say to the daemon, and what nobody should say to a reader.
pub fn wire(bytes: &[u8]) {
    let limits = tight();
    let mut pipe = bytes;
    while let Ok(Some((reply, _))) = wire::read::<Reply>(&mut pipe, wire::REPLY_BODY_MAX) {
        match reply {
            Reply::Page { page } => {
                if let Some(page) = wire::tame(page, &limits) {
                    for word in &page.words {
                        assert!((0.0..=1000.0).contains(&word.at.x) && word.at.w.is_finite());
                        assert!((0.0..=1.0).contains(&word.confidence));
                        assert!(!word.text.chars().any(char::is_control));
                    }
                }
            }
            Reply::Read {
                codes, attachments, ..
            } => {
                assert!(wire::tame_codes(codes, 3, &limits).len() <= 100);
                assert!(wire::tame_attachments(attachments, &limits).len() <= 50);
            }
            Reply::Hello { .. }
            | Reply::Started { .. }
            | Reply::Preview { .. }
            | Reply::Understood { .. }
            | Reply::Paper { .. }
            | Reply::ArchivePart
            | Reply::Archived
            | Reply::Failed { .. } => {}
        }
    }
    let mut pipe = bytes;
    drop(wire::read::<Request<u32>>(&mut pipe, wire::REPLY_BODY_MAX));
}

/// Codes on a picture; bytes that are none are taken for grey pixels, as many rows as there are.
pub fn codes(bytes: &[u8]) {
    let limits = Limits {
        picture_pixels_max: 2_000_000,
        ..tight()
    };
    let decoded = sniff::sniff(bytes)
        .and_then(|kind| Pictures::open(bytes, kind, &limits).ok()?.load(0).ok())
        .map(|it| it.grey);
    let width = 64_usize;
    let rows = (bytes.len() / width).min(512);
    let pixels: Vec<u8> = bytes.iter().take(rows * width).copied().collect();
    let (columns, rows) = (64, u32::try_from(rows).unwrap_or(0));
    let Some(grey) = decoded.or_else(|| GrayImage::from_raw(columns, rows, pixels)) else {
        return;
    };
    assert!(codes::on_page(1, &grey, &[]).len() <= 100);
}

/// The whole way of a document, from bytes to what it wants, without the engine that recognises
/// letters.
pub fn document(bytes: &[u8]) {
    let options = ReadOptions {
        ocr: Ocr::Off,
        previews: Previews::Make,
        limits: tight(),
        ..ReadOptions::default()
    };
    let job = Job {
        bytes,
        options: &options,
        engines: &Engines::new(None),
        sink: &|_| {},
    };
    match job.read() {
        Err(failure) => assert!(!failure.to_string().is_empty()),
        Ok((reading, _)) => drop(understand(&reading, &context())),
    }
}

fn context() -> Context {
    Context {
        received_on: jiff::civil::date(2026, 3, 2),
        language: Language::German,
        region: "DE".to_owned(),
        counsel: workmate::domain::counsel::Counsel::None,
    }
}

/// Smaller than a household's, so that a case takes milliseconds.
fn tight() -> Limits {
    Limits {
        file_bytes_max: 8 * 1024 * 1024,
        pages_max: 20,
        picture_pixels_max: 5_000_000,
        render_pixels_max: 2_000_000,
        ..Limits::default()
    }
}

/// What a reader says about a short letter: the seed of the door `wire`.
pub fn conversation() -> Vec<u8> {
    let replies = [
        "{\"what\":\"started\",\"media_type\":\"application/pdf\",\"pages\":1}",
        "{\"what\":\"page\",\"page\":{\"number\":1,\"source\":\"text_layer\",\"width\":595.0,\
         \"height\":842.0,\"words\":[{\"text\":\"Rechnung\",\"at\":{\"x\":84.0,\"y\":70.5,\"w\":90.0,\
         \"h\":12.0},\"confidence\":0.93,\"line\":0,\"block\":0}]}}",
        "{\"what\":\"read\",\"codes\":[{\"symbology\":\"qr\",\"text\":\"BCD\",\"page\":1,\"at\":{\"x\":1.0,\
         \"y\":2.0,\"w\":3.0,\"h\":4.0}}],\"children\":[],\"attachments\":[{\"name\":\"a.xml\",\
         \"media_type\":\"application/xml\",\"text\":\"<a/>\"}],\"timings\":{}}",
        "{\"what\":\"failed\",\"code\":\"damaged\",\"message\":\"the file is damaged\"}",
    ];
    let mut pipe = Vec::new();
    for reply in replies {
        let lengths = wire::lengths(reply.len(), 0).unwrap_or_default();
        pipe.extend_from_slice(&lengths);
        pipe.extend_from_slice(reply.as_bytes());
    }
    pipe
}
