import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Moments of an attempt's start, in milliseconds since the epoch, as its files tell them (executor `process`). The kernel stamps
 * files with a clock that moves every few milliseconds: single values are that coarse, their medians less so.
 */
export interface AttemptTimes {
  /** The executor made the attempt's folder. */
  folderMade: number;
  /** It has written what the bootstrap needs, and starts it. */
  bootstrapSpawned: number;
  /** The bootstrap runs and has taken the attempt. */
  bootstrapRuns: number;
  /** The server has let it in and given it the archives. */
  begun: number;
  /** The sandbox is there, in it the inside stage, and the workspace's files are unpacked. */
  unpacked: number;
  /** The launcher has taken the inside stage's place. */
  launched: number;
}

/** Reads them while the run is there: the folder is removed after its end. Null when it is gone, or not of this executor. */
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
  // A Date has milliseconds only.
  return Date.parse(at) + Number(at.slice(23, 26)) / 1000;
}
