import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';
import { formatBytes, formatCount, formatRelative, formatStatus } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';

/** Lists the datasets that pipelines have loaded into. */
export async function showDatasets(session: Session): Promise<void> {
  const { terminal } = session;
  const params = { workspace_id: await session.workspaceId() };
  const datasets = await readAll((page) =>
    session.client.call('list_dataset_stats', {
      params,
      query: { ...page, sort: ['dataset_name'], order: ['asc'] },
    }),
  );
  session.show(datasets, () =>
    formatList(terminal, datasets, {
      empty: 'No datasets yet: no run has loaded data.',
      columns: [
        { title: 'DATASET', text: ({ dataset_name }) => dataset_name },
        {
          title: 'LAST RUN',
          text: ({ latest_status: status }) => (status == null ? '' : formatStatus(terminal, status)),
        },
        { title: 'WHEN', text: ({ latest_pipeline_run_at: at }) => formatRelative(at) },
        { title: 'TABLES', text: ({ table_count: count }) => formatCount(count), isNumber: true },
        { title: 'ROWS', text: ({ total_rows_loaded: rows }) => formatCount(rows), isNumber: true },
        {
          title: 'SIZE',
          text: ({ total_bytes_loaded: bytes }) => formatBytes(bytes),
          isNumber: true,
          dropOrder: 1,
        },
        { title: 'PIPELINE', text: ({ latest_pipeline_name: name }) => name ?? '', dropOrder: 2 },
        { title: 'DESTINATION', text: ({ latest_destination_name: name }) => name ?? '', dropOrder: 3 },
      ],
    }),
  );
}
