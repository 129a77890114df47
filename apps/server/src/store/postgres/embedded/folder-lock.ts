import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identifyOwnProcess, readLiveness } from './live-process.ts';
import type { LiveProcess } from './live-process.ts';
import { isErrorCode } from '../../../platform/error-code.ts';

const retryMs = 20;
const refreshMs = 500;
const lockName = /^lock\.(\d+)$/;

/**
 * Runs `fn` while no other process runs one for the same folder. A lock whose owner died is taken over at
 * once. A lock of another container or machine is taken over if it was not refreshed for 10 s, and one from
 * before a restart of this machine after 2 s. Rejects if `timeoutSeconds` pass without the lock.
 *
 * Node has no flock. The folder contains files `lock.1`, `lock.2`, ...: the highest counts, and the next one
 * is created, complete with its content, by link(2), which fails if the name exists. Names are never reused,
 * so two processes that both observe a dead owner cannot both succeed, as they could by removing and
 * recreating one file.
 */
export async function withFolderLock<T>(
  folder: string,
  timeoutSeconds: number,
  fn: () => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = await acquire(folder, Date.now() + timeoutSeconds * 1000);
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, refreshMs).unref();
  try {
    return await fn();
  } finally {
    clearInterval(refresh);
    await release(path);
  }
}

async function acquire(folder: string, deadline: number): Promise<string> {
  const ticket = join(folder, `ticket.${randomUUID()}`);
  await writeFile(ticket, JSON.stringify(identifyOwnProcess()), { mode: 0o600 });
  try {
    for (;;) {
      const highest = await highestLock(folder);
      if (highest === 0 || !(await isHeld(join(folder, `lock.${highest}`)))) {
        const path = await claim(folder, ticket, highest + 1);
        if (path !== undefined) return path;
        continue;
      }
      if (Date.now() > deadline) throw new Error(`Another process holds the lock ${folder}`);
      await delay(retryMs);
    }
  } finally {
    await rm(ticket, { force: true });
  }
}

async function claim(folder: string, ticket: string, number: number): Promise<string | undefined> {
  const path = join(folder, `lock.${number}`);
  try {
    await link(ticket, path);
  } catch (error) {
    if (isErrorCode(error, 'EEXIST')) return undefined;
    throw error;
  }
  // Our listing may be outdated: others may have locked, released and cleaned up since, including this name.
  if ((await highestLock(folder)) !== number) {
    await rm(path, { force: true });
    return undefined;
  }
  await removeOlder(folder, number);
  return path;
}

/**
 * The file stays to mark the highest used name. It is emptied, because a full disk has no space for other
 * content.
 */
async function release(path: string): Promise<void> {
  try {
    await truncate(path);
  } catch (error) {
    // A later owner, which considered this process dead, cleaned up.
    if (!isErrorCode(error, 'ENOENT')) throw error;
  }
}

async function isHeld(path: string): Promise<boolean> {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this server writes the file whole
    const owner = JSON.parse(await readFile(path, 'utf8')) as LiveProcess;
    return readLiveness(owner, Date.now() - (await stat(path)).mtimeMs) !== 'dead';
  } catch (error) {
    // Missing: a later owner cleaned up. Unreadable: it was released, or a power failure left it without
    // content.
    if (isErrorCode(error, 'ENOENT') || error instanceof SyntaxError) return false;
    throw error;
  }
}

async function highestLock(folder: string): Promise<number> {
  return Math.max(0, ...(await lockNumbers(folder)));
}

async function removeOlder(folder: string, number: number): Promise<void> {
  for (const older of await lockNumbers(folder)) {
    if (older < number) await rm(join(folder, `lock.${older}`), { force: true });
  }
}

async function lockNumbers(folder: string): Promise<number[]> {
  return (await readdir(folder)).flatMap((name) => {
    const match = lockName.exec(name);
    return match ? [Number(match[1])] : [];
  });
}
