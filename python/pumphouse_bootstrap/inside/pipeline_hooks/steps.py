"""What happens before a writing call, in this order. A step that raises prevents the call."""

from __future__ import annotations

from typing import Callable

from .exclusive import hold
from .pending_packages.step import add_step
from .writing_call import WritingCall

Step = Callable[[WritingCall], None]

STEPS: list[Step] = [hold]
# What happens before packages are loaded, in `run` or by a call of its own.
LOAD_STEPS: list[Step] = []

add_step(STEPS, LOAD_STEPS)
