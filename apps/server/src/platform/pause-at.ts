import type { FaultPoints } from './fault-points.ts';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { noFaultPoints } from './fault-points.ts';

const checkIntervalMs = 20;

/**
 * Pauses the server at one fault point, once, until a test removes the file. While `<file>.not-yet` exists, the
 * point is passed.
 */
export function createFaultPoints(pauseAt: { point: string; file: string } | null): FaultPoints {
  if (!pauseAt) return noFaultPoints;
  let wasReached = false;
  return {
    async reach(name) {
      if (name !== pauseAt.point || wasReached || existsSync(`${pauseAt.file}.not-yet`)) return;
      wasReached = true;
      writeFileSync(pauseAt.file, String(process.pid));
      while (existsSync(pauseAt.file)) await delay(checkIntervalMs);
    },
  };
}
