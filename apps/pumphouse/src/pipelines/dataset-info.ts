import type { DatasetOverviewResponse } from '@pumphouse/contract';
import { countOf } from '../runs/run-outcome.ts';
import { locatePage } from '../session/console-address.ts';
import type { Session } from '../session/session.ts';
import { formatDetails } from '../terminal/details.ts';
import { formatRelative, formatStatus } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { explainMissing } from './find-name.ts';
import { formatFreshness } from './freshness.ts';
import { formatTables } from './pipeline-info.ts';
import { readDatasetNames } from './read-names.ts';

/** Shows a dataset: the pipelines that load into it, the age of its data, and its tables. */
export async function showDataset(session: Session, name: string): Promise<void> {
  const params = { workspace_id: await session.workspaceId(), dataset_name: name };
  const dataset = await explainMissing(session.client.call('get_dataset_overview', { params }), {
    kind: 'dataset',
    name,
    listNames: () => readDatasetNames(session),
  });
  const url = await locatePage(session, 'datasets', name);
  session.show({ ...dataset, url }, () => formatDataset(session.terminal, dataset, url));
}

function formatDataset(terminal: Terminal, dataset: DatasetOverviewResponse, url: string): string {
  const { last_run: run, schema_change_count_30_days: changes, freshness } = dataset;
  const facts = formatDetails(terminal, [
    [
      'Last run',
      run === null
        ? null
        : `${formatStatus(terminal, run.status)} ${formatRelative(run.created_at)}, by ${run.pipeline_name}`,
    ],
    ['Data', `${formatFreshness(terminal, freshness)}: ${freshness.detail}`],
    ['Pipelines', dataset.pipelines.map(({ pipeline_name: name }) => name).join(', ')],
    ['Destinations', dataset.destinations.map(({ name }) => name).join(', ')],
    ['Changes', changes === 0 ? null : `${countOf(changes, 'schema change')} in 30 days`],
    ['Console', url],
  ]);
  const tables = formatTables(terminal, dataset.tables, dataset.are_tables_cut);
  return `${terminal.tone('strong', dataset.dataset_name)}\n\n${facts}\n${tables}`;
}
