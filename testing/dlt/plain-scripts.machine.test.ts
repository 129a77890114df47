import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython, type Python } from 'pumphouse-command/manifest/find-python.ts';
import { describePlainScript } from 'pumphouse-command/manifest/plain-script.ts';
import { runManifestWorker } from 'pumphouse-command/manifest/run-worker.ts';
import { writeFiles } from '../fixtures/command.ts';
import { prepareAppClient } from '../fixtures/dlt-client.ts';

const plainScripts: Record<string, string> = {
  'plain.py': 'print("hello")\n',
  'documented.py':
    '#!/usr/bin/env python\n# A note.\n\n"""Loads orders.\n\nEvery night.\n"""\n\nimport time\n',
  'quoted.py': "'Loads orders.'  # as usual\nvalue = 1\n",
  'raw.py': 'r"""Matches \\d+."""\n',
  'etl/nested.py': '"""Below a folder."""\nimport etl.values\n',
  'etl/values.py': 'rows = []\n',
  'pipeline_script.py':
    'import dlt\n\nif __name__ == "__main__":\n    dlt.pipeline("x", destination="duckdb")\n',
  'board.py': '"""A board."""\nimport streamlit\n\nstreamlit.title("Board")\n',
  'notebook.py': 'import marimo\n\napp = marimo.App()\n\n\n@app.cell\ndef _():\n    return\n',
};

/** What only Python can tell. */
const otherScripts: Record<string, string> = {
  'decorated.py': 'from dlt.hub.run import job\n\n\n@job\ndef load():\n    pass\n',
  'imports_jobs.py': 'from decorated import load\n',
  'with_trigger.py': '__trigger__ = "every:1h"\n',
  'titled.py': 'import marimo\n\napp = marimo.App(app_title="Orders")\n',
  'escaped.py': '"""One\\nline."""\n',
  'joined.py': '"One" " line."\n',
};

let root: string;
let python: Python;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pumphouse-scripts-'));
  await writeFiles(root, { ...plainScripts, ...otherScripts, '.dlt/.workspace': '' });
  const install = await prepareAppClient();
  const found = findPython(root, { named: install.python, env: process.env });
  if (found === null) throw new Error('There is no Python.');
  python = found;
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a plain script', () => {
  it.each(Object.keys(plainScripts))('%s is described as dlt describes it', async (path) => {
    const module = path.replace(/\.py$/, '').replaceAll('/', '.');
    const worker = await runManifestWorker({ root, python, module, usesAll: false, env: process.env });
    expect(worker?.manifest.jobs).toHaveLength(1);
    expect(await describePlainScript(root, path)).toEqual(worker?.manifest.jobs[0]);
  });

  it.each(Object.keys(otherScripts))('%s is left to Python', async (path) => {
    expect(await describePlainScript(root, path)).toBeNull();
  });
});
