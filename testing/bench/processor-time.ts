import type { TestServer } from '../fixtures/server.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../fixtures/eventually.ts';
import { listChildren, listTree, readProcessTimes } from './process-times.ts';

/** Processor time in milliseconds, by part of Pumphouse. */
export interface ProcessorTime {
  /** The server's own process. */
  node: number;
  /** All processes of the embedded Postgres. */
  postgres: number;
  /** Bootstraps, and the helpers that a bootstrap does not wait for. */
  bootstraps: number;
  /** What bootstraps started, and templates with the runs that were forked from them: sandboxes, networks, user code. */
  sandboxes: number;
}

/** A bootstrap still waits for the server when its user code has ended, so this rarely misses that end. */
const sampleIntervalMs = 10;

/**
 * Watches the processor time of a server with the process executor. Ended processes count: the server and its
 * fork server have waited for bootstraps, and Postgres for its backends. Only the division between a bootstrap and what it
 * started is sampled.
 * @returns a function that waits until all attempts are removed, and returns the time since
 */
export function watchProcessorTime(server: TestServer): () => Promise<ProcessorTime> {
  const serverPid = readServerPid(server);
  const postmasterPid = readPostmasterPid(server);
  const forkServerPid = findForkServer(serverPid);
  const listStarted = () => [...listChildren(serverPid), ...listChildren(forkServerPid)];
  const templatesBefore = readTemplatesTime(serverPid);
  const others = new Set(listStarted());
  const sandboxes = new Map<number, number>();
  const sample = () => {
    for (const pid of listStarted()) {
      if (others.has(pid) || isKeeper(pid)) continue;
      const { endedChildren } = readProcessTimes(pid);
      sandboxes.set(pid, Math.max(endedChildren, sandboxes.get(pid) ?? 0));
    }
  };
  const attemptsBefore = countAttempts(server);
  const nodeBefore = readProcessTimes(serverPid);
  const forkServerBefore = readProcessTimes(forkServerPid);
  const postgresBefore = readPostgresTime(postmasterPid);
  const timer = setInterval(sample, sampleIntervalMs);

  return async () => {
    await eventually('all attempts are removed', () => countAttempts(server) <= attemptsBefore);
    clearInterval(timer);
    const node = readProcessTimes(serverPid);
    const forkServer = readProcessTimes(forkServerPid);
    const ofForks =
      forkServer.own + forkServer.endedChildren - forkServerBefore.own - forkServerBefore.endedChildren;
    const ofSandboxes = sumOf([...sandboxes.values()]);
    return {
      node: node.own - nodeBefore.own,
      postgres: readPostgresTime(postmasterPid) - postgresBefore,
      bootstraps: ofForks + node.endedChildren - nodeBefore.endedChildren - ofSandboxes,
      sandboxes: ofSandboxes + readTemplatesTime(serverPid) - templatesBefore,
    };
  };
}

export function readServerPid({ process: { pid } }: TestServer): number {
  if (pid === undefined) throw new Error('The server has no process');
  return pid;
}

/** It has started before, with the first attempt of the server. */
function findForkServer(serverPid: number): number {
  const found = listChildren(serverPid).find((pid) => hasArgument(pid, /^--fork-server$/));
  if (found === undefined) throw new Error('The server has no fork server');
  return found;
}

/** All processes of templates and of the runs that were forked from them, as long as the templates have not ended. */
function readTemplatesTime(serverPid: number): number {
  return sumOf(listChildren(serverPid).filter(isKeeper).map(readTreeTime));
}

/** A process and all its descendants, ended or not, as long as none of them has another parent by now. */
export function readTreeTime(root: number): number {
  const times = listTree(root).map((pid) => readProcessTimes(pid));
  return sumOf(times.map(({ own, endedChildren }) => own + endedChildren));
}

const isKeeper = (pid: number): boolean => hasArgument(pid, /\/template_keeper$/);

function hasArgument(pid: number, pattern: RegExp): boolean {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return commandLine.split('\0').some((argument) => pattern.test(argument));
  } catch {
    // It has ended.
    return false;
  }
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

export function readPostmasterPid({ dataDir }: TestServer): number {
  return Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
}

export function readPostgresTime(postmasterPid: number): number {
  const { own, endedChildren } = readProcessTimes(postmasterPid);
  return own + endedChildren + sumOf(listChildren(postmasterPid).map((pid) => readProcessTimes(pid).own));
}

function countAttempts({ dataDir }: TestServer): number {
  return readdirSync(join(dataDir, 'attempts')).length;
}
