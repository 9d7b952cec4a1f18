//! The house as a whole, without any other server: one binary, one module for each promise.
#![cfg(test)]

#[path = "../fixtures/paper/paper.rs"]
mod paper;

mod documents;
mod reminders;
mod samples;
mod tidy;
