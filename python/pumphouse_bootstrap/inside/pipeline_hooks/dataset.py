"""The dataset to which a call is about to write."""

from __future__ import annotations

import hashlib

from .writing_call import WritingCall


def describe_dataset(call: WritingCall) -> dict[str, str] | None:
    """
    Return the identity of the destination and the name of the dataset; None without a destination or without datasets.

    Raises what dlt raises for an incomplete configuration of the destination, as the call itself would.
    """
    pipeline = call.pipeline
    pipeline.activate()
    destination, staging = call.read_argument("destination"), call.read_argument("staging")
    credentials, dataset_name = call.read_argument("credentials"), call.read_argument("dataset_name")
    if any(argument is not None for argument in (destination, staging, credentials)):
        # What `run` and `load` do first, with the same arguments.
        pipeline._set_destinations(destination=destination, staging=staging, destination_credentials=credentials)
    if dataset_name is not None:
        pipeline._set_dataset_name(dataset_name)
    if pipeline.destination is None:
        return None
    pipeline._set_dataset_name(None)
    if not pipeline.dataset_name:
        return None
    config = pipeline.destination_client().config
    return {"destination": _identify(config), "name": pipeline.dataset_name}


def _identify(config) -> str:
    """dlt's fingerprint, which telemetry has too. Destinations without one are identified by the location that dlt displays."""
    location = config.fingerprint() or str(config)
    # Versions of dlt name the type with and without its module.
    kind = str(config.destination_type).rpartition(".")[2]
    return f"{kind} {hashlib.sha256(location.encode()).hexdigest()[:32]}"
