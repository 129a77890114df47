"""How much a process may have open. Machines and engines often allow 1024 at first, and many times that to whoever asks."""

from __future__ import annotations

import resource


def allow_descriptors(wanted: int) -> int:
    """Has this process have so many open, or as many as it can get. @returns how many those are"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
