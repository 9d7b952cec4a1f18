//! What the web promises: who may come in, what programs may rely on, what people see.

mod api;
mod cancel;
mod archive;
mod doors;
mod harness;
mod pages;
mod parts;
