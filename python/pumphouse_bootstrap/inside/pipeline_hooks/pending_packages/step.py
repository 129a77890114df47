"""What happens before a pipeline of a run writes: packages that an earlier attempt left are finished first."""

from __future__ import annotations

import json
import os
import time

from ..constructor import construct_again
from ..description import read_description
from ..signals import check_signals
from ..writing_call import WritingCall
from .kept_folders import AttemptFolder, is_kept_by_living, open_root, remove_tree, take_ended
from .packages import has_pending
from .doubled_rows import Finding, RepeatedTable, announce, examine, list_repeated_tables
from .finished_rows import Rows, count_packages
from .repeated_jobs import accept_loaded_rows, list_repeated
from .replaced_packages import Decision, decide, describe_rows, list_loaded_tables
from .restarted_tables import restart_tables
from .reporting import report
from .stored_folders import StoredFolders, begin_load, read_destination, set_destination
from .table_folders import create_table_folders
from .take_over import CannotContinue, Found, take_over

_VARIABLE = "PUMPHOUSE_PIPELINES"
# The calls that would write anything new. The others only prepare or repair.
_SKIPPED = ("run", "extract", "normalize", "load")
# A package that cannot be loaded must not fail every run for ever: then it is dropped, and the source is asked again.
MAX_TRIES = 5
# A repeated job does no harm here: it writes the same file again, or its rows are rejected.
_REPEATABLE = ("filesystem", "postgres")
# Folders left by several attempts are finished one after the other.
_MAX_FOLDERS = 20
# A node may be silent for longer, with the processes of its pods alive.
_MAX_WAIT_SECONDS = 30
_LOOK_EVERY_SECONDS = 0.1


class EndedBeforeSource(SystemExit):
    """Ends a run that is to finish pending packages only, with exit code 0."""


