//! Every sort of file that a household has: what comes out of it, and what is refused by name.

mod forms;
mod mails;
mod office;
mod pictures;
#[path = "../fixtures/paper/wrap.rs"]
mod wrap;

use workmate::reading::Limits;

/// A file of `tests/fixtures/files`.
fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/files/");
    std::fs::read([folder, name].concat()).unwrap()
}

fn limits() -> Limits {
    Limits::default()
}
