//! What the web promises: who may come in, what programs may rely on, what people see.

mod api;
mod archive;
mod cancel;
mod doors;
mod harness;
mod home_assistant;
mod ingress;
mod pages;
mod parts;
mod promises;
mod quiet;
mod tasks;
mod update;
