import { describe, expect, it } from 'vitest';
import {
  describeEdge,
  describeNode,
  hasRecentChange,
  listAffectedKeys,
  stateOfNode,
} from './lineage-texts.ts';
import { makeEdge, makeJobNode, makeNode } from './testing/make-lineage.ts';

const now = new Date('2026-11-01T04:00:00Z');
const anHourAgo = '2026-11-01T03:00:00Z';

describe('the state of a node', () => {
  it.each([
    ['a failing pipeline', makeNode('pipeline', 'a', { freshness_state: 'failing' }), 'Failing'],
    ['a job that failed last', makeJobNode('a', [], {}, 'failed', 'failed'), 'Failed'],
    ['a failing job that runs again', makeJobNode('a', [], {}, 'running', 'failed'), 'Running'],
    ['a completed job', makeJobNode('a'), 'Completed'],
    ['data that a schedule expects newer', makeNode('dataset', 'a', { freshness_state: 'stale' }), 'Stale'],
    ['loaded data', makeNode('table', 'a', { freshness_state: 'not_scheduled' }), 'No schedule'],
    ['data without a stored load', makeNode('dataset', 'a'), 'Unknown'],
  ])('of %s', (_what, node, word) => expect(stateOfNode(node).word).toBe(word));
});

describe('the second line of a node', () => {
  it('is what it is, its size and its age', () => {
    const dataset = { destination_names: [], table_count: 2, is_expanded: false };
    const node = makeNode('dataset', 'a', { dataset, rows_loaded: 1200, updated_at: anHourAgo });
    expect(describeNode(node, now)).toBe('dataset · 2 tables · 1.2K rows · 1 h ago');
    expect(describeNode(makeNode('pipeline', 'a'), now)).toBe('pipeline');
    expect(describeNode(node, now, true)).toBe('dataset · affected · 2 tables · 1.2K rows · 1 h ago');
  });

  it('tells a recent change of the schema', () => {
    expect(hasRecentChange(makeNode('dataset', 'a', { schema_changed_at: anHourAgo }), now)).toBe(true);
    const before = makeNode('dataset', 'a', { schema_changed_at: '2026-10-20T03:00:00Z' });
    expect(hasRecentChange(before, now)).toBe(false);
  });
});

describe('an edge', () => {
  it.each([
    ['a success b', {}, 'b starts on success of a'],
    ['a fail b', {}, 'b starts on failure of a'],
    ['a freshness b', {}, 'b waits until a is fresh'],
    ['a runs b', { last_at: anHourAgo, rows_loaded: 3 }, 'b run by a 1 h ago, 3 rows'],
    ['a runs b', { last_at: anHourAgo, is_failed: true }, 'b run by a 1 h ago, failed'],
    ['a runs b', {}, 'b run by a, but not by its last 10 runs'],
    ['a loads b', {}, 'b loaded by a, no load is stored'],
  ])('%s is a sentence', (text, others, sentence) => {
    expect(describeEdge(makeEdge(text, others), (key) => key, now)).toBe(sentence);
  });
});

it('lists what any failure affects', () => {
  const affected = [{ key: 'dataset:a', from: 'pipeline:a', kind: 'loads' }];
  expect([
    ...listAffectedKeys({ failures: [{ key: 'pipeline:a', failed_at: null, affected, is_cut: false }] }),
  ]).toEqual(['dataset:a']);
});
