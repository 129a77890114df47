"""Names in telemetry stay as they are, and no secret comes out, for random names and values."""

from __future__ import annotations

import json
import random
import string
import unittest

import attempt_runner  # noqa: F401  (puts the package on the path)
from pumphouse_bootstrap.masking import Masker
from pumphouse_bootstrap.telemetry_masking import TelemetryMasker

WORDS = ("analytics", "postgres", "orders", "warehouse", "customers", "loader_user", "public_data", "raw_events")


def masker_of(secrets: list[str], others: list[str]) -> TelemetryMasker:
    return TelemetryMasker(Masker([*secrets, *others]), Masker(secrets))


def trace_of(pipeline: str, dataset: str, table: str, column: str, text: str) -> dict:
    """The parts of a trace of dlt that have names and texts."""
    job = {"job_id": f"{table}.f00.jsonl.gz", "table_name": table, "file_path": f"/w/{pipeline}/load/{table}.f00.0.jsonl"}
    described = {"name": table, "schema_name": pipeline, "columns": [{"name": column, "data_type": "text", "description": text}]}
    destination = {"destination_name": pipeline, "destination_type": f"dlt.destinations.{dataset}", "dataset_name": dataset}
    return {
        "transaction_id": "561ba821c7308fe355c4ffc8e3d1cad6",
        "pipeline_name": pipeline,
        "steps": [
            {
                "step": "load",
                "step_exception": text,
                "exception_traces": [
                    {"exception_type": f"{table}.Failed", "message": text, "stack_trace": [text, text], "exception_attrs": {"name": text}}
                ],
                "load_info": {
                    **destination,
                    "destination_displayable_credentials": text,
                    "job_metrics": [{**job, "items_count": 5, "followup_jobs": [f"{table}.f01.sql", table]}],
                    "outputs": [{"tables": [table, dataset], "location": text}],
                    "hints": [{"columns": text, "primary_key": column}],
                },
                "step_info": {
                    "pipeline": {"pipeline_name": pipeline},
                    "load_packages": [{"jobs": [{**job, "failed_message": text}], "tables": [described], "dropped_tables": [table]}],
                },
            }
        ],
        "resolved_config_values": [{"key": column, "sections": [dataset], "value": text}],
    }


def state_of(pipeline: str, dataset: str, table: str, column: str, text: str) -> dict:
    reference = {"referenced_table": table, "referenced_columns": [column], "columns": [column]}
    described = {"name": table, "description": text, "columns": {column: {"name": column, "description": text}}, "references": [reference]}
    schema = {"name": pipeline, "tables": {table: described}, "settings": {"default_hints": {"not_null": [column]}}}
    return {"pipeline_name": pipeline, "dataset_name": dataset, "destination_name": dataset, "schemas": [schema]}


def result_of(pipeline: str, dataset: str, table: str, column: str, text: str) -> dict:
    return {"type": f"job.{table}", "job_ref": f"jobs.{pipeline}.{dataset}", "result": {column: text, "name": [text]}}


class TelemetryMasking(unittest.TestCase):
    def test_names_stay_equal_and_no_secret_comes_out(self) -> None:
        for seed in range(400):
            source = random.Random(seed)
            with self.subTest(seed=seed):
                self.check(source)

    def check(self, source: random.Random) -> None:
        names = [random_name(source) for _ in range(4)]
        # Values of a secrets file that are part of names, as `database = "analytics"`.
        others = [source.choice([*names, *WORDS]) for _ in range(3)]
        secrets = [random_secret(source) for _ in range(2)]
        text = " ".join(["at", *source.sample([*others, *secrets, "quite plain"], 4)])
        masked_text = Masker([*secrets, *others]).mask(text.encode()).decode()
        masker = masker_of(secrets, others)
        for build in (trace_of, state_of, result_of):
            body = json.dumps(build(*names, text), ensure_ascii=source.random() < 0.5, indent=source.choice([None, 2])).encode()
            masked, masked_name = masker.mask(body)
            # Equal to the same telemetry of a run whose texts were masked, and whose names were not.
            self.assertEqual(json.loads(masked), build(*names, masked_text))
            self.assertIsNone(masked_name)
            for secret in secrets:
                self.assertNotIn(secret, masked.decode())

    def test_a_secret_in_a_name_is_masked_and_reported(self) -> None:
        masked, name = masker_of(["swordfish"], ["analytics"]).mask(json.dumps(trace_of("swordfish_raw", "analytics", "t", "c", "x")).encode())
        self.assertNotIn(b"swordfish", masked)
        trace = json.loads(masked)
        self.assertEqual((trace["pipeline_name"], trace["steps"][0]["load_info"]["dataset_name"]), ("***_raw", "analytics"))
        self.assertIsNotNone(name)
        # The key of a table in a schema is its name.
        masked, name = masker_of(["swordfish"], []).mask(b'{"tables": {"swordfish": {}}}')
        self.assertEqual((masked, name), (b'{"tables": {"***": {}}}', "swordfish"))

    def test_numbers_stay_valid_json(self) -> None:
        masker = masker_of(["123456"], ["654321"])
        for body, expected in (
            (b'{"result": 123456}', b'{"result": "***"}'),
            (b"[123456.5, 0.123456, 1e123456]", b"[0.5, 0.0, 1e0]"),
            (b'{"created": 1123456.75, "rows": 654321}', b'{"created": 1123456.75, "rows": 654321}'),
        ):
            self.assertEqual(masker.mask(body)[0], expected)

    def test_what_is_not_json_is_masked_as_text(self) -> None:
        masker = masker_of(["swordfish"], ["analytics"])
        for body, expected in (
            (b"\xff analytics swordfish", b"\xff *** ***"),
            (b'{"name": "analytics', b'{"name": "***'),
            (b'] {"name": "analytics"', b'] {"name": "***"'),
            (b'{"name" "analytics"}', b'{"name" "***"}'),
            (b'"\\\\" analytics \\"swordfish', b'"\\\\" *** \\"***'),
            (b"[" * 100_000 + b'"analytics"', b"[" * 100_000 + b'"***"'),
        ):
            self.assertEqual(masker.mask(body)[0], expected, body[:40])


def random_name(source: random.Random) -> str:
    return "_".join([*source.sample(WORDS, source.randint(1, 2)), *source.choices(["é", "x1", '"q"', "a\\b"], k=source.randint(0, 1))])


def random_secret(source: random.Random) -> str:
    return "S3" + "".join(source.choices(string.ascii_letters + "!/+\"\\&é'<", k=source.randint(6, 30)))


if __name__ == "__main__":
    unittest.main()
