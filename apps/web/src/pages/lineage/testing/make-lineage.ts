import type { LineageEdge, LineageNode } from '../lineage-fold.ts';

/** A node of data, or of a job without details. */
export function makeNode(
  kind: LineageNode['kind'],
  name: string,
  others: Partial<LineageNode> = {},
): LineageNode {
  return {
    key: `${kind}:${name}`,
    kind,
    name,
    is_failing: false,
    freshness_state: null,
    updated_at: null,
    rows_loaded: null,
    schema_changed_at: null,
    job: null,
    pipeline: null,
    dataset: null,
    table: null,
    ...others,
  };
}

/** A job that completed. */
export function makeJobNode(
  name: string,
  tags: string[] = [],
  others: Partial<LineageNode> = {},
  status = 'completed',
  state = status,
): LineageNode {
  const at = '2026-11-01T03:00:00Z';
  return makeNode('job', `jobs.${name}`, {
    updated_at: at,
    job: {
      id: '00000000-0000-4000-8000-000000000001',
      ref: `jobs.${name}`,
      type: 'batch',
      tags,
      is_paused: false,
      is_archived: false,
      state,
      last_run: {
        id: '00000000-0000-4000-8000-000000000002',
        number: 1,
        status,
        created_at: at,
        finished_at: at,
      },
    },
    ...others,
  });
}

/** @param text `<from> <kind> <to>` */
export function makeEdge(text: string, others: Partial<LineageEdge> = {}): LineageEdge {
  const [from = '', kind = '', to = ''] = text.split(' ');
  return { from, kind, to, text: null, last_at: null, rows_loaded: null, is_failed: false, ...others };
}
