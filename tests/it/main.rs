//! The house as a whole: one binary, one module for each promise. `durability` also needs a broker.
#![cfg(test)]

#[expect(dead_code, reason = "the live tests ask more of the broker")]
#[path = "../live/mosquitto.rs"]
mod mosquitto;
#[path = "../fixtures/paper/paper.rs"]
mod paper;
#[path = "../live/process.rs"]
mod process;

mod activation;
mod addon;
mod backups;
mod codes;
mod commands;
mod daemon;
mod documents;
mod durability;
mod folder;
mod frame;
mod fuzz;
mod home_assistant;
mod hostile;
mod inputs;
mod learning;
mod lists;
mod model;
mod mqtt;
mod mqtt_again;
mod mqtt_commands;
mod mqtt_outage;
mod mqtt_people;
mod mutations;
mod outside;
mod parts;
mod photos;
mod progress;
mod reading;
mod reload;
mod reminders;
mod role;
mod samples;
mod scans;
mod senders;
mod soak;
mod tidy;
mod traces;
mod updates;
mod visitor;
mod walls;
mod ways;
mod web;
