import { describe, expect, it } from 'vitest';
import { findMeant, findMeantName } from './masked-names.ts';

const pair = (text: string) => {
  const [pipelineName = '', datasetName = ''] = text.split(' ');
  return { pipelineName, datasetName };
};
const find = (masked: string, ...reported: string[]) => {
  const meant = findMeant(pair(masked), reported.map(pair));
  return meant && `${meant.pipelineName} ${meant.datasetName}`;
};

describe('findMeant', () => {
  it.each<[masked: string, reported: string[], meant: string]>([
    ['*** ***_data', ['analytics analytics_data'], 'analytics analytics_data'],
    ['***_daily raw', ['orders_daily raw', 'events_hourly raw'], 'orders_daily raw'],
    ['orders ***', ['orders analytics', 'events analytics'], 'orders analytics'],
    ['*** raw_b', ['analytics raw_a', 'postgres raw_b'], 'postgres raw_b'],
    ['*** ', ['analytics raw'], 'analytics '],
    ['*** earlier', ['analytics raw'], 'analytics earlier'],
    ['***-to-*** raw', ['analytics-to-warehouse raw'], 'analytics-to-warehouse raw'],
    ['*** ***', ['analytics ***'], 'analytics ***'],
  ])('of %j among %j', (masked, reported, meant) => {
    expect(find(masked, ...reported)).toBe(meant);
  });

  it.each<[what: string, masked: string, reported: string[]]>([
    ['several pipelines', '*** raw', ['analytics raw', 'postgres raw']],
    ['several datasets', 'orders ***', ['orders analytics', 'orders postgres']],
    ['a pipeline that has the secret still', '*** raw', ['*** raw', 'analytics raw']],
    ['no pipeline', '***_daily raw', ['orders_hourly raw']],
    ['a name that is too short for a masked value', '*** raw', ['shop raw']],
    ['no dataset', '*** ***_data', ['analytics raw']],
    ['nothing', '*** raw', []],
  ])('is null for %s', (_, masked, reported) => {
    expect(find(masked, ...reported)).toBe(null);
  });
});

it('findMeantName finds the only name that can be meant', () => {
  expect(findMeantName('***', ['analytics', 'shop'])).toBe('analytics');
  expect(findMeantName('***', ['analytics', 'warehouse'])).toBe(null);
  expect(findMeantName('***', ['***', 'analytics'])).toBe(null);
  expect(findMeantName('a***a***a', [`a${'b'.repeat(6)}a${'b'.repeat(5)}a`])).toBe(null);
});
