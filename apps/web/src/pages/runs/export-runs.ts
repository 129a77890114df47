import type { RunOverviewResponse } from '@pumphouse/contract';
import { api } from '../../api/api.ts';
import { maxExportedRuns, toRunQuery, type RunSearch } from './run-list.ts';
import { saveFile } from '../../ui/save-file.ts';
import { toRunCsv } from './run-csv.ts';

const pageLimit = 1000;

/**
 * Downloads runs as CSV.
 * @param runs undefined for all that match the search
 * @returns the exported runs, and whether more match
 */
export async function exportRuns(
  workspaceId: string,
  search: RunSearch,
  runs: readonly RunOverviewResponse[] | undefined,
) {
  const found = runs === undefined ? await fetchMatching(workspaceId, search) : { runs, hasMore: false };
  saveFile('runs.csv', new Blob([toRunCsv(found.runs)], { type: 'text/csv;charset=utf-8' }));
  return found;
}

async function fetchMatching(workspaceId: string, search: RunSearch) {
  const found: RunOverviewResponse[] = [];
  let cursor: string | null = null;
  do {
    const query = { ...toRunQuery(search, Date.now()), limit: pageLimit, ...(cursor !== null && { cursor }) };
    const page: { items: RunOverviewResponse[]; next_cursor?: string | null | undefined } = await api.call(
      'list_run_overviews',
      { params: { workspace_id: workspaceId }, query },
    );
    found.push(...page.items);
    cursor = page.next_cursor ?? null;
  } while (cursor !== null && found.length < maxExportedRuns);
  return { runs: found.slice(0, maxExportedRuns), hasMore: cursor !== null };
}
