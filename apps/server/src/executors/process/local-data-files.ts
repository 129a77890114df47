import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import type { DataProgram, LocalDataFiles } from '../contract/local-data-files.ts';
import { checkLocalDataScope } from '../local-data-names.ts';
import { isSafeName } from '../safe-name.ts';
import { isFolder, listNames, locateLocalData, planDataProgram } from './local-data.ts';
import { requireIsolation, type ProcessBackend } from './process-backend.ts';

const insideData = '/data';
const maxErrorCharacters = 8192;

/** Opens local data in a sandbox, as the user of its workspace. */
export function createLocalDataFiles(backend: ProcessBackend): LocalDataFiles {
  const root = locateLocalData(backend.dataDir);
  return {
    listProfiles: async (workspaceId) => (isSafeName(workspaceId) ? listNames(join(root, workspaceId)) : []),

    async openProgram(scope, [action, ...given]) {
      checkLocalDataScope(scope);
      const source = join(root, scope.workspaceId, scope.profile);
      if (!(await isFolder(source))) return null;
      const command = await planDataProgram(requireIsolation(backend), scope.uid, {
        file: 'data_files.py',
        folders: [{ source, target: insideData, writable: true }],
        buildArguments: ([folder = '']) => [action, folder, ...given],
      });
      return start(command);
    },
  };
}

function start([program = '', ...programArguments]: readonly string[]): DataProgram {
  const child = spawn(program, programArguments, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Node discards the output of a process that ends while nothing reads it.
  const stdout = new PassThrough();
  pipeline(child.stdout, stdout, () => undefined);
  const stderr = readText(child.stderr);
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null)).once('close', resolve);
  });
  return {
    stdout,
    ended: ended.then(async (code) => ({ code, stderr: await stderr })),
    close: () => stdout.destroy(),
  };
}

async function readText(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) if (text.length < maxErrorCharacters) text += String(chunk);
  return text.trim();
}
