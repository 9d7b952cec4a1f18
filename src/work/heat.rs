//! Whether this machine slows itself down because it is too hot or has too little power, as the kernel
//! tells it: a Raspberry Pi in a closed case does when pages are recognised for minutes.
//!
//! Sources: `thermal/sysfs-api` of the kernel's documentation for cooling devices; the firmware of the
//! Raspberry Pi for `get_throttled`, whose lower four bits say what is so now (under-voltage, frequency
//! capped, throttled, soft temperature limit).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the Raspberry Pi's firmware says, below the folder of the kernel's devices.
const FIRMWARE: &str = "devices/platform/soc/soc:firmware/get_throttled";
/// The bits of it that are about now.
const NOW: u32 = 0xF;
/// Where cooling devices are.
const COOLING: &str = "class/thermal";
/// Kinds of cooling devices that slow the processor down.
const SLOWING: [&str; 3] = ["cpufreq", "cpu-freq", "Processor"];

/// How a worker gives way to heat.
#[derive(Clone, Debug)]
pub struct Heat {
    /// `/sys`, or what a test has instead.
    folder: PathBuf,
    /// So long the work waits at the most; nothing waits where it is zero.
    patience: Duration,
    /// The same for all that is cloned from it.
    hot_since: Arc<Mutex<Option<Instant>>>,
}

/// What heat asks of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Go on as usual.
    Full,
    /// Begin nothing now, and look again soon.
    Wait,
    /// It was waited long enough: go on, one thing after the other.
    Slow,
}

impl Heat {
    /// Looks at this machine and waits no longer than `patience`.
    pub fn of_machine(patience: Duration) -> Self {
        Self::below(Path::new("/sys"), patience)
    }

    fn below(folder: &Path, patience: Duration) -> Self {
        Self {
            folder: folder.to_owned(),
            patience,
            hot_since: Arc::default(),
        }
    }

    /// How to go on at `now`.
    pub fn pace(&self, now: Instant) -> Pace {
        let mut hot_since = self
            .hot_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.patience.is_zero() || !self.is_throttled() {
            *hot_since = None;
            return Pace::Full;
        }
        if hot_since.is_none() {
            log::info!("this machine slows itself down (heat or power): reading waits for a while");
        }
        let since = *hot_since.get_or_insert(now);
        drop(hot_since);
        if now.duration_since(since) < self.patience {
            Pace::Wait
        } else {
            Pace::Slow
        }
    }

    fn is_throttled(&self) -> bool {
        let said = fs::read_to_string(self.folder.join(FIRMWARE)).unwrap_or_default();
        let bits = u32::from_str_radix(said.trim().trim_start_matches("0x"), 16).unwrap_or(0);
        bits & NOW != 0 || self.is_cooled()
    }

    /// Whether a cooling device holds the processor back.
    fn is_cooled(&self) -> bool {
        let Ok(found) = fs::read_dir(self.folder.join(COOLING)) else {
            return false;
        };
        let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
        found.flatten().any(|it| {
            let kind = read(it.path().join("type"));
            let slows = SLOWING.iter().any(|it| kind.contains(it));
            slows
                && read(it.path().join("cur_state"))
                    .trim()
                    .parse()
                    .unwrap_or(0_u32)
                    > 0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn put(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_machine_that_says_nothing_is_never_hot() {
        let folder = tempfile::tempdir().unwrap();
        let heat = Heat::below(folder.path(), MINUTE);
        assert_eq!(heat.pace(Instant::now()), Pace::Full);
    }

    #[test]
    fn what_the_firmware_says_of_now_counts_and_what_it_says_of_earlier_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let heat = Heat::below(folder.path(), MINUTE);
        let now = Instant::now();
        put(folder.path(), FIRMWARE, "50000\n");
        assert_eq!(heat.pace(now), Pace::Full);
        put(folder.path(), FIRMWARE, "50005\n");
        assert_eq!(heat.pace(now), Pace::Wait);
        assert_eq!(heat.pace(now + MINUTE / 2), Pace::Wait);
        assert_eq!(heat.pace(now + MINUTE), Pace::Slow);
        put(folder.path(), FIRMWARE, "0\n");
        assert_eq!(heat.pace(now + MINUTE), Pace::Full);
        // The next heat is waited for anew.
        put(folder.path(), FIRMWARE, "0x8\n");
        assert_eq!(heat.pace(now + MINUTE), Pace::Wait);
    }

    #[test]
    fn a_fan_cools_and_slows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let heat = Heat::below(folder.path(), MINUTE);
        put(
            folder.path(),
            "class/thermal/cooling_device0/type",
            "pwm-fan\n",
        );
        put(
            folder.path(),
            "class/thermal/cooling_device0/cur_state",
            "3\n",
        );
        assert_eq!(heat.pace(Instant::now()), Pace::Full);
        put(
            folder.path(),
            "class/thermal/cooling_device1/type",
            "thermal-cpufreq-0\n",
        );
        put(
            folder.path(),
            "class/thermal/cooling_device1/cur_state",
            "2\n",
        );
        assert_eq!(heat.pace(Instant::now()), Pace::Wait);
        let heedless = Heat::below(folder.path(), Duration::ZERO);
        assert_eq!(heedless.pace(Instant::now()), Pace::Full);
    }
}
