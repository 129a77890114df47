import { describe, expect, it } from 'vitest';
import type { JobGraphResponse } from '@pumphouse/contract';
import { describeJobGraph, placeJobs } from './graph-layout.ts';
import { layOutLayers } from '../../graph/layered-layout.ts';

const node = (id: string) => ({
  id,
  ref: `jobs.${id}`,
  name: id,
  type: 'batch',
  is_paused: false,
  is_archived: false,
  last_status: null,
  last_job_run_id: null,
  trigger_texts: [],
});
const edge = (from: string, to: string) => ({
  from_job_id: from,
  to_job_id: to,
  kind: 'success',
  trigger: '',
  trigger_text: '',
});

const layOutGraph = (graph: Pick<JobGraphResponse, 'nodes' | 'edges'>) =>
  placeJobs(graph, layOutLayers(describeJobGraph(graph)));

function columnsOf(nodes: string[], edges: [string, string][]): Record<string, number> {
  const layout = layOutGraph({ nodes: nodes.map(node), edges: edges.map(([from, to]) => edge(from, to)) });
  const xs = [...new Set(layout.jobs.map(({ x }) => x))].toSorted((one, other) => one - other);
  return Object.fromEntries(layout.jobs.map(({ job, x }) => [job.id, xs.indexOf(x)]));
}

describe('the layout of a job graph', () => {
  it('places a job right of all its upstream jobs', () => {
    const columns = columnsOf(
      ['report', 'orders', 'load', 'clean'],
      [
        ['load', 'orders'],
        ['orders', 'report'],
        ['load', 'report'],
        ['report', 'clean'],
      ],
    );
    expect(columns).toEqual({ load: 0, orders: 1, report: 2, clean: 3 });
  });

  it('terminates for cycles and self-references', () => {
    const columns = columnsOf(
      ['one', 'two'],
      [
        ['one', 'two'],
        ['two', 'one'],
        ['one', 'one'],
      ],
    );
    expect(Object.values(columns).toSorted((one, other) => one - other)).toEqual([0, 1]);
  });

  it('separates the jobs of a layer and places them near their upstream jobs', () => {
    const { jobs, edges, height } = layOutGraph({
      nodes: ['a', 'b', 'of_b', 'of_a'].map(node),
      edges: [edge('a', 'of_a'), edge('b', 'of_b'), edge('a', 'elsewhere')],
    });
    const yOf = Object.fromEntries(jobs.map(({ job, y }) => [job.id, y]));
    expect(yOf['of_a']).toBeLessThan(yOf['of_b'] ?? 0);
    expect(edges).toHaveLength(2);
    expect(height).toBeGreaterThan(100);
  });

  it('returns an empty layout without jobs', () => {
    expect(layOutGraph({ nodes: [], edges: [] })).toEqual({ jobs: [], edges: [], width: 0, height: 0 });
  });
});
