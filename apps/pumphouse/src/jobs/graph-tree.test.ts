import { expect, it } from 'vitest';
import { arrangeTree } from './graph-tree.ts';

const job = (id: string) => ({
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
  trigger: `job.success:jobs.${from}`,
  trigger_text: '',
});

function draw(ids: string[], pairs: [string, string][]): string[] {
  const lines = arrangeTree({ nodes: ids.map(job), edges: pairs.map(([from, to]) => edge(from, to)) });
  return lines.map(({ branch, job: { id }, isRepeated }) => `${branch}${id}${isRepeated ? ' …' : ''}`);
}

it('shows each job below those that it depends on', () => {
  expect(
    draw(
      ['c', 'a', 'b', 'd', 'e'],
      [
        ['a', 'b'],
        ['b', 'c'],
        ['a', 'd'],
      ],
    ),
  ).toEqual(['a', '├─ b', '│  └─ c', '└─ d', 'e']);
});

it('shows what is below a job once', () => {
  expect(
    draw(
      ['a', 'b', 'c', 'd'],
      [
        ['a', 'c'],
        ['b', 'c'],
        ['c', 'd'],
      ],
    ),
  ).toEqual(['a', '└─ c', '   └─ d', 'b', '└─ c …']);
});

it('ends in a cycle', () => {
  expect(
    draw(
      ['a', 'b'],
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
    ),
  ).toEqual(['a', '└─ b', '   └─ a …']);
});
