import type { JobGraph, TiedJob } from './job-graph.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawJobs, listJobEdges, surroundJob } from './job-graph.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

const job = (name: string, keys: Partial<TiedJob> = {}): TiedJob => ({
  id: name,
  jobRef: `jobs.${name}`,
  jobType: 'batch',
  isArchived: false,
  triggers: [],
  upstreamRefs: [],
  ...keys,
});
const after = (name: string, keys: Partial<TiedJob> = {}) => ({
  triggers: [`job.success:jobs.${name}`],
  ...keys,
});
const freshOn = (...names: string[]) => ({ upstreamRefs: names.map((name) => `jobs.${name}`) });
const describeEdges = (edges: JobGraph<TiedJob>['edges']) =>
  edges.map(({ fromId, toId, kind }) => `${fromId} ${kind} ${toId}`).toSorted();
const idsOf = ({ jobs }: JobGraph<TiedJob>) => jobs.map(({ id }) => id);

describe('job edges', () => {
  it('are events that start jobs, and freshness that jobs wait for', () => {
    const jobs = [
      job('a'),
      job('b', after('a')),
      job('c', { triggers: ['job.fail:jobs.a', 'schedule:0 * * * *', 'tag:x'] }),
      job('d', { ...after('a'), ...freshOn('a', 'b') }),
    ];
    expect(describeEdges(listJobEdges(jobs))).toEqual([
      'a fail c',
      'a freshness d',
      'a success b',
      'a success d',
      'b freshness d',
    ]);
  });

  it.each([
    ['a job and itself', [job('a', { ...after('a'), ...freshOn('a') })]],
    ['a job and a missing one', [job('a', after('gone'))]],
    ['an archived job, which nothing starts', [job('a'), job('b', after('a', { isArchived: true }))]],
    ['the end of an interactive job', [job('a', { jobType: 'interactive' }), job('b', after('a'))]],
    ['a job and a selector that was not resolved', [job('a'), job('b', { triggers: ['job.success:tag:x'] })]],
  ])('do not exist between %s', (_, jobs) => {
    expect(listJobEdges(jobs)).toEqual([]);
  });
});

describe('the graph around a job', () => {
  const chain = [
    job('up2'),
    job('up1', after('up2')),
    job('it', after('up1')),
    job('sibling', after('up1')),
    job('down1', freshOn('it')),
    job('down2', after('down1')),
    job('apart'),
  ];

  it('contains its upstreams and downstreams, nearest first', () => {
    const graph = surroundJob(chain, 'it', 10);
    expect(idsOf(graph)).toEqual(['it', 'up1', 'down1', 'up2', 'down2']);
    expect(describeEdges(graph.edges)).toEqual([
      'down1 success down2',
      'it freshness down1',
      'up1 success it',
      'up2 success up1',
    ]);
    expect(graph.isTruncated).toBe(false);
  });

  it('is truncated if it is too large', () => {
    const graph = surroundJob(chain, 'it', 2);
    expect([idsOf(graph), describeEdges(graph.edges), graph.isTruncated]).toEqual([
      ['it', 'up1'],
      ['up1 success it'],
      true,
    ]);
  });

  it('terminates on a cycle', () => {
    const circle = [job('a', after('c')), job('b', after('a')), job('c', after('b'))];
    expect(idsOf(surroundJob(circle, 'a', 10)).toSorted()).toEqual(['a', 'b', 'c']);
  });
});

describe('the graph of all jobs', () => {
  const jobs = [
    job('alone'),
    job('old', { isArchived: true }),
    job('y', after('z')),
    job('b', after('past')),
    job('z'),
    job('past', { isArchived: true }),
  ];

  it('lists connected jobs first, and archived jobs only if others depend on them', () => {
    const graph = drawJobs(jobs, 10);
    expect([idsOf(graph), graph.isTruncated]).toEqual([['b', 'past', 'y', 'z', 'alone'], false]);
    expect(describeEdges(graph.edges)).toEqual(['past success b', 'z success y']);
  });

  it('is truncated at the end', () => {
    const graph = drawJobs(jobs, 3);
    expect([idsOf(graph), describeEdges(graph.edges), graph.isTruncated]).toEqual([
      ['b', 'past', 'y'],
      ['past success b'],
      true,
    ]);
  });
});

it('reaches exactly the jobs connected to a job by a path of edges', () => {
  const links = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 20 });
  fc.assert(
    fc.property(links, (pairs) => {
      const jobs = Array.from({ length: 8 }, (_, to) =>
        job(`${to}`, {
          triggers: pairs.filter((pair) => pair[1] === to).map(([from]) => `job.success:jobs.${from}`),
        }),
      );
      // Transitive closure of the edge matrix: which job reaches which in any number of steps.
      const reaches = jobs.map((_, from) =>
        jobs.map((__, to) => from === to || pairs.some(([a, b]) => a === from && b === to)),
      );
      for (const through of reaches.keys())
        for (const from of reaches.keys())
          for (const to of reaches.keys())
            if (reaches[from]?.[through] && reaches[through]?.[to]) (reaches[from] ?? [])[to] = true;
      const expected = jobs.flatMap(({ id }, at) => (reaches[0]?.[at] || reaches[at]?.[0] ? [id] : []));
      expect(idsOf(surroundJob(jobs, '0', 100)).toSorted()).toEqual(expected);
    }),
    { seed: propertySeed },
  );
});
