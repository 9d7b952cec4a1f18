//! From bytes to pages of words, in a process of its own.

pub mod failure;
pub mod sniff;
