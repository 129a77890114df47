"""User code in an interpreter that was prepared for it."""

from __future__ import annotations

import os

from pumphouse_bootstrap.control_file import describe_control, write_control
from pumphouse_bootstrap.failure_report import report_failure
from pumphouse_bootstrap.file_user import files_of
from pumphouse_bootstrap.inside.template import messages
from pumphouse_bootstrap.prepared_interpreter import PreparedInterpreter
from pumphouse_bootstrap.preparation import BeginAnswer
from pumphouse_bootstrap.start_file import StartFile
from pumphouse_bootstrap.user_process import UserProcess


class PreparedProcess(UserProcess):
    """Like its base, whose stage and interpreter have started already."""

    def __init__(self, start: StartFile, begin: BeginAnswer, interpreter: PreparedInterpreter) -> None:
        super().__init__(start, begin)
        self._interpreter = interpreter

    def spawn(self, beacon_address: str, code: int | None, configuration: int | None) -> None:
        """Hand the run over to the interpreter; start another one if it has just ended."""
        try:
            self._hand_over(beacon_address, code, configuration)
        except OSError as error:
            report_failure(error)
            super().spawn(beacon_address, code, configuration)
            return
        for number in (code, configuration):
            if number is not None:
                os.close(number)

    def _hand_over(self, beacon_address: str, code: int | None, configuration: int | None) -> None:
        status_read, status = os.pipe()
        with files_of(self._start.drop_to):
            # User code may reopen its own output as /dev/stdout.
            stdout, child_stdout = os.pipe()
            stderr, child_stderr = os.pipe()
        control = write_control(describe_control(self._start, self._begin, beacon_address))
        own = {"control": control, "status": status, "stdout": child_stdout, "stderr": child_stderr}
        archives = {name: number for name, number in (("code", code), ("configuration", configuration)) if number is not None}
        named = {**own, **archives}
        try:
            messages.send(self._interpreter.connection, {"descriptors": list(named)}, list(named.values()))
        except OSError:
            for number in (status_read, stdout, stderr):
                os.close(number)
            raise
        finally:
            for number in own.values():
                os.close(number)
        self._interpreter.connection.close()
        self._status_read = status_read
        self.pipes = {"stdout": stdout, "stderr": stderr}
        self._child = self._interpreter.pid
