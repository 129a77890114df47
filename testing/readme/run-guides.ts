import { createServer } from 'node:net';
import { once } from 'node:events';
import { followGuide, type Reader } from './follow-guide.ts';
import { guides, type Guide } from './guides.ts';
import type { PasteTerminal } from './terminal.ts';

/**
 * Finds the guides of pages, with the one that the others require in front.
 * @param pages paths below docs/; none for all guides
 * @throws Error for a page that is no guide
 */
export function findGuides(pages: readonly string[]): Guide[] {
  const unknown = pages.find((page) => !guides.some((guide) => guide.page === page));
  if (unknown !== undefined)
    throw new Error(`${unknown} is no guide: ${guides.map(({ page }) => page).join(', ')}.`);
  const [first] = guides;
  return pages.length === 0
    ? [...guides]
    : guides.filter((guide) => guide === first || pages.includes(guide.page));
}

/**
 * Makes sure that a Postgres that a guide installs gets its usual port: the machine of the guides shares the network of
 * this one.
 * @throws Error if another program has the port
 */
export async function requirePostgresPort(): Promise<void> {
  const probe = createServer();
  await once(probe.listen(5432, '127.0.0.1'), 'listening').catch((cause: unknown) => {
    throw new Error('Port 5432 is in use. Stop the program that has it.', { cause });
  });
  probe.close();
}

/**
 * Follows guides one after another on the same machine. After one that fails, the next begins in a workspace of its own.
 * @returns the seconds of each step and guide, what stopped a reader, and the counts
 */
export async function reportGuides(chosen: readonly Guide[], reader: Reader): Promise<string> {
  const lines: string[] = [];
  let failed = 0;
  for (const guide of chosen) {
    const startedAt = performance.now();
    const steps: string[] = [];
    const onStep = (step: string, seconds: number) =>
      void steps.push(`${seconds.toFixed(1).padStart(8)} s  ${step}`);
    const stumble = await followGuide(guide, { ...reader, onStep, administer }).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    lines.push(`${guide.page}: ${stumble === null ? 'followed' : 'stopped'} after ${seconds} s`, ...steps);
    if (stumble === null) continue;
    lines.push(`  after the steps above: ${stumble}`);
    failed += 1;
    if (guide === guides[0]) break;
  }
  return `\n${lines.join('\n')}\n${chosen.length - failed} passed, ${failed} failed\n`;
}

/** Pastes a block, and starts the service that it installs, as systemd does on a reader's machine. */
async function administer(code: string, terminal: PasteTerminal): Promise<void> {
  await terminal.paste(code);
  if (code.includes('install postgresql')) await terminal.paste('sudo service postgresql start');
}
