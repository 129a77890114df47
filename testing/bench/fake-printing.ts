/** What each run of a fake supervisor prints: chunks of lines of about 100 bytes, with a pause after each. */
export interface FakePrinting {
  chunks: number;
  linesOfChunk: number;
  pauseMs: number;
}

const names = { chunks: 'BENCH_CHUNKS', linesOfChunk: 'BENCH_LINES_OF_CHUNK', pauseMs: 'BENCH_PAUSE_MS' };

/** The variables that tell a fake supervisor what its runs print. */
export function printingVariables({ chunks, linesOfChunk, pauseMs }: FakePrinting): Record<string, string> {
  return {
    [names.chunks]: String(chunks),
    [names.linesOfChunk]: String(linesOfChunk),
    [names.pauseMs]: String(pauseMs),
  };
}

export function readPrinting(variables: Readonly<Record<string, string | undefined>>): FakePrinting {
  const read = (name: string) => Number(variables[name] ?? 0);
  return {
    chunks: read(names.chunks),
    linesOfChunk: read(names.linesOfChunk),
    pauseMs: read(names.pauseMs),
  };
}
