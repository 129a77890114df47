import { describe, expect, it } from 'vitest';
import {
  deriveCloudMetadataFinding,
  deriveEngineFinding,
  deriveExecutorFinding,
  deriveLimitsFinding,
  derivePythonFinding,
  derivePythonVersionsFinding,
  deriveRunNetworkFinding,
  deriveSandboxFinding,
  deriveUvFinding,
} from './executor-findings.ts';

const install = 'Install it: sudo apt-get install thing';

describe('deriveExecutorFinding', () => {
  it('says whether the installation has decided', () => {
    const decided = deriveExecutorFinding({ executor: 'docker', isDecided: true, container: null });
    expect(decided).toMatchObject({ status: 'ok', found: expect.stringContaining('decided at the first') });
    const open = deriveExecutorFinding({ executor: 'process', isDecided: false, container: null });
    expect(open.found).toContain('would be decided');
  });

  it('finds processes in a container, which would end with it, and containers not', () => {
    const container = '/.dockerenv';
    expect(deriveExecutorFinding({ executor: 'process', isDecided: true, container }).status).toBe('problem');
    expect(deriveExecutorFinding({ executor: 'docker', isDecided: true, container }).status).toBe('ok');
  });

  it('reports a setting that contradicts the decision', () => {
    const executor = { contradiction: 'PUMPHOUSE_EXECUTOR is docker, but ...' };
    expect(deriveExecutorFinding({ executor, isDecided: true, container: null })).toMatchObject({
      status: 'problem',
      nextStep: expect.stringContaining('PUMPHOUSE_EXECUTOR'),
    });
  });
});

describe('programs', () => {
  const missing = { path: null, version: null, failure: null };

  it('give the command that installs a missing one', () => {
    expect(derivePythonFinding(missing, install)).toMatchObject({
      status: 'problem',
      nextStep: expect.stringContaining(install),
    });
    expect(deriveUvFinding(missing).nextStep).toContain('npm run setup');
  });

  it('name the one that does not work, and why', () => {
    const broken = { path: '/usr/bin/thing', version: null, failure: 'exit code 3' };
    for (const finding of [derivePythonFinding(broken, install), deriveUvFinding(broken)])
      expect(finding).toMatchObject({
        status: 'problem',
        found: expect.stringMatching(/\/usr\/bin\/thing.*exit code 3/),
      });
  });

  it('show version and path of one that works', () => {
    const found = { path: '/usr/bin/python3', version: '3.12.4', failure: null };
    expect(derivePythonFinding(found, install).found).toBe('Python 3.12.4 (/usr/bin/python3) starts runs.');
  });
});

it.each([
  [['3.11.7', '3.12.1', '3.8.2'], 'ok', '3.12, 3.11.'],
  [['3.9.1', '3.15.0'], 'problem', '3.10 to 3.14'],
  [[], 'problem', '3.10 to 3.14'],
])('lists the Python versions for runs among %j', (versions, status, text) => {
  expect(derivePythonVersionsFinding(versions)).toMatchObject({
    status,
    found: expect.stringContaining(text),
  });
});

describe('deriveSandboxFinding', () => {
  const advice = { install, namespaces: 'Allow user namespaces.' };
  const works = { path: '/usr/bin/bwrap', failure: null, allowUnisolated: false, separatesUsers: true };

  it.each([
    ['works', {}, 'ok', null],
    ['is missing', { path: null }, 'problem', `${install}.`],
    ['fails', { failure: 'no permissions' }, 'problem', advice.namespaces],
    ['is missing, which is allowed', { path: null, allowUnisolated: true }, 'warning', `${install}.`],
    ['fails, which is allowed', { failure: 'no', allowUnisolated: true }, 'warning', advice.namespaces],
  ])('when bubblewrap %s', (_, change, status, nextStep) => {
    expect(deriveSandboxFinding({ ...works, ...change }, advice)).toMatchObject({ status, nextStep });
  });
});

describe('deriveRunNetworkFinding', () => {
  const works = { path: '/usr/bin/pasta', failure: null, isShared: false };

  it.each([
    ['works', {}, 'ok'],
    ['is missing', { path: null }, 'problem'],
    ['fails', { failure: 'no tun' }, 'problem'],
    ['works, and runs share the network of the machine', { isShared: true }, 'warning'],
    ['is missing, and runs share it', { path: null, isShared: true }, 'warning'],
  ])('when pasta %s', (_, change, status) => {
    expect(deriveRunNetworkFinding({ ...works, ...change }, install).status).toBe(status);
  });
});

it('warns of a metadata service that answers and is open to runs', () => {
  const statusOf = (isOpen: boolean, answers: boolean) =>
    deriveCloudMetadataFinding({ isOpen, answers }).status;
  expect(statusOf(true, true)).toBe('warning');
  expect([statusOf(true, false), statusOf(false, true), statusOf(false, false)]).toEqual(['ok', 'ok', 'ok']);
});

it('warns of limits that are not enforced, and says that a shell has another control group', () => {
  const detail = 'NOT limited: memory (no group).';
  const advice = 'Do this.\nOr that.';
  const all = { holds: ['memory', 'cpu', 'pids'], detail: 'All.', isServer: false } as const;
  expect(deriveLimitsFinding(all, advice)).toEqual({
    status: 'ok',
    found: 'All.',
    nextStep: null,
  });
  const inShell = deriveLimitsFinding({ holds: ['pids'], detail, isServer: false }, advice);
  expect(inShell).toMatchObject({ status: 'warning', found: expect.stringContaining('this shell') });
  expect(deriveLimitsFinding({ holds: [], detail, isServer: true }, advice)).toMatchObject({
    found: detail,
    nextStep: advice,
  });
});

it('finds an engine that answers, is silent, or fails', () => {
  const url = 'unix:///run/podman/podman.sock';
  const answers = { state: 'answers', url, label: 'Podman 5.4.2', isRootless: true, memoryBytes: 1 } as const;
  expect(deriveEngineFinding(answers)).toMatchObject({
    status: 'ok',
    found: `Podman 5.4.2 answers at ${url}, rootless.`,
  });
  expect(deriveEngineFinding({ state: 'none', tried: [url, 'unix:///x'] }).found).toContain(
    `${url}, unix:///x`,
  );
  expect(deriveEngineFinding({ state: 'failed', url, failure: 'broken' }).status).toBe('problem');
});
