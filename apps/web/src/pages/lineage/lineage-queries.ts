import { keepPreviousData } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';

/** The part of the lineage that a page shows. */
export interface LineageScope {
  /** Key of the node of the page; undefined for the whole workspace. */
  around?: string | undefined;
  /** Datasets whose tables are shown. */
  expanded?: readonly string[] | undefined;
}

export const lineageOf = (workspaceId: string, { around, expanded }: LineageScope) =>
  operation('get_lineage', {
    params: { workspace_id: workspaceId },
    query: {
      ...(around !== undefined && { around }),
      ...(expanded !== undefined && { expanded: [...expanded] }),
    },
  });

/** Keeps the graph while the tables of a dataset load, so that the view does not jump. */
export const shownLineage = (workspaceId: string, scope: LineageScope) => ({
  ...lineageOf(workspaceId, scope),
  placeholderData: keepPreviousData,
});

/** The pipelines of a job and the datasets that they loaded. */
export const loadsOfJob = (workspaceId: string, ref: string) =>
  operation('get_lineage', {
    params: { workspace_id: workspaceId },
    query: { around: `job:${ref}`, direction: 'downstream', depth: 2 },
  });
