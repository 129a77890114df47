import type { PipelineFreshnessRow } from '@pumphouse/contract';
import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';
import { formatCount, formatDuration, formatRelative, formatStatus } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import { formatFreshness } from './freshness.ts';

/** Lists the pipelines that runs have reported, with the age of their data. */
export async function showPipelines(session: Session): Promise<void> {
  const { terminal } = session;
  const params = { workspace_id: await session.workspaceId() };
  const pipelines: PipelineFreshnessRow[] = await readAll((page) =>
    session.client.call('list_pipeline_freshness', {
      params,
      query: { ...page, sort: ['pipeline_name'], order: ['asc'] },
    }),
  );
  session.show(pipelines, () =>
    formatList(terminal, pipelines, {
      empty: 'No pipelines yet: no run has reported one.',
      columns: [
        { title: 'PIPELINE', text: ({ pipeline_name }) => pipeline_name },
        {
          title: 'LAST RUN',
          text: ({ last_run: run }) => (run === null ? '' : formatStatus(terminal, run.status)),
        },
        { title: 'WHEN', text: ({ last_run: run }) => formatRelative(run?.created_at) },
        { title: 'ROWS', text: ({ last_run: run }) => formatCount(run?.rows_loaded), isNumber: true },
        { title: 'DATA', text: ({ freshness }) => formatFreshness(terminal, freshness) },
        {
          title: 'DURATION',
          text: ({ last_run: run }) => formatDuration(toSeconds(run?.duration_ms)),
          dropOrder: 3,
        },
        { title: 'DATASET', text: ({ dataset_name }) => dataset_name ?? '', dropOrder: 2 },
        { title: 'DESTINATION', text: ({ destination_name }) => destination_name ?? '', dropOrder: 1 },
      ],
    }),
  );
}

/** Milliseconds as seconds; null if unknown. */
export function toSeconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : ms / 1000;
}
