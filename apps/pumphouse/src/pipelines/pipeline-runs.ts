import { shortenPipelineError } from '@pumphouse/client';
import { readAll } from '../paging/read-all.ts';
import { toOneLine } from '../terminal/plain-text.ts';
import type { Session } from '../session/session.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRelative,
  formatStatus,
} from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import { parseCount } from '../terminal/parse-value.ts';
import { explainMissing } from './find-name.ts';
import { toSeconds } from './list-pipelines.ts';
import { readPipelineNames } from './read-names.ts';

const defaultLimit = 20;

/** Lists the runs of a pipeline, newest first. */
export async function showPipelineRuns(
  session: Session,
  name: string,
  { limit: limitText }: { limit?: string },
): Promise<void> {
  const { client, terminal } = session;
  const limit = limitText === undefined ? defaultLimit : parseCount(limitText);
  const params = { workspace_id: await session.workspaceId() };
  await explainMissing(client.call('get_pipeline_overview', { params: { ...params, pipeline_name: name } }), {
    kind: 'pipeline',
    name,
    listNames: () => readPipelineNames(session),
  });
  const runs = await readAll(
    (page) =>
      client.call('list_pipeline_runs', {
        params,
        query: { ...page, pipeline_name: [name], sort: ['started_at'], order: ['desc'] },
      }),
    limit,
  );
  session.show(runs, () =>
    formatList(terminal, runs, {
      empty: 'No runs yet.',
      columns: [
        { title: 'STARTED', text: ({ started_at, created_at }) => formatRelative(started_at ?? created_at) },
        { title: 'STATUS', text: ({ status }) => formatStatus(terminal, status) },
        { title: 'DURATION', text: ({ duration_ms: ms }) => formatDuration(toSeconds(ms)) },
        { title: 'ROWS', text: ({ total_rows_loaded: rows }) => formatCount(rows), isNumber: true },
        {
          title: 'SIZE',
          text: ({ total_bytes_loaded: bytes }) => formatBytes(bytes),
          isNumber: true,
          dropOrder: 1,
        },
        {
          title: 'ERROR',
          text: ({ status, error_message: error }) =>
            status === 'failed' ? toOneLine(shortenPipelineError(error)) : '',
        },
        { title: 'DLT', text: ({ dlt_version: dlt }) => dlt ?? '', dropOrder: 3 },
        { title: 'ID', text: ({ id }) => id, dropOrder: 4 },
      ],
    }),
  );
}
