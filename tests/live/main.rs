//! workmate against real peers: mosquitto, Home Assistant, Chromium, a server of S3.
//!
//! Every test starts its own servers on free ports of 127.0.0.1 and ends them. Where one is not
//! installed the test fails and says how to install it: nothing is skipped.
//!
//! - `process`: starting, waiting for and ending a server
//! - `mosquitto`, `home_assistant`, `chromium`: one server each
//! - `house`: the daemon itself
//! - `s3`: a server of buckets
//! - `pdf_js`: the PDF viewer of Firefox, in Chromium
//! - `soak`: what the whole count is, and its figures
//! - `daemon`, `visitor`: the daemon again, and somebody who lives there, as in `tests/it`
//! - `mqtt`, `discovery`, `restarts`, `for_people`, `telephones`, `list`, `due_days`, `presence`, `chain`,
//!   `archive`, `bucket`: what the tests promise
#![cfg(test)]

mod archive;
mod bucket;
mod chain;
mod chromium;
#[expect(dead_code, reason = "the other tests ask more of it")]
#[path = "../it/daemon.rs"]
mod daemon;
mod discovery;
mod due_days;
mod for_people;
mod home_assistant;
mod house;
mod list;
mod mosquitto;
mod mqtt;
mod pdf_js;
mod presence;
mod process;
mod restarts;
mod s3;
#[path = "../it/soak.rs"]
mod soak;
mod telephones;
#[path = "../it/visitor.rs"]
mod visitor;

#[expect(dead_code, reason = "the files that hurt a reader are for other tests")]
#[path = "../fixtures/paper/paper.rs"]
mod paper;
