//! What `make soak` does more often than the gate, and what it writes down of it.

/// A number that a longer run states in the environment, else the gate's.
pub fn count(name: &str, in_the_gate: u64) -> u64 {
    let stated = std::env::var_os(name).and_then(|it| it.into_string().ok());
    stated.map_or(in_the_gate, |it| it.parse().expect("a number"))
}

/// Leaves a line for the report of a longer run, where one is wanted (`make soak`).
pub fn note(what: &str, found: &str) {
    if let Some(folder) = std::env::var_os("SOAK_NOTES") {
        let name: String = what.chars().filter(|it| it.is_alphanumeric()).collect();
        std::fs::write(
            std::path::Path::new(&folder).join(name),
            format!("| {what} | {found} |\n"),
        )
        .unwrap();
    }
}
