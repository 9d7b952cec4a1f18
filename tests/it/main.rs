//! The house as a whole: one binary, one module for each promise. `durability` also needs a broker.
#![cfg(test)]

#[expect(dead_code, reason = "the live tests ask more of the broker")]
#[path = "../live/mosquitto.rs"]
mod mosquitto;
#[path = "../fixtures/paper/paper.rs"]
mod paper;
#[path = "../live/process.rs"]
mod process;

mod daemon;
mod documents;
<<<<<<< HEAD
mod durability;
mod reading;
=======
mod mqtt;
>>>>>>> 7fca3db (tests/it: Meet a broker that misbehaves)
mod reminders;
mod samples;
mod tidy;
