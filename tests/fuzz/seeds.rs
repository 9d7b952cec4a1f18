//! Good files of every kind, small, and the hostile ones: what mutations and fuzzing begin with.

use std::io::Cursor;

use anyhow::{Context, Result};
use data_encoding::BASE64_MIME;
use image::{DynamicImage, ImageFormat, imageops};
use jiff::civil::Date;

use crate::paper::{self, Sheet};

/// The day that all letters are dated by.
const DAY: Date = Date::constant(2026, 3, 2);

/// Good files of every kind that can be read; no picture is larger than some lines of a letter.
pub fn good() -> Result<Vec<Sheet>> {
    let samples = paper::samples(DAY)?;
    let named = |name: &str| {
        let found = samples.iter().find(|it| it.name == name);
        found.with_context(|| format!("no sample {name}"))
    };
    let mut seeds: Vec<Sheet> = samples
        .iter()
        .filter(|it| ["pdf", "txt"].contains(&it.name.rsplit('.').next().unwrap_or_default()))
        .cloned()
        .collect();
    let scan = image::load_from_memory(&named("dental-appointment.jpg")?.bytes)?;
    let lines = piece(&scan, (300, 300), (700, 260));
    let photo = image::load_from_memory(&named("parcel-card.jpg")?.bytes)?;
    let card = piece(&photo, (500, 400), (500, 300));
    for (name, picture, format) in [
        ("lines.jpg", &lines, ImageFormat::Jpeg),
        ("lines.png", &lines, ImageFormat::Png),
        ("lines.tif", &lines, ImageFormat::Tiff),
        ("card.jpg", &card, ImageFormat::Jpeg),
        ("card.png", &card, ImageFormat::Png),
        ("card.tif", &card, ImageFormat::Tiff),
        ("card.webp", &card, ImageFormat::WebP),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format)?;
        seeds.push(sheet(name, bytes.into_inner()));
    }
    let pdf = named("waterworks-invoice.pdf")?.bytes.clone();
    seeds.push(sheet("invoice.xml", invoice().into_bytes()));
    seeds.push(sheet("letter.eml", mail(&pdf).into_bytes()));
    Ok(seeds)
}

/// The good ones and the hostile ones.
pub fn all() -> Result<Vec<Sheet>> {
    let mut seeds = good()?;
    seeds.extend(paper::hostile()?);
    Ok(seeds)
}

fn sheet(name: &str, bytes: Vec<u8>) -> Sheet {
    Sheet {
        name: name.to_owned(),
        bytes,
    }
}

/// A piece of a picture, from its corner on.
fn piece(picture: &DynamicImage, (x, y): (u32, u32), (width, height): (u32, u32)) -> DynamicImage {
    if picture.color().has_color() {
        imageops::crop_imm(&picture.to_rgb8(), x, y, width, height)
            .to_image()
            .into()
    } else {
        imageops::crop_imm(&picture.to_luma8(), x, y, width, height)
            .to_image()
            .into()
    }
}

/// An e-invoice (UN/CEFACT Cross Industry Invoice).
fn invoice() -> String {
    let lines = [
        "<?xml version='1.0' encoding='UTF-8'?>",
        "<rsm:CrossIndustryInvoice xmlns:rsm=\"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100\"",
        " xmlns:ram=\"urn:ram\" xmlns:udt=\"urn:udt\">",
        "<rsm:ExchangedDocument><ram:ID>104417</ram:ID><ram:TypeCode>380</ram:TypeCode>",
        "<ram:IssueDateTime><udt:DateTimeString format=\"102\">20260223</udt:DateTimeString></ram:IssueDateTime>",
        "</rsm:ExchangedDocument><!-- <not> a tag --><rsm:SupplyChainTradeTransaction>",
        "<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty>",
        "<ram:Name>Wasserwerke Lindental &amp; S\u{f6}hne</ram:Name></ram:SellerTradeParty>",
        "</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeSettlement>",
        "<ram:SpecifiedTradePaymentTerms><ram:Description>#SKONTO#TAGE=7#PROZENT=2.00#",
        "Zahlbar innerhalb 14 Tagen netto</ram:Description></ram:SpecifiedTradePaymentTerms>",
        "<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:GrandTotalAmount>84.20</ram:GrandTotalAmount>",
        "<ram:DuePayableAmount>84.20</ram:DuePayableAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>",
        "</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction>",
        "</rsm:CrossIndustryInvoice>",
    ];
    lines.join("\n")
}

/// A mail in two shapes of text with a letter attached (RFC 2046).
fn mail(pdf: &[u8]) -> String {
    let lines = [
        "From: =?utf-8?Q?Wasserwerke_Lindental?= <post@wasserwerke.example>",
        "To: Anna Sommer <anna@home.example>, =?iso-8859-1?B?QmVu?= <ben@home.example>",
        "Subject: =?utf-8?B?SWhyZSBSZWNobnVuZw==?=",
        "Date: Mon, 2 Mar 2026 09:00:00 +0100",
        "Message-ID: <1@wasserwerke.example>",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=\"outer\"",
        "",
        "--outer",
        "Content-Type: multipart/alternative; boundary=inner",
        "",
        "--inner",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Bitte zahlen Sie 84,20 EUR bis zum 18.03.2026. Mit freundlichen Gr=C3=BC=C3=9Fen",
        "--inner",
        "Content-Type: text/html; charset=utf-8",
        "",
        "<p>Bitte <b>zahlen</b> Sie 84,20&nbsp;EUR</p>",
        "--inner--",
        "--outer",
        "Content-Type: application/pdf; name=\"rechnung.pdf\"",
        "Content-Disposition: attachment; filename*=utf-8''rechnung%20104417.pdf",
        "Content-Transfer-Encoding: base64",
        "",
    ];
    let attached = BASE64_MIME.encode(pdf);
    [&lines.join("\r\n"), "\r\n", &attached, "--outer--\r\n"].concat()
}
