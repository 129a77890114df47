import type { TestServer } from '../fixtures/server.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../fixtures/eventually.ts';
import { listChildren, readProcessTimes } from './process-times.ts';

/** Processor time in milliseconds, by part of Pumphouse. */
export interface ProcessorTime {
  /** The server's own process. */
  node: number;
  /** All processes of the embedded Postgres. */
  postgres: number;
  /** Bootstraps, and the helpers that a bootstrap does not wait for. */
  bootstraps: number;
  /** What bootstraps started: sandboxes, networks, and user code. */
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
  const others = new Set(listStarted());
  const sandboxes = new Map<number, number>();
  const sample = () => {
    for (const pid of listStarted()) {
      if (others.has(pid)) continue;
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
    const ofSandboxes = [...sandboxes.values()].reduce((sum, value) => sum + value, 0);
    return {
      node: node.own - nodeBefore.own,
      postgres: readPostgresTime(postmasterPid) - postgresBefore,
      bootstraps: ofForks + node.endedChildren - nodeBefore.endedChildren - ofSandboxes,
      sandboxes: ofSandboxes,
    };
  };
}

function readServerPid({ process: { pid } }: TestServer): number {
  if (pid === undefined) throw new Error('The server has no process');
  return pid;
}

/** It has started before, with the first attempt of the server. */
function findForkServer(serverPid: number): number {
  const isForkServer = (pid: number) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('--fork-server');
  const found = listChildren(serverPid).find(isForkServer);
  if (found === undefined) throw new Error('The server has no fork server');
  return found;
}

function readPostmasterPid({ dataDir }: TestServer): number {
  return Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
}

function readPostgresTime(postmasterPid: number): number {
  const { own, endedChildren } = readProcessTimes(postmasterPid);
  const running = listChildren(postmasterPid).map((pid) => readProcessTimes(pid).own);
  return running.reduce((sum, value) => sum + value, own + endedChildren);
}

function countAttempts({ dataDir }: TestServer): number {
  return readdirSync(join(dataDir, 'attempts')).length;
}
