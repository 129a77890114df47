"""Pack workspace folders as dlt's client does: one folder per input line, one JSON answer for each."""

import gzip
import hashlib
import io
import json
import sys
import tarfile
from types import SimpleNamespace

from dlt._workspace.deployment.file_selector import ConfigurationFileSelector, WorkspaceFileSelector
from dlt._workspace.deployment.package_builder import PackageBuilder


def pack(context, selector):
    archive = io.BytesIO()
    content_hash = PackageBuilder(context).write_package_to_stream(selector, archive)
    content = gzip.decompress(archive.getvalue())
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        manifest = tar.extractfile("manifest.yaml").read().decode()
        names = [member.name for member in tar.getmembers()]
    digest = hashlib.sha256(content).hexdigest()
    return {"content_hash": content_hash, "sha256": digest, "names": names, "manifest": manifest}


for line in sys.stdin:
    folder = line.rstrip("\n")
    context = SimpleNamespace(run_dir=folder, settings_dir=f"{folder}/.dlt")
    answer = {
        "code": pack(context, WorkspaceFileSelector(context)),
        "configuration": pack(context, ConfigurationFileSelector(context)),
    }
    print(json.dumps(answer), flush=True)
