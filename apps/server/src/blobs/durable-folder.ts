import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Creates a folder and its parents, accessible only to this user and durable across a power failure. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const top = dirname(first);
  for (let current = dirname(path); ; current = dirname(current)) {
    await syncFolder(current);
    if (current === top) return;
  }
}

/** Flushes the entries of a folder to disk: otherwise a power failure may undo a rename. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
