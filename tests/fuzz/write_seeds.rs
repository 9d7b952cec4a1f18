//! Writes the seeds, one folder for each fuzz target: `write_seeds FOLDER`.

use std::path::PathBuf;

use anyhow::{Context, Result};

mod doors;
#[path = "../fixtures/paper/paper.rs"]
mod paper;
mod seeds;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.context("usage: write_seeds FOLDER")?;
    let mut all = seeds::all()?;
    anyhow::ensure!(paper::printable(jiff::civil::date(2026, 3, 2))? > 0, "no letters");
    all.push(paper::Sheet {
        name: "conversation.wire".to_owned(),
        bytes: doors::conversation(),
    });
    for door in doors::DOORS {
        let own = folder.join(door.name);
        std::fs::create_dir_all(&own)?;
        let fits = |name: &str| door.seeds.is_empty() || door.seeds.iter().any(|it| name.ends_with(it));
        for seed in all.iter().filter(|it| fits(&it.name)) {
            std::fs::write(own.join(&seed.name), &seed.bytes)?;
        }
    }
    Ok(())
}
