import type { JobRunTimelineResponse } from '@pumphouse/contract';

type Exit = JobRunTimelineResponse['attempts'][number]['exit'];

/** How user code ended: exit code or signal, an out-of-memory kill, or why it never started. */
export function describeExit(exit: Exit): string {
  if (exit === null) return '–';
  const memory =
    exit.out_of_memory === 'limit'
      ? 'memory limit reached'
      : exit.out_of_memory === 'machine'
        ? 'machine out of memory'
        : null;
  const parts = [
    exit.signal !== null ? `signal ${exit.signal}` : exit.code !== null ? `code ${exit.code}` : null,
    memory,
    exit.reason?.detail ?? null,
  ];
  return parts.filter((part) => part !== null).join(', ') || '–';
}
