import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { z } from 'zod';

/** Calls `take` with each line of JSON that a program of ours writes and the schema knows; ignores other lines. */
export function followReports<Report>(
  output: Readable,
  schema: z.ZodType<Report>,
  take: (report: Report) => void,
): void {
  createInterface({ input: output }).on('line', (line) => {
    const parsed = schema.safeParse(parseJson(line));
    if (parsed.success) take(parsed.data);
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
