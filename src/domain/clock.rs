//! The only place that asks the system for the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Before this day the system's clock is not believed: boards without a battery start in 1970, and
/// nothing is said to anybody until their time has been set. 2024-01-01T00:00:00Z.
pub const SANE_AFTER: Timestamp = Timestamp::constant(1_704_067_200, 0);

/// Where *now* comes from: the system, or a test that moves it by hand.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// Stands still until somebody moves it; milliseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(now.as_millisecond())))
    }

    /// The present moment, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the place")]
        let milliseconds = match self {
            Self::System => Timestamp::now().as_millisecond(),
            Self::Manual(moment) => moment.load(Ordering::SeqCst),
        };
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether the time has been set at all.
    pub fn is_sane(&self) -> bool {
        self.now() >= SANE_AFTER
    }

    /// Moves a manual clock; the system's clock stays as it is.
    pub fn set(&self, now: Timestamp) {
        if let Self::Manual(moment) = self {
            moment.store(now.as_millisecond(), Ordering::SeqCst);
        }
    }
}
