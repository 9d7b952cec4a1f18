//! Pictures as scanners, telephones and programs pack them.

use image::GrayImage;
use workmate::domain::document::MediaType;
use workmate::reading::image::{Picture, Pictures};
use workmate::reading::sniff;

use super::{file, limits};

fn pictures(bytes: &[u8]) -> Vec<Picture> {
    let limits = limits();
    let media_type = sniff::sniff(bytes).unwrap();
    let pictures = Pictures::open(bytes, media_type, &limits).unwrap();
    (0..pictures.count())
        .map(|it| pictures.load(it).unwrap())
        .collect()
}

/// How many pixels in a thousand are not as the pattern says.
fn wrong(picture: &image::DynamicImage, is_black: impl Fn(u32, u32) -> bool) -> usize {
    let grey: GrayImage = picture.to_luma8();
    let wrong = grey
        .enumerate_pixels()
        .filter(|(x, y, it)| (it.0[0] < 128) != is_black(*x, *y));
    wrong.count() * 1000 / grey.len().max(1)
}

fn is_pattern(x: u32, y: u32) -> bool {
    (x / 8 + y / 4).is_multiple_of(3)
}

#[test]
fn every_way_of_packing_black_and_white_is_read() {
    for name in [
        "group3.tif",
        "group3-2d.tif",
        "group3-2d-fill.tif",
        "group4.tif",
        "group4-reversed.tif",
        "group4-strips.tif",
        "rle.tif",
    ] {
        let pages = pictures(&file(name));
        assert_eq!(pages.len(), 1, "{name}");
        let colours = &pages[0].colours;
        assert_eq!((colours.width(), colours.height()), (203, 61), "{name}");
        assert_eq!(wrong(colours, is_pattern), 0, "{name}");
    }
}

#[test]
fn what_calls_white_zero_is_turned_over() {
    let mut bytes = file("group4.tif");
    // The entry of the directory that says what pixels mean.
    let at = bytes.windows(4).position(|it| it == [6, 1, 3, 0]).unwrap();
    assert_eq!(bytes[at + 8], 1);
    bytes[at + 8] = 0;
    let page = pictures(&bytes).remove(0);
    assert_eq!(wrong(&page.colours, |x, y| !is_pattern(x, y)), 0);
}

#[test]
fn a_fax_that_breaks_off_keeps_what_came() {
    let whole = file("group4.tif");
    let at = whole.windows(4).position(|it| it == [23, 1, 4, 0]).unwrap();
    let mut bytes = whole.clone();
    let length = u32::from_le_bytes(whole[at + 8..at + 12].try_into().unwrap());
    bytes[at + 8..at + 12].copy_from_slice(&(length / 2).to_le_bytes());
    let page = pictures(&bytes).remove(0);
    let missed = wrong(&page.colours, is_pattern);
    assert!((50..300).contains(&missed), "{missed}");
}

#[test]
fn a_tiff_of_several_pages_is_several_pages() {
    let pages = pictures(&file("two-pages.tif"));
    assert_eq!(pages.len(), 2);
    assert_eq!(
        wrong(&pages[1].colours, |x, y| is_pattern(202 - x, 60 - y)),
        0
    );
}

#[test]
fn colours_are_looked_up_in_their_table() {
    let page = pictures(&file("palette.tif")).remove(0);
    let colours = page.colours.to_rgb8();
    assert_eq!(colours.get_pixel(0, 0).0, [255, 255, 255]);
    assert_eq!(colours.get_pixel(8, 0).0, [200, 0, 0]);
    assert_eq!(colours.get_pixel(16, 0).0, [0, 0, 160]);
}

#[test]
fn sixteen_bits_bitmaps_and_first_frames_are_read() {
    for name in ["grey16.png", "grey16.tif", "bits.bmp"] {
        let page = pictures(&file(name)).remove(0);
        assert_eq!(wrong(&page.colours, is_pattern), 0, "{name}");
    }
    let frames = pictures(&file("two-frames.gif"));
    assert_eq!(frames.len(), 1);
    let grey = frames[0].colours.to_luma8();
    assert!(grey.get_pixel(0, 0).0[0] > 200 && grey.get_pixel(8, 0).0[0] < 128);
}

#[test]
fn inks_are_colours() {
    let page = pictures(&file("cmyk.jpg")).remove(0);
    let colours = page.colours.to_rgb8();
    let (black, red) = (colours.get_pixel(8, 32).0, colours.get_pixel(56, 32).0);
    assert!(black.iter().all(|it| *it < 30), "{black:?}");
    assert!(red[0] > 200 && red[1] < 60 && red[2] < 60, "{red:?}");
}

#[test]
fn a_photo_of_a_telephone_is_read() {
    let bytes = file("photo.heic");
    assert_eq!(sniff::sniff(&bytes), Some(MediaType::Heic));
    let page = pictures(&bytes).remove(0);
    assert_eq!((page.colours.width(), page.colours.height()), (320, 240));
    let missed = wrong(&page.colours, |x, y| (x / 32 + y / 16).is_multiple_of(3));
    assert!(missed < 20, "{missed}");
}
