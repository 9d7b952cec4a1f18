//! The threads that a document may work with: pages sit on them, and halves of pages on those that
//! no page needs.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads that are allowed and idle.
#[derive(Debug, Default)]
pub struct Seats(AtomicUsize);

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Seat<'a>(&'a Seats);

impl Seats {
    /// So many, all free.
    pub const fn new(count: usize) -> Self {
        Self(AtomicUsize::new(count))
    }

    /// Somebody got up who had sat since before the seats were counted.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// One of them, if any is free.
    pub fn take(&self) -> Option<Seat<'_>> {
        let one_less = |it: usize| it.checked_sub(1);
        let taken = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        taken.is_ok().then(|| Seat(self))
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.add();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_free_again_when_it_is_left() {
        let seats = Seats::new(1);
        let taken = seats.take();
        assert!(taken.is_some());
        assert!(seats.take().is_none());
        drop(taken);
        assert!(seats.take().is_some());
    }
}
