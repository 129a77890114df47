"""The lifecycle of a workspace through the Python SDK: `lifecycle.py sync|async <name>`. Prints its results."""

import asyncio
import json
import sys

from modes import collect, connect, refusal, settle
from upload import deploy_jobs, upload_workspace


async def begin(runtime, name):
    """Create a workspace, and read it and the caller's account through the SDK."""
    organization, *_ = await collect(runtime.organizations.list())
    workspace = await settle(
        runtime.workspaces.create(name=name, description="new", organization_id=organization.id)
    )
    workspace = await settle(workspace.update(description="changed"))
    again = await settle(runtime.workspaces.get(id=workspace.id))
    listed = await collect(runtime.workspaces.list(organization_id=organization.id))
    caller = await settle(organization.me())
    dataplanes = await collect(runtime.dataplanes.list())
    return workspace, {
        "id": workspace.id,
        "name": again.name,
        "description": again.description,
        "profiles": dict(again.predefined_profiles),
        "is_listed": workspace.id in [one.id for one in listed],
        "count_is_right": await settle(runtime.workspaces.count(organization_id=organization.id))
        == len(listed),
        "email": caller.email,
        "organization_role": caller.role,
        "workspace_role": (await settle(workspace.me())).workspace_role,
        "has_its_dataplane": workspace.dataplane_id in [one.id for one in dataplanes],
    }


async def deploy(workspace):
    """Deploy code, configuration and jobs."""
    nothing = await refusal(lambda: workspace.deployments.latest())
    (deployment, code_hash), (configuration, data_hash) = await upload_workspace(workspace)
    dry = await deploy_jobs(workspace, dry_run=True)
    jobs_after_dry_run = await settle(workspace.jobs.count())
    first = await deploy_jobs(workspace, description="of its module")
    second = await deploy_jobs(workspace)
    return {
        "latest_of_nothing": nothing,
        "versions": [deployment.version, configuration.version],
        "hashes_are_ours": [deployment.content_hash, configuration.content_hash] == [code_hash, data_hash],
        "code_files": sorted(file.relative_path for file in await settle(deployment.files())),
        "configuration_files": [file.relative_path for file in await settle(configuration.files())],
        "profiles": list(configuration.profiles),
        "version_1": (await settle(workspace.deployments.get(version=1))).id == deployment.id,
        "version_9": await refusal(lambda: workspace.deployments.get(version=9)),
        "deployments": [one.version for one in await collect(workspace.deployments.list())],
        "configurations": await settle(workspace.configurations.count()),
        "dry_run": [len(dry.added), jobs_after_dry_run],
        "added": sorted(job.job_ref for job in first.added),
        "module": first.module,
        "unchanged": [len(second.added), len(second.unchanged)],
    }


async def look_at_jobs(workspace):
    """Find jobs in every supported way."""
    jobs = await collect(workspace.jobs.list(archived=False))
    load = await settle(workspace.jobs.get_by_ref("jobs.__deployment__.load"))
    by_id = await settle(workspace.jobs.get(id=load.id))
    return {
        "refs": sorted(job.job_ref for job in jobs),
        "types": sorted({str(job.job_type) for job in jobs}),
        "same": by_id == load,
        "triggers": sorted(load.triggers),
        "default_trigger": load.default_trigger,
        "count": await settle(workspace.jobs.count()),
        "first": len(await collect(workspace.jobs.list(limit=1))),
        "unknown": await refusal(lambda: workspace.jobs.get_by_ref("jobs.nothing")),
        "no_id": await refusal(lambda: workspace.jobs.get(id="no-id")),
    }


async def run_to_the_end(workspace):
    """Run a job that loads rows and returns a result."""
    load = await settle(workspace.jobs.get_by_ref("jobs.__deployment__.load"))
    started = await settle(load.start_run())
    followed = await collect(started.stream_logs())
    ended = await settle(started.wait(timeout=300))
    stored = await collect(ended.logs())
    result = await settle(ended.result())
    trace = await settle(ended.trace())
    latest = await settle(load.runs.latest())
    return ended, {
        "number": started.number,
        "trigger": started.trigger,
        "profile": started.profile,
        "status": str(ended.status),
        "failed": ended.failed,
        "has_taken": ended.duration_seconds is not None and ended.started_at <= ended.finished_at,
        "output": [line.content for line in followed if str(line.source) == "user"],
        "line_numbers": [line.line_num for line in followed] == list(range(len(followed))),
        "stored_is_followed": [line.content for line in stored] == [line.content for line in followed],
        "summaries": [
            [one.pipeline_name, one.dataset_name, one.destination_name, one.status, one.total_rows]
            for one in ended.pipeline_run_summaries
        ],
        "result": [result.result_type, result.result, result.job_ref],
        "trace": [trace.result["type"], trace.result["job_ref"]],
        "latest": latest.id == ended.id,
        "listed": [run.id == ended.id for run in await collect(load.runs.list(number=1))],
        "count": await settle(load.runs.count()),
    }


