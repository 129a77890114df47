"""The limit of open files. Machines and engines often start at 1024, and allow many times that on request."""

from __future__ import annotations

import resource


def allow_descriptors(wanted: int) -> int:
    """
    Raise the limit of open files to `wanted`, or as far as allowed.

    @returns the resulting limit
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
