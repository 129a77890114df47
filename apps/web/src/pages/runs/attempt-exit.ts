import type { JobRunLifeResponse } from '@pumphouse/contract';

type Exit = JobRunLifeResponse['attempts'][number]['exit'];

/** How user code ended: its code or signal, whose memory ended, or why it was never started. */
export function describeExit(exit: Exit): string {
  if (exit === null) return '–';
  const memory =
    exit.out_of_memory === 'limit'
      ? 'it had used its memory'
      : exit.out_of_memory === 'machine'
        ? 'the machine had no memory left'
        : null;
  const parts = [
    exit.signal !== null ? `signal ${exit.signal}` : exit.code !== null ? `code ${exit.code}` : null,
    memory,
    exit.reason?.detail ?? null,
  ];
  return parts.filter((part) => part !== null).join(', ') || '–';
}
