//! Which system calls are left to the reader.
//!
//! Everything that is not named here answers `EPERM`. `clone3` answers `ENOSYS`, so that the C
//! library falls back to `clone`, whose flags a filter can see: threads, but no processes.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};

/// `PR_SET_NAME`: threads name themselves.
const SET_NAME: u64 = 15;
/// `PR_SET_VMA`: newer C libraries name their memory.
const SET_VMA: u64 = 0x5356_4d41;
/// What a file descriptor may be asked (fcntl(2)). Not that a signal comes when it is ready: that
/// signal may be `SIGKILL`, and go to the daemon.
const ASKED_OF_FILES: &[libc::c_int] = &[
    libc::F_DUPFD,
    libc::F_DUPFD_CLOEXEC,
    libc::F_GETFD,
    libc::F_SETFD,
    libc::F_GETFL,
];
/// `MAP_ANONYMOUS`, `PROT_EXEC` and the like are left alone: libraries are opened at run time.
const ALLOWED: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_readlinkat,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_dup,
    libc::SYS_fadvise64,
    libc::SYS_ppoll,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_mincore,
    libc::SYS_brk,
    libc::SYS_membarrier,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getrusage,
    libc::SYS_times,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_getcpu,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Older ways to say the same, which only this processor kind has.
#[cfg(target_arch = "x86_64")]
const ALLOWED_HERE: &[libc::c_long] = &[
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_poll,
    libc::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_HERE: &[libc::c_long] = &[];

/// How files may be opened, as far as a filter can tell, which sees no paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// In every way: Landlock knows which files.
    Any,
    /// Only to be read. Tesseract's messages then go to the log, because it cannot throw them away.
    ToRead,
}

/// Why the filter could not be put up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter makes no sense on this processor.
    #[error("the filter could not be made")]
    Filter(#[from] BackendError),
    /// The kernel refused it.
    #[error("the kernel has no seccomp filters")]
    Kernel(#[from] seccompiler::Error),
}

/// Puts the filters up for this thread and those it starts.
pub fn guard(opens: Opens) -> Result<(), Error> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let no_clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let enosys = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let first = SeccompFilter::new(no_clone3, SeccompAction::Allow, enosys, arch)?;
    let eperm = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let second = SeccompFilter::new(rules(opens)?, eperm, SeccompAction::Allow, arch)?;
    // The strict one last: it would forbid putting up another.
    for filter in [first, second] {
        let program: BpfProgram = filter.try_into()?;
        seccompiler::apply_filter(&program)?;
    }
    Ok(())
}

/// The system calls that are left, some of them only with some arguments.
pub fn left() -> Result<Vec<i64>, Error> {
    Ok(rules(Opens::Any)?.into_keys().collect())
}

fn rules(opens: Opens) -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let plain = ALLOWED
        .iter()
        .chain(ALLOWED_HERE)
        .map(|it| (*it, Vec::new()));
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = plain.collect();
    open_rules(opens, &mut rules)?;
    let asked = ASKED_OF_FILES.iter().map(|it| {
        let which = u64::from(it.unsigned_abs());
        when(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, which)
    });
    rules.insert(libc::SYS_fcntl, asked.collect::<Result<_, _>>()?);
    // Of two filters the stricter answer counts: this one lets it pass, the other says `ENOSYS`.
    rules.insert(libc::SYS_clone3, Vec::new());
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    let new_thread = when(
        0,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(thread),
        thread,
    )?;
    rules.insert(libc::SYS_clone, vec![new_thread]);
    let named = when(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, SET_NAME)?;
    let memory = when(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, SET_VMA)?;
    rules.insert(libc::SYS_prctl, vec![named, memory]);
    // Limits may be looked at, not changed.
    let look = when(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![look]);
    // A crash signals itself.
    let own = u64::from(std::process::id());
    let itself = when(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)?;
    rules.insert(libc::SYS_tgkill, vec![itself]);
    Ok(rules)
}

/// `openat`, and `open` where there is one, with what they may do.
fn open_rules(
    opens: Opens,
    rules: &mut BTreeMap<i64, Vec<SeccompRule>>,
) -> Result<(), BackendError> {
    let changing = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND;
    let changing = u64::from(changing.unsigned_abs());
    let flags_at = |argument| match opens {
        Opens::Any => Ok(Vec::new()),
        Opens::ToRead => {
            let operation = SeccompCmpOp::MaskedEq(changing);
            when(argument, SeccompCmpArgLen::Dword, operation, 0).map(|it| vec![it])
        }
    };
    rules.insert(libc::SYS_openat, flags_at(2)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, flags_at(1)?);
    Ok(())
}

fn when(
    argument: u8,
    length: SeccompCmpArgLen,
    operation: SeccompCmpOp,
    value: u64,
) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(
        argument, length, operation, value,
    )?])
}
