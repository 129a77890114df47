import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Times of an attempt's start in milliseconds since the epoch, read from its files (executor `process`). The
 * kernel's file clock advances every few milliseconds, so single values are coarse; medians are better.
 */
export interface AttemptTimes {
  /** The executor created the attempt's folder. */
  folderMade: number;
  /** The executor has written the bootstrap's input and starts it. */
  bootstrapSpawned: number;
  /** The bootstrap runs and has claimed the attempt. */
  bootstrapRuns: number;
  /** The server has admitted the attempt and sent the archives. */
  begun: number;
  /** The sandbox and the inside stage run, and the workspace's files are unpacked. */
  unpacked: number;
  /** The launcher has replaced the inside stage. */
  launched: number;
}

/**
 * Reads the times while the run is active, because the folder is removed after its end. Null if it is gone,
 * or belongs to another executor.
 */
export async function readAttemptTimes(dataDir: string, jobRunId: string): Promise<AttemptTimes | null> {
  try {
    const folder = await findAttemptFolder(join(dataDir, 'attempts'), jobRunId);
    if (folder === null) return null;
    const [workName = ''] = (await readdir(join(folder, 'work'))).filter((name) => !name.startsWith('.'));
    const [folderStat, bootstrapLog, processFile, spool, marker] = await Promise.all(
      ['.', 'bootstrap.log', 'process.json', 'spool', join('work', workName, '.dlt', '.workspace')].map(
        (name) => stat(join(folder, name)),
      ),
    );
    return {
      folderMade: folderStat?.birthtimeMs ?? NaN,
      bootstrapSpawned: bootstrapLog?.birthtimeMs ?? NaN,
      bootstrapRuns: processFile?.mtimeMs ?? NaN,
      begun: spool?.birthtimeMs ?? NaN,
      unpacked: marker?.mtimeMs ?? NaN,
      launched: await readStartedRecord(join(folder, 'spool')),
    };
  } catch {
    return null;
  }
}

async function findAttemptFolder(attemptsFolder: string, jobRunId: string): Promise<string | null> {
  for (const name of await readdir(attemptsFolder)) {
    const text = await readFile(join(attemptsFolder, name, 'attempt.json'), 'utf8').catch(() => '{}');
    if ((JSON.parse(text) as { jobRunId?: string }).jobRunId === jobRunId) return join(attemptsFolder, name);
  }
  return null;
}

async function readStartedRecord(spool: string): Promise<number> {
  const [line = '{}'] = (await readFile(spool, 'utf8')).split('\n');
  const { kind, at } = JSON.parse(line) as { kind?: string; at?: string };
  if (kind !== 'started' || !at) throw new Error('The spool does not begin with the start of user code');
  // A Date has only milliseconds.
  return Date.parse(at) + Number(at.slice(23, 26)) / 1000;
}
