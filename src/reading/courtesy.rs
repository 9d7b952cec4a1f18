//! A reader gives way: a page that is recognised a moment later is no loss, a light switch that answers
//! a second later is.

use std::fs;

/// How much the reader is nicer than whoever started it (nice(2)).
const NICER: i32 = 10;

/// Added to its share of the memory, in thousandths, where the kernel looks for who is to end (proc(5)).
const ENDS_FIRST: &str = "500";

/// Lets everything else on this machine have the processor, the disk and the memory first. What the kernel
/// refuses is left as it is: reading goes on all the same.
pub fn give_way() {
    rustix::process::nice(NICER).unwrap_or_default();
    disk_last();
    // Where memory runs out it is this process that ends, and the daemon says so.
    fs::write("/proc/self/oom_score_adj", ENDS_FIRST).unwrap_or_default();
}

/// The disk for this process only when nobody else wants it.
#[expect(unsafe_code, reason = "the C library offers it in no other way")]
fn disk_last() {
    /// `IOPRIO_WHO_PROCESS`: the process that asks, where its number is 0.
    const WHO: libc::c_int = 1;
    /// `IOPRIO_CLASS_IDLE` above the 13 bits of the class's own levels (`linux/ioprio.h`).
    const IDLE: libc::c_int = 3 << 13;
    // SAFETY: `ioprio_set` takes three numbers, touches no memory, and changes nothing but how this
    // process's reads and writes are queued (ioprio_set(2)).
    unsafe {
        libc::syscall(libc::SYS_ioprio_set, WHO, 0, IDLE);
    }
}
