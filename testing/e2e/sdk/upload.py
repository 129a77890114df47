"""Build the contents of a deploy from the current folder, like the client's own commands."""

from io import BytesIO
from pathlib import Path

from dlt._workspace._workspace_context import active
from dlt._workspace.deployment._run_helpers import load_manifest_with_warnings
from dlt._workspace.deployment.file_selector import ConfigurationFileSelector, WorkspaceFileSelector
from dlt._workspace.deployment.package_builder import PackageBuilder
from dlt._workspace.deployment.requirements import export_workspace_requirements, save_requirements
from modes import settle


def pack(selector):
    """Pack the files chosen by a selector; return the archive and its content hash."""
    stream = BytesIO()
    content_hash = PackageBuilder(context=active()).write_package_to_stream(
        file_selector=selector(active()), output_stream=stream
    )
    return stream.getvalue(), content_hash


async def upload_workspace(workspace):
    """Upload code and configuration; return both as stored, with the hashes computed here."""
    code, code_hash = pack(WorkspaceFileSelector)
    requirements = BytesIO()
    save_requirements(export_workspace_requirements(Path(active().run_dir)), requirements)
    deployment = await settle(
        workspace.deployments.upload(code=code, requirements=requirements.getvalue())
    )
    data, data_hash = pack(ConfigurationFileSelector)
    configuration = await settle(workspace.configurations.upload(data=data))
    return (deployment, code_hash), (configuration, data_hash)


async def deploy_jobs(workspace, **options):
    """Deploy the jobs of `__deployment__.py`."""
    manifest, manifest_hash, _ = load_manifest_with_warnings("__deployment__")
    return await settle(
        workspace.jobs.deploy_manifest(
            manifest, manifest_hash=manifest_hash, module="__deployment__", **options
        )
    )
