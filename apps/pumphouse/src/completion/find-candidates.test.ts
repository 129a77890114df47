import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../program/build-program.ts';
import { findPosition } from './find-candidates.ts';
import { nameJobs } from './look-up-names.ts';

const program = buildProgram({ owner: process, setExitCode: () => undefined });

function complete(...words: string[]) {
  const { candidates, ...position } = findPosition(program, words);
  return { values: candidates.map(({ value }) => value), ...position };
}

describe('completion', () => {
  it('lists commands, without hidden ones', () => {
    const { values } = complete('');
    expect(values).toEqual(expect.arrayContaining(['login', 'workspace', 'diff']));
    expect(values).not.toContain('__complete');
    expect(complete('workspace', '').values).toContain('switch');
  });

  it('lists options that are not used yet, also the global ones', () => {
    const { values } = complete('key', 'create', '--days', '3', '--');
    expect(values).toEqual(expect.arrayContaining(['--name', '--role', '--json', '--help']));
    expect(values).not.toContain('--days');
  });

  it('lists the choices of an option, in each form', () => {
    expect(complete('key', 'create', '--role', '').values).toEqual(['developer', 'viewer']);
    expect(complete('key', 'create', '--role=v')).toMatchObject({
      values: ['developer', 'viewer'],
      partial: 'v',
      prefix: '--role=',
    });
    // bash splits words at =.
    expect(complete('key', 'create', '--role', '=', 'v')).toMatchObject({
      values: ['developer', 'viewer'],
      partial: 'v',
      prefix: '',
    });
  });

  it.each([
    [['workspace', 'switch', ''], ['workspace']],
    [
      ['logs', ''],
      ['run', 'job'],
    ],
    [['logs', 'load', ''], ['number']],
    [['deployment', 'info', ''], ['version']],
    [['--server', ''], ['server']],
    [['whoami', '--workspace', ''], ['workspace']],
    [['--json', 'launch', ''], ['job']],
    [['launch', 'load', '--input', ''], ['input']],
    [['whoami', ''], []],
  ])('looks up names for %j', (words, kinds) => {
    expect(complete(...words).kinds).toEqual(kinds);
  });

  it('knows the server and the workspace of the line', () => {
    expect(complete('--server', 'prod', 'logs', '--workspace=shop', '')).toMatchObject({
      server: 'prod',
      workspace: 'shop',
      path: 'logs',
    });
  });

  it('reads quoted words', () => {
    expect(complete('org', 'info', '"Data te').partial).toBe('Data te');
  });
});

it('names jobs by the shortest unique name', () => {
  const jobs = ['jobs.shop.load', 'jobs.stock.load', 'jobs.shop.report'].map((job_ref) => ({
    job_ref,
    description: null,
  }));
  expect(nameJobs(jobs).map(({ value }) => value)).toEqual(['shop.load', 'stock.load', 'report']);
});
