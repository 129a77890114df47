import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  isProcessAlive,
  listProcesses,
  parseProcessStat,
  readBootId,
  readOwnProcess,
  readProcessState,
  readProcessStartTime,
  selectDescendants,
  signalProcess,
  waitForExit,
  type ProcessIdentity,
} from './process-identity.ts';

let children: ChildProcess[] = [];

async function startSleeper(): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  return { child, identity: { bootId: readBootId(), pid, startTime: readProcessStartTime(pid) ?? 0 } };
}

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});

const stat = (name: string, state: string): string =>
  `42 (${name}) ${state} 7 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1000 1 2 3`;

describe('parseProcessStat', () => {
  it.each(['sleep', 'a b', ') S 1 (', '((x))'])('parses the name %j', (name) => {
    expect(parseProcessStat(stat(name, 'S'))).toEqual({ pid: 42, parentPid: 7, startTime: 123_456 });
  });

  it('ignores a zombie and invalid input', () => {
    expect(parseProcessStat(stat('x', 'Z'))).toBeNull();
    expect(parseProcessStat('')).toBeNull();
  });
});

describe('a process', () => {
  it('is alive only under its own identity', async () => {
    const { identity } = await startSleeper();
    expect(isProcessAlive(identity)).toBe(true);
    expect(isProcessAlive({ ...identity, startTime: identity.startTime - 1 })).toBe(false);
    expect(isProcessAlive({ ...identity, bootId: 'another' })).toBe(false);
  });

  it('recorded with its location is alive, gone, or cannot be observed', async () => {
    const { child, identity } = await startSleeper();
    const { location } = readOwnProcess();
    const recorded = { location, pid: identity.pid, startTime: identity.startTime };
    expect(readProcessState(readOwnProcess())).toBe('alive');
    expect(readProcessState(recorded)).toBe('alive');
    expect(readProcessState({ ...recorded, startTime: 1 })).toBe('gone');
    const elsewhere = { ...location, pidNamespace: 'pid:[1]' };
    expect(readProcessState({ ...recorded, location: elsewhere })).toBe('elsewhere');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readProcessState(recorded)).toBe('gone');
  });

  it('receives no signal meant for an earlier process with the same pid', async () => {
    const { identity } = await startSleeper();
    expect(signalProcess({ ...identity, startTime: identity.startTime - 1 }, 'SIGKILL')).toBe(false);
    expect(isProcessAlive(identity)).toBe(true);
    expect(signalProcess(identity, 'SIGKILL')).toBe(true);
    expect(await waitForExit([identity], 300_000)).toBe(true);
    expect(signalProcess(identity, 'SIGKILL')).toBe(false);
  });

  it('is waited for no longer than the timeout', async () => {
    const { identity } = await startSleeper();
    expect(await waitForExit([identity], 30)).toBe(false);
  });

  it('is listed below its parent', async () => {
    const { identity } = await startSleeper();
    const pids = selectDescendants(await listProcesses(), process.pid).map(({ pid }) => pid);
    expect(pids[0]).toBe(process.pid);
    expect(pids).toContain(identity.pid);
    expect(selectDescendants(await listProcesses(), identity.pid)).toHaveLength(1);
  });
});
