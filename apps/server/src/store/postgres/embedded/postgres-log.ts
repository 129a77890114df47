import { open, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';

const boundBytes = 8 * 1024 * 1024;
const keptBytes = 1024 * 1024;

/**
 * Keeps Postgres' log below 8 MB: moves the last 1 MB to `<path>.old` and truncates the file. Postgres keeps
 * the file open for appending, so it is truncated in place; lines written at that moment may be lost.
 */
export async function boundLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size < boundBytes) return;
  await writeFile(`${path}.old.new`, await readTail(path, keptBytes), { mode: 0o600 });
  await rename(`${path}.old.new`, `${path}.old`).catch(() => rm(`${path}.old.new`, { force: true }));
  await truncate(path, 0);
}

/**
 * Reads what was written to the log after `fromOffset`, at most its last 4 KB, for an error message; empty
 * without a log.
 */
export async function readLogSince(path: string, fromOffset: number): Promise<string> {
  const size = await logSize(path);
  const tail = await readTail(path, Math.min(4096, Math.max(0, size - fromOffset))).catch(() =>
    Buffer.alloc(0),
  );
  return tail.toString('utf8').trim();
}

/** Returns the size of the log in bytes; 0 without one. */
export async function logSize(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  );
}

async function readTail(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, bytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
