import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder, and those above it, open to this user alone; what was made outlives a power cut. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const top = dirname(first);
  for (let current = dirname(path); ; current = dirname(current)) {
    await syncFolder(current);
    if (current === top) return;
  }
}

/** Writes the entries of a folder to the disk: without it a power cut may undo a rename. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
