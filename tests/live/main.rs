//! workmate against real peers: mosquitto, Home Assistant, Chromium.
//!
//! Every test starts its own servers on free ports of 127.0.0.1 and ends them. Where one is not
//! installed the test fails and says how to install it: nothing is skipped.
//!
//! - `process`: starting, waiting for and ending a server
//! - `mosquitto`, `home_assistant`, `chromium`: one server each
//! - `mqtt`, `discovery`: what the tests promise
#![cfg(test)]

mod chromium;
mod discovery;
mod home_assistant;
mod mosquitto;
mod mqtt;
mod process;