async def decline_and_insist(workspace):
    """Start a job whose upstream has not run yet, which requires skip_freshness."""
    report = await settle(workspace.jobs.get_by_ref("jobs.__deployment__.report"))
    declined = await refusal(lambda: report.start_run())
    runs_after_decline = await settle(report.runs.count())
    insisted = await settle(report.start_run(skip_freshness=True, profile="prod"))
    ended = await settle(insisted.wait(timeout=300))
    return {
        "declined": declined,
        "runs_after_decline": runs_after_decline,
        "insisted": str(ended.status),
        "no_result": await refusal(lambda: ended.result()),
        "bad_trigger": await refusal(lambda: report.start_run(trigger="whenever it rains")),
        "bad_profile": await refusal(lambda: report.start_run(profile="dev", skip_freshness=True)),
        "runs": await settle(report.runs.count()),
    }


async def cancel(workspace):
    """Cancel runs, one by itself and one with its job."""
    sleeper = await settle(workspace.jobs.get_by_ref("jobs.__deployment__.sleeper"))
    run = await settle(sleeper.start_run())
    too_early = await refusal(lambda: run.wait(timeout=0.01))
    cancelling = await settle(run.cancel())
    ended = await settle(run.wait(timeout=120))
    (dry,) = await settle(workspace.jobs.trigger(refs=[sleeper.job_ref], dry_run=True))
    (triggered,) = await settle(workspace.jobs.trigger(selectors=["tag:slow"]))
    other = await settle(workspace.job_runs.get(id=triggered.job_run_id))
    report = await settle(
        workspace.job_runs.cancel_all(job_refs=[sleeper.job_ref, "jobs.__deployment__.load"])
    )
    return {
        "too_early": too_early["error"],
        "cancelling": str(cancelling.status) in ("cancelling", "cancelled"),
        "cancelled": str(ended.status),
        "again": await refusal(lambda: run.cancel()),
        "dry_run": [dry.started, dry.job_run_id],
        "triggered": [triggered.started, triggered.job_run_number, list(triggered.matched_triggers)],
        "cancel_all": [[one.job_ref, one.job_run_number] for one in report.cancelled],
        "not_running": list(report.not_running),
        "other": str((await settle(other.wait(timeout=120))).status),
    }


async def look_at_telemetry(workspace, ended):
    """Read the telemetry of the run's pipeline."""
    telemetry = workspace.telemetry
    (listed,) = await collect(telemetry.pipeline_runs.list(job_run_id=ended.id))
    run = await settle(telemetry.pipeline_runs.get(id=listed.id))
    trace = await settle(run.trace())
    none = await collect(telemetry.pipeline_runs.list(pipeline_name="nothing"))
    return {
        "is_reporting": (await settle(telemetry.status())).updated_at is not None,
        "run": [run.pipeline_name, str(run.status), run.dataset_name, run.total_rows_loaded],
        "tables": {table.table_name: table.rows_loaded for table in run.tables},
        "packages": [package.load_status for package in run.load_packages],
        "steps": [step["step"] for step in trace.trace["steps"]],
        "of_another_name": len(none),
        "a_job_run": await refusal(lambda: telemetry.pipeline_runs.get(id=ended.id)),
    }


async def main(mode, name):
    runtime = connect(mode)
    workspace, beginning = await begin(runtime, name)
    seen = {"begin": beginning, "deploy": await deploy(workspace), "jobs": await look_at_jobs(workspace)}
    seen["never_reported"] = (await settle(workspace.telemetry.status())).updated_at
    seen["freshness"] = await decline_and_insist(workspace)
    ended, seen["run"] = await run_to_the_end(workspace)
    seen["telemetry"] = await look_at_telemetry(workspace, ended)
    seen["cancel"] = await cancel(workspace)
    await settle(runtime.close())
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