class PendingPackages:
    """The step for all pipelines of one process."""

    def __init__(self, settings: dict) -> None:
        self._local_data: str = settings["folder"]
        self._attempt: str = settings["attempt"]
        # The pipelines whose packages this run finishes without asking their sources; None for a usual run.
        self._only: set[str] | None = set(settings["finish"]) if settings.get("finish") else None
        # Where the server keeps the folders of other attempts.
        self._stored = StoredFolders() if settings.get("is_stored") else None
        # By the attempt that has a folder, and its pipeline.
        self._decisions: dict[tuple[str, str], Decision] = {}

    def before_write(self, call: WritingCall) -> None:
        """
        Finish what is pending. Raises what dlt raises when a package cannot be loaded, and EndedBeforeSource. In a run that
        only finishes packages, answers calls of other pipelines.
        """
        arguments = read_destination(call) if call.method_name in ("run", "load") else {}
        result = self._finish_all(call.pipeline, arguments)
        if self._only is not None and call.method_name in _SKIPPED:
            self._end_or_skip(call, result)

    def _finish_all(self, pipeline, arguments: dict):
        if getattr(pipeline, "dev_mode", False):
            # dlt deletes the folder of such a pipeline whenever it is constructed.
            return None
        opened = self._open()
        if opened is None:
            return None
        root, own = opened
        try:
            if not self._is_kept(pipeline, own) or self._has_own(pipeline, own):
                return None
            return self._finish_folders(root, own, pipeline, arguments)
        finally:
            own.close()
            os.close(root)

    def _open(self) -> tuple[int, AttemptFolder] | None:
        try:
            local_data = os.open(self._local_data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            root = open_root(local_data, create=False)
        except OSError:
            # The run has removed it.
            return None
        finally:
            os.close(local_data)
        try:
            return root, AttemptFolder(root, self._attempt)
        except OSError:
            os.close(root)
            return None

    def _is_kept(self, pipeline, own: AttemptFolder) -> bool:
        """Report whether the pipeline works in the attempt's folder, and not where its code or its settings say."""
        try:
            found, folder = os.stat(pipeline.pipelines_dir), os.fstat(own.descriptor)
        except OSError:
            return False
        return os.path.samestat(found, folder)

    def _has_own(self, pipeline, own: AttemptFolder) -> bool:
        with own.opened_pipeline(pipeline.pipeline_name) as folder:
            return folder is not None and has_pending(folder)

    def _finish_folders(self, root: int, own: AttemptFolder, pipeline, arguments: dict):
        result, skip = None, 0
        if self._stored is not None:
            self._stored.take(pipeline.pipeline_name)
        _await_end_of_others(root, own.attempt, pipeline.pipeline_name)
        if not _has_others(root, own.attempt, pipeline.pipeline_name):
            return None
        set_destination(pipeline, arguments)
        for _ in range(_MAX_FOLDERS):
            try:
                taken = take_over(root, own, pipeline, skip, lambda found: self._decide(pipeline.pipeline_name, found))
            except CannotContinue as error:
                report("unusable", pipeline.pipeline_name, {}, [], str(error))
                skip += 1
                continue
            if taken is None:
                break
            done = self._finish(own, pipeline, *taken, arguments)
            result = result if done is None else done
        return result

    def _decide(self, name: str, found: Found) -> Decision:
        key = (found.attempt, name)
        if key not in self._decisions:
            self._decisions[key] = decide(found.origin)
            if self._decisions[key].is_left:
                report("left", name, found.origin, found.packages, self._decisions[key].reason)
        return self._decisions[key]

    def _finish(self, own: AttemptFolder, pipeline, found: Found, decision: Decision, arguments: dict):
        name, tries = pipeline.pipeline_name, found.origin.get("tries", 0)
        if isinstance(tries, int) and tries >= MAX_TRIES:
            return self._drop(own, pipeline, found, f"{tries} runs could not load it")
        if not found.is_first_load and _is_dataset_missing(pipeline):
            return self._drop(own, pipeline, found, "the dataset that it continues does not exist at the destination any more")
        # What a lost pod had loaded last is not recorded.
        is_behind = found.origin.get("is_behind") is True
        loaded = _list_loaded(own, pipeline, is_behind) if decision.is_replaced else []
        if decision.is_replaced and not loaded:
            return self._drop(own, pipeline, found, decision.reason, event="replaced")
        report("finishing", name, found.origin, found.packages, rows=_count_rows(own, name))
        # dlt would look for the state at the destination first, find no dataset before the first load, and delete the
        # packages. It looks again before it extracts.
        pipeline._state_restored = True
        try:
            repeated = _prepare_repeats(own, pipeline, is_behind)
            doubtful = self._note_doubts(own, pipeline, found, is_behind)
            if self._stored is not None:
                create_table_folders(pipeline)
            with accept_loaded_rows(repeated, lambda job: report("loaded", name, found.origin, [], job)):
                info = pipeline.run(None, **{name: value for name, value in arguments.items() if value is not None})
        finally:
            pipeline._state_restored = False
        for table in [] if loaded else doubtful:
            _report_finding(name, found, examine(pipeline, table))
        for table in loaded:
            _report_finding(name, found, describe_rows(pipeline, table, decision.reason))
        own.write_note(name, None)
        report("finished", name, found.origin, found.packages)
        return info

    def _note_doubts(self, own: AttemptFolder, pipeline, found: Found, is_behind: bool) -> list[RepeatedTable]:
        """Return the tables that may have rows twice after this load, noted for the attempt after one that dies in it."""
        name = pipeline.pipeline_name
        with own.opened_pipeline(name) as folder:
            if folder is None or _read_kind(pipeline) in _REPEATABLE:
                return []
            doubtful = list_repeated_tables(folder, is_behind, found.origin.get("repeated"))
        if doubtful:
            own.write_note(name, {**own.read_origin(name), "repeated": [table.note for table in doubtful]})
        for table in doubtful:
            _report_finding(name, found, announce(table))
        return doubtful

    def _drop(self, own: AttemptFolder, pipeline, found: Found, reason: str, event: str = "dropped") -> None:
        """Delete the working folder, and let the pipeline begin with what the destination has."""
        name = pipeline.pipeline_name
        report(event, name, found.origin, found.packages, reason)
        remove_tree(own.descriptor, name)
        own.write_note(name, None)
        construct_again(pipeline)

    def _end_or_skip(self, call: WritingCall, result) -> None:
        """In a run that only finishes packages: end it once nothing is left, and skip all writing until then."""
        assert self._only is not None
        self._only.discard(call.pipeline.pipeline_name)
        if not self._only:
            report("ended", call.pipeline.pipeline_name, {}, [])
            raise EndedBeforeSource(0)
        report("skipped", call.pipeline.pipeline_name, {}, [])
        call.answer(_Nothing() if result is None else result)


def _list_loaded(own: AttemptFolder, pipeline, is_behind: bool) -> list[RepeatedTable]:
    with own.opened_pipeline(pipeline.pipeline_name) as folder:
        return [] if folder is None else list_loaded_tables(pipeline, folder, is_behind)


def _count_rows(own: AttemptFolder, name: str) -> dict[str, Rows]:
    with own.opened_pipeline(name) as folder:
        return {} if folder is None else count_packages(folder)


def _report_finding(pipeline: str, found: Found, finding: Finding) -> None:
    report("doubtful", pipeline, found.origin, [], finding.text, finding.fact)


class _Nothing:
    """What a skipped call returns in place of dlt's description of a step: it has no packages and no failed jobs."""

    load_packages: list = []
    loads_ids: list = []
    has_failed_jobs = False

    def raise_on_failed_jobs(self) -> None:
        pass

    def __str__(self) -> str:
        return "Nothing was written: this run only finishes pending packages."


def add_step(steps: list, load_steps: list) -> None:
    """Add the steps to those of this process, unless the run keeps no packages."""
    try:
        settings = json.loads(os.environ[_VARIABLE]).get("pending")
    except (KeyError, ValueError):
        return
    if settings and settings.get("folder"):
        steps.append(PendingPackages(settings).before_write)
        if settings.get("is_stored"):
            load_steps.append(begin_load)


def _await_end_of_others(root: int, own: str, name: str) -> None:
    """
    Wait until no other attempt with packages of the pipeline lives, for a limited time. Raises what ends a wait by a signal.

    The server has given this run the pipeline alone, so the run of such an attempt has ended and its processes are about
    to: a pod that is deleted by force is over for the cluster at once. Without the wait the source is asked again.
    """
    if read_description().get("exclusive") != "pipeline" or not is_kept_by_living(root, own, name):
        return
    report("awaited", name, {}, [], str(_MAX_WAIT_SECONDS))
    end = time.monotonic() + _MAX_WAIT_SECONDS
    while time.monotonic() < end and is_kept_by_living(root, own, name):
        check_signals()
        time.sleep(_LOOK_EVERY_SECONDS)


def _has_others(root: int, own: str, name: str) -> bool:
    """Report whether an ended attempt left a folder of this pipeline, which is rare."""
    for ended in take_ended(root, own):
        with ended.opened_pipeline(name) as folder:
            if folder is not None:
                return True
    return False


def _prepare_repeats(own: AttemptFolder, pipeline, is_behind: bool) -> set[str]:
    """Restart tables whose jobs would double rows; return the jobs that may be at the destination already."""
    with own.opened_pipeline(pipeline.pipeline_name) as folder:
        if folder is None:
            return set()
        if _read_kind(pipeline) not in _REPEATABLE:
            restart_tables(folder, is_behind)
        return list_repeated(folder, is_behind)


def _read_kind(pipeline) -> str:
    return str(getattr(pipeline.destination, "destination_type", "")).rpartition(".")[2]


def _is_dataset_missing(pipeline) -> bool:
    """As dlt itself decides that local state is of no use. Raises what the destination raises."""
    if pipeline.default_schema_name is None:
        return False
    client = pipeline._get_destination_clients()[0]
    if not hasattr(client, "is_storage_initialized"):
        return False
    with client as opened:
        return not opened.is_storage_initialized()
