import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import { readWorkers, type WorkerOptions } from './find-worker.ts';

/** Lists the workers that run jobs of an organization. */
export async function listWorkers(session: Session, options: WorkerOptions): Promise<void> {
  const { terminal } = session;
  const { workers } = await readWorkers(session, options);
  session.show(workers, () => {
    if (workers.length === 0) return 'There are no workers. Create one: pumphouse worker create NAME';
    return formatTable(
      workers,
      [
        { title: 'NAME', text: ({ name }) => name },
        {
          title: 'STATE',
          text: ({ state }) => (state === 'connected' ? state : terminal.tone('warning', state)),
        },
        { title: 'LABELS', text: ({ labels }) => formatLabels(labels), dropOrder: 3 },
        {
          title: 'RUNS',
          text: ({ active_runs, batch_slots }) =>
            batch_slots === null ? `${active_runs}` : `${active_runs} of ${batch_slots}`,
          isNumber: true,
        },
        { title: 'HOST', text: ({ host_name }) => host_name ?? '', dropOrder: 2 },
        {
          title: 'LAST SEEN',
          text: ({ last_seen_at }) => formatRelative(last_seen_at) || 'never',
          dropOrder: 4,
        },
        { title: 'ID', text: ({ id }) => id, dropOrder: 1 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}

function formatLabels(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
