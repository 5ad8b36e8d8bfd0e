"""What decoders ask of the kernel, by processor. All else is refused: see `seccomp`.

C libraries ask for the size of an open file by the call that also takes a name (newfstatat).
"""

#: Numbers beyond are of kernels to come: told as unknown, so that the C library does without.
NEWEST = 470


class Calls:
    """Numbers. No dataclass: to import what makes them takes longer than all the rest."""

    def __init__(
        self,
        *,
        processor: int,
        allowed: frozenset[int],
        looking: frozenset[int],
        opening: dict[int, int],
        clone: int,
        clone3: int,
        execveat: int,
        fcntl: int,
        prlimit64: int,
        tgkill: int,
        seccomp: int,
    ) -> None:
        """`processor`: as `linux/audit.h` names it; `looking`, `opening`: at files by name, which
        only programs do, to load their libraries, and which argument tells whether to write; the
        others have a rule of their own each."""
        self.processor, self.allowed = processor, allowed
        self.looking, self.opening = looking, opening
        self.clone, self.clone3, self.execveat = clone, clone3, execveat
        self.fcntl, self.prlimit64, self.tgkill = fcntl, prlimit64, tgkill
        self.seccomp = seccomp


X86_64 = Calls(
    processor=0xC000003E,
    allowed=frozenset(
        # read write close fstat poll lseek mmap mprotect munmap brk
        {0, 1, 3, 5, 7, 8, 9, 10, 11, 12}
        # rt_sigaction rt_sigprocmask rt_sigreturn pread64 pwrite64 readv writev pipe select
        | {13, 14, 15, 17, 18, 19, 20, 22, 23}
        # sched_yield mremap msync mincore madvise dup dup2 nanosleep getpid exit uname
        | {24, 25, 26, 27, 28, 32, 33, 35, 39, 60, 63}
        # fsync fdatasync getcwd gettimeofday getrlimit getrusage sysinfo times
        | {74, 75, 79, 96, 97, 98, 99, 100}
        # getuid getgid geteuid getegid getppid getpgrp sigaltstack arch_prctl gettid futex
        | {102, 104, 107, 108, 110, 111, 131, 158, 186, 202}
        # sched_getaffinity set_tid_address restart_syscall fadvise64 clock_gettime clock_getres
        | {204, 218, 219, 221, 228, 229}
        # clock_nanosleep exit_group ppoll set_robust_list get_robust_list dup3 pipe2 getcpu
        | {230, 231, 271, 273, 274, 292, 293, 309}
        # sched_getparam sched_getscheduler getrandom membarrier rseq newfstatat
        | {143, 145, 318, 324, 334, 262}
    ),
    # stat lstat access readlink readlinkat faccessat statx faccessat2
    looking=frozenset({4, 6, 21, 89, 267, 269, 332, 439}),
    # open openat
    opening={2: 1, 257: 2},
    clone=56,
    clone3=435,
    execveat=322,
    fcntl=72,
    prlimit64=302,
    tgkill=234,
    seccomp=317,
)
AARCH64 = Calls(
    processor=0xC00000B7,
    allowed=frozenset(
        # read write readv writev pread64 pwrite64 close lseek fstat ppoll pselect6
        {63, 64, 65, 66, 67, 68, 57, 62, 80, 73, 72}
        # mmap mprotect munmap brk mremap madvise msync mincore
        | {222, 226, 215, 214, 216, 233, 227, 232}
        # rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack sched_yield dup dup3 pipe2
        | {134, 135, 139, 132, 124, 23, 24, 59}
        # nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday times
        | {101, 115, 113, 114, 169, 153}
        # getpid getppid getpgid getuid geteuid getgid getegid gettid sysinfo uname getcwd
        | {172, 173, 155, 174, 175, 176, 177, 178, 179, 160, 17}
        # exit exit_group fsync fdatasync getrusage getrlimit futex set_robust_list
        | {93, 94, 82, 83, 165, 163, 98, 99}
        # get_robust_list sched_getaffinity sched_getparam sched_getscheduler set_tid_address
        | {100, 123, 121, 120, 96}
        # restart_syscall fadvise64 getcpu getrandom membarrier rseq newfstatat
        | {128, 223, 168, 278, 283, 293, 79}
    ),
    # readlinkat faccessat statx faccessat2
    looking=frozenset({78, 48, 291, 439}),
    # openat
    opening={56: 2},
    clone=220,
    clone3=435,
    execveat=281,
    fcntl=25,
    prlimit64=261,
    tgkill=131,
    seccomp=277,
)
#: By the name that the system gives the processor.
KNOWN = {"x86_64": X86_64, "aarch64": AARCH64}
