import type { SendEvent } from './lineage-event.ts';
import { appendFile } from 'node:fs/promises';

/**
 * Creates a function that appends an event as a line of JSON. The file is opened for each, so it can be renamed to
 * rotate it. A line is one write, so the lines of several servers do not mix on a local disk.
 */
export function createFileTransport(path: string): SendEvent {
  return (event) => appendFile(path, `${JSON.stringify(event)}\n`, { mode: 0o640 });
}
