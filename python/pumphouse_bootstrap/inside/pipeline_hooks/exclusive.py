"""The first step: wait until no other run writes with the pipeline, or to its dataset. The run has it until its end."""

from __future__ import annotations

import json
import os
import threading
import time

from .ask_bootstrap import ask
from .dataset import describe_dataset
from .description import read_description
from .signals import check_signals
from .writing_call import WritingCall

# Other calls change the working folder only.
_LOADING = frozenset(("run", "load", "sync_schema", "abort_packages", "drop_pending_packages"))
_BUSY_PAUSE_SECONDS = 0.5


class PipelineNotHeld(RuntimeError):
    """The run may not write with the pipeline. The message begins with a code of docs/operate/errors.md."""


class _Held:
    """What this process knows to be held. Child processes that are forked know it too: they are of the same run."""

    def __init__(self) -> None:
        self.questions: set[str] = set()
        self.changing = threading.Lock()


_held = _Held()


def hold(call: WritingCall) -> None:
    """Return once the run has what the call is about to write. Raises PipelineNotHeld, and what ends a wait by a signal."""
    exclusive = read_description().get("exclusive")
    if exclusive is None:
        return
    dataset = describe_dataset(call) if exclusive == "dataset" and call.method_name in _LOADING else None
    question = json.dumps({"pipeline": call.pipeline.pipeline_name, "dataset": dataset})
    with _held.changing:
        if question in _held.questions:
            return
    _ask_until_held(question)
    with _held.changing:
        _held.questions.add(question)


def _ask_until_held(question: str) -> None:
    body = json.dumps({**json.loads(question), "pid": os.getpid()}).encode()
    while True:
        try:
            answer = ask("pipeline_hold", body)
        except (OSError, ValueError) as error:
            raise PipelineNotHeld(f"pipeline_not_held: the process that started this run does not answer ({error})") from error
        state = answer.get("state")
        if state == "held":
            return
        if state != "busy":
            raise PipelineNotHeld(f"{answer.get('code')}: {answer.get('detail')}")
        check_signals()
        time.sleep(_BUSY_PAUSE_SECONDS)
