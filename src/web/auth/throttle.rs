//! Slows down who guesses: failed logins are counted by address and by name, whether or not the
//! name exists.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

/// How long failures are remembered, in milliseconds.
const WINDOW_MILLISECONDS: i64 = 60_000;
/// Failures from one address within the window before it must wait.
const BY_ADDRESS_MAX: u32 = 10;
/// Failures for one name within the window before it must wait.
const BY_NAME_MAX: u32 = 6;
/// Addresses and names remembered at the most.
const ENTRIES_MAX: usize = 2048;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who {
    Address(Option<IpAddr>),
    Name(String),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    since: Timestamp,
}

/// Remembers failed logins. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Throttle {
    failures: Arc<Mutex<HashMap<Who, Failures>>>,
}

impl Throttle {
    /// Whether a login from `address` as `name` (folded) must wait.
    pub fn must_wait(&self, address: Option<IpAddr>, name: &str, now: Timestamp) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |who: &Who| {
            let recent = failures.get(who).filter(|it| is_recent(it.since, now));
            recent.map_or(0, |it| it.count)
        };
        count(&Who::Address(address)) >= BY_ADDRESS_MAX
            || count(&Who::Name(name.to_owned())) >= BY_NAME_MAX
    }

    /// A login failed.
    pub fn failed(&self, address: Option<IpAddr>, name: &str, now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= ENTRIES_MAX {
            failures.retain(|_, it| is_recent(it.since, now));
        }
        if failures.len() >= ENTRIES_MAX {
            failures.clear();
        }
        let fresh = Failures {
            count: 0,
            since: now,
        };
        for who in [Who::Address(address), Who::Name(name.to_owned())] {
            let entry = failures.entry(who).or_insert(fresh);
            if !is_recent(entry.since, now) {
                *entry = fresh;
            }
            entry.count += 1;
        }
    }
}

fn is_recent(since: Timestamp, now: Timestamp) -> bool {
    // A clock that jumps back must not lock anybody out until it has caught up.
    (0..WINDOW_MILLISECONDS).contains(&(now.as_millisecond() - since.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    #[test]
    fn who_guesses_waits_a_minute_whatever_the_address() {
        let (throttle, now) = (Throttle::default(), Timestamp::UNIX_EPOCH);
        for last in 0..6 {
            let address = Some(IpAddr::from([10, 0, 0, last]));
            assert!(!throttle.must_wait(address, "anna", now));
            throttle.failed(address, "anna", now);
        }
        assert!(throttle.must_wait(None, "anna", now));
        assert!(!throttle.must_wait(None, "ben", now));
        assert!(!throttle.must_wait(None, "anna", now + 61.seconds()));
    }

    #[test]
    fn one_address_cannot_try_all_names() {
        let (throttle, now) = (Throttle::default(), Timestamp::UNIX_EPOCH);
        let address = Some(IpAddr::from([10, 0, 0, 1]));
        for number in 0..10 {
            throttle.failed(address, &format!("name{number}"), now);
        }
        assert!(throttle.must_wait(address, "another", now));
        assert!(!throttle.must_wait(Some(IpAddr::from([10, 0, 0, 2])), "another", now));
    }
}
