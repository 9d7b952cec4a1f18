//! The commands.

pub mod parse;
