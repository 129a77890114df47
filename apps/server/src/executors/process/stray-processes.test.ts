import { expect, it } from 'vitest';
import { recognizeAttempt } from './stray-processes.ts';

const dataDir = '/var/lib/pumphouse';
const bootstrapDir = '/opt/pumphouse/python/pumphouse_bootstrap';
const recognize = (environment: string[], commandLine: string[]) =>
  recognizeAttempt({ environment, commandLine }, dataDir, bootstrapDir);
const program = `${bootstrapDir}/__main__.py`;
const folder = `${dataDir}/attempts/a-1`;

it.each<[string, string[], string[]]>([
  [
    'user code, by its variables',
    ['PUMPHOUSE_ATTEMPT_ID=a-1', `HOME=${folder}/work/.home`],
    ['python', '-m', 'launcher'],
  ],
  [
    'a sandbox, by its arguments',
    ['PUMPHOUSE_ATTEMPT_ID=a-1'],
    ['bwrap', '--bind', `${folder}/work/w`, '/work/w'],
  ],
  [
    'a bootstrap whose variables cannot be read',
    [''],
    ['python3', '-I', '-S', program, `${folder}/start.json`],
  ],
])('recognizes %s', (_, environment, commandLine) => {
  expect(recognize(environment, commandLine)).toBe('a-1');
});

it.each<[string, string[], string[]]>([
  ['another installation', ['PUMPHOUSE_ATTEMPT_ID=a-1', 'HOME=/srv/attempts/a-1/work'], ['python']],
  [
    'another folder that begins alike',
    ['PUMPHOUSE_ATTEMPT_ID=a-1', `HOME=${dataDir}/attempts/a-10/work`],
    [],
  ],
  ['who looks at a file', ['HOME=/root'], ['tail', '-f', `${folder}/spool`]],
  ['who looks at a start file', [], ['cat', `${folder}/start.json`]],
  ['a bootstrap of another data folder', [], ['python3', program, '/srv/attempts/a-1/start.json']],
  ['a bootstrap of no attempt', [], ['python3', program, `${dataDir}/attempts/../start.json`]],
  ['an id that leads elsewhere', ['PUMPHOUSE_ATTEMPT_ID=../..', `HOME=${dataDir}/x`], []],
])('does not attribute %s to an attempt', (_, environment, commandLine) => {
  expect(recognize(environment, commandLine)).toBeNull();
});
