/** The last record of a spool (docs/contribute/attempt-protocol.md). */
import { z } from 'zod';
import type { ExitDetails } from './contract/attempt-runner.ts';

const exitRecordSchema = z.object({
  kind: z.literal('exit'),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  out_of_memory: z.enum(['limit', 'machine']).nullable(),
});

/**
 * Reads how user code ended from the last bytes of a spool; null if they do not end with a whole exit record.
 */
export function readExitRecord(tail: Uint8Array): ExitDetails | null {
  const text = Buffer.from(tail).toString('utf8');
  if (!text.endsWith('\n')) return null;
  const record = parseRecord(text.slice(text.lastIndexOf('\n', text.length - 2) + 1));
  return record === null
    ? null
    : { code: record.code, signal: record.signal, outOfMemory: record.out_of_memory };
}

function parseRecord(line: string): z.infer<typeof exitRecordSchema> | null {
  try {
    return exitRecordSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
