"""
Statistics of a workspace's pipelines and datasets, through the SDK. Usage: activity.py sync|async <workspace
id>.
"""

import asyncio
import json
import sys

from modes import collect, connect, settle


async def main(mode, workspace_id):
    runtime = connect(mode)
    telemetry = (await settle(runtime.workspaces.get(id=workspace_id))).telemetry
    (pipeline,) = await collect(telemetry.pipelines())
    (dataset,) = await collect(telemetry.datasets(dataset_name="shop_data"))
    seen = {
        "pipeline": [pipeline.pipeline_name, pipeline.total_pipeline_run_count, pipeline.success_ratio],
        "pipeline_rows": pipeline.total_rows_loaded,
        "pipeline_latest": [
            pipeline.latest_status,
            pipeline.latest_dataset_name,
            pipeline.latest_destination_name,
        ],
        "dataset": [dataset.dataset_name, dataset.distinct_pipeline_count, dataset.total_rows_loaded],
        "nothing": len(await collect(telemetry.pipelines(pipeline_name="nothing"))),
    }
    await settle(runtime.close())
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
