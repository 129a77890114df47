import type { LocalDataFiles } from '../../executors/contract/local-data-files.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bootstrapFolder } from '../../compose/create-executor.ts';
import { createLocalDataFiles } from '../../executors/process/local-data-files.ts';
import { openProcessBackend } from '../../executors/process/process-backend.ts';

/** Local data in a folder, with real programs that no sandbox isolates. */
export function openTestLocalData(dataDir: string): LocalDataFiles {
  const backend = openProcessBackend({
    dataDir,
    bootstrapDir: bootstrapFolder,
    pythonPath: 'python3',
    uvPath: 'uv',
    bwrapPath: null,
    pastaPath: null,
    runsNetwork: { isShared: true, loopbackPorts: [], closedNetworks: [] },
    allowUnisolated: true,
    installationId: 'test',
    buildLimits: { memoryBytes: null, cpus: null, processes: null },
    templatesBytes: 0,
    log: { info: () => undefined, warn: () => undefined },
  });
  return createLocalDataFiles(backend);
}

/** Writes a file of local data as a run does. */
export async function writeLocalData(
  dataDir: string,
  { workspaceId, profile = 'prod' }: { workspaceId: string; profile?: string },
  path: string,
  content: string,
): Promise<string> {
  const file = join(dataDir, 'local-data', workspaceId, profile, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}
