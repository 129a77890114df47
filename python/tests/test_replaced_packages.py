"""Load packages of an interval that is loaded again: dropped, left, or finished and reported, with real dlt."""

from __future__ import annotations

import json
import unittest

from pending_attempts import EXECUTE, PendingAttemptsCase

AGAIN = "this run loads the time from 2026-03-03 00:00:00 to 2026-03-04 00:00:00 UTC again"


class ReplacedPackagesTest(PendingAttemptsCase):
    def decide(self, decision: str) -> list[dict]:
        """Let the server decide so; return what it is asked."""
        asked: list[dict] = []

        def answer(_query: str, body: bytes) -> tuple[int, bytes]:
            asked.append(json.loads(body))
            return 200, json.dumps({"decision": decision, "reason": AGAIN}).encode()

        self.routes["POST -decide-left-package"] = answer
        return asked

    def test_a_package_of_which_nothing_was_loaded_is_dropped_and_extracted_again(self) -> None:
        for at in ("normalize", "in-normalize", "load"):
            with self.subTest(at):
                self.setUp()
                self.kill(at)
                asked = self.decide("replaced")
                self.assertIn("ASKED after 0", self.run_attempt())
                self.assertEqual(asked, [{"attempt": "earlier-1"}])
                self.assertRegex(self.notes[0], rf"^Dropped the load package .*, extracted by run 1 of jobs.shop.shop: {AGAIN}\.$")
                self.assertEqual([event["event"] for event in self.records[0]["events"]], ["dropped"])
                self.assertEqual((self.read_pending(), self.list_kept()), ([], []))
                self.assertEqual(self.count()[:4], ["orders 3", "orders__parts 6", "_dlt_loads 1", "ids [1, 2, 3]"])

    def test_a_job_that_was_killed_before_its_rows_were_there_counts_as_nothing(self) -> None:
        self.kill("unwritten", flat=True)
        self.decide("replaced")
        self.assertIn("ASKED after 0", self.run_attempt(flat=True))
        self.assertIn("Dropped the load package ", self.notes[0])

    def test_rows_that_are_loaded_already_are_reported_with_the_statement_that_removes_them(self) -> None:
        # The job that was not recorded is loaded again, and its rows are a part of that load.
        for at, table, rows in (("in-load", "orders", 3), ("unrecorded", "orders", 6), ("unrecorded", "orders__parts", 3)):
            with self.subTest(at=at, table=table):
                self.setUp()
                self.kill(at, table=table)
                self.decide("replaced")
                # The cursor of this program has moved; a job with intervals gets the same rows.
                self.assertIn("ASKED after 3", self.run_attempt())
                note = self.read_notes()[-1]
                self.assertIn(f"{AGAIN}, although rows of the load ", note)
                fact = self.repeated_loads[-1]
                self.assertEqual((fact["table"], fact["status"], fact["rows"], fact["is_examined"]), ("orders", "twice", rows, True))
                self.assertIn(f"Remove the {rows} rows of that load with: {fact['statement']} ", note)
                self.run_attempt(EXECUTE.replace("STATEMENT", fact["statement"]))
                self.assertEqual([self.count()[index] for index in (0, 1, 3)], ["orders 3", "orders__parts 6", "ids [4, 5, 6]"])

    def test_tables_that_are_merged_or_replaced_have_no_rows_twice_and_nothing_is_reported(self) -> None:
        for disposition in ("merge", "replace"):
            with self.subTest(disposition):
                self.setUp()
                self.kill("unrecorded", disposition=disposition)
                self.decide("replaced")
                self.assertIn("ASKED after 0", self.run_attempt(disposition=disposition))
                self.assertEqual((self.read_notes(), self.repeated_loads), ([], []))
                self.assertEqual([self.count()[index] for index in (0, 1, 3)], ["orders 3", "orders__parts 6", "ids [1, 2, 3]"])

    def test_a_package_stays_for_the_run_that_loads_its_time(self) -> None:
        self.kill("load")
        self.decide("left")
        self.assertIn("ASKED after 0", self.run_attempt())
        self.assertRegex(self.notes[0], rf"^Left the load package .*, extracted by run 1 of jobs.shop.shop, as it is: {AGAIN}\.$")
        self.assertEqual(self.read_pending(), [("shop", "normalized", 1, ["orders", "orders__parts"])])
        self.assertEqual(self.count()[0], "orders 3")
        self.decide("finish")
        self.run_attempt()
        self.assertEqual(self.read_pending(), [])


if __name__ == "__main__":
    unittest.main()
