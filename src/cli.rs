//! The commands.

pub mod parse;
pub mod read;
