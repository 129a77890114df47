/** The shell blocks of the documentation, run as written, in the order of each page. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExampleSetup, Replacements } from './example.ts';
import type { RunningCommand } from '../fixtures/command.ts';
import { eventually } from '../fixtures/eventually.ts';
import { listShellBlocks } from '../house/docs-commands.ts';
import { openExampleSite, type ExampleSite } from './example-site.ts';
import { examplePages } from './pages/example-pages.ts';
import { readDoc } from '../house/docs-links.ts';
import { repositoryFolder } from '../fixtures/server.ts';

let site: ExampleSite;
beforeAll(async () => {
  site = await openExampleSite();
});
afterAll(() => site.remove());

const columns = 160;

function replaceTexts(code: string, replacements: Replacements): string {
  return Object.entries(replacements).reduce((text, [found, other]) => text.replaceAll(found, other), code);
}

async function runBlock(code: string, setup: ExampleSetup, replacements: Replacements): Promise<void> {
  const { folder, before = '', answers = [], interruptAfter, codes = [0], shows } = setup;
  const command = site.start(`${before}\n${code}`, {
    columns,
    ...(folder !== undefined && { folder }),
  });
  let answered = 0;
  for (const [shown, keys] of answers) {
    await awaitText(command, shown, answered);
    answered = command.printed().indexOf(shown, answered) + shown.length;
    command.type(replaceTexts(keys, replacements));
  }
  if (interruptAfter !== undefined) {
    await awaitText(command, interruptAfter, answered);
    command.interrupt();
  }
  const { code: exitCode, stdout, stderr } = await command.result;
  const printed = `${code}\n${stdout}${stderr}`;
  expect(codes, printed).toContain(exitCode);
  if (shows) expect(stdout + stderr, printed).toMatch(shows);
}

/** Waits until a running command has printed a text since `from`. */
async function awaitText(command: RunningCommand, text: string, from: number): Promise<void> {
  const printed = () => command.printed().slice(from);
  const end = command.result.then(() => 'ended' as const);
  const look = () => printed().includes(text) && 'shown';
  const outcome = await Promise.race([end, eventually(`"${text}" is shown`, look)]);
  if (outcome === 'ended' && !look()) throw new Error(`"${text}" was not shown:\n${printed()}`);
}

/** The line that names a block in the report: its first command. */
const titleOf = (code: string) =>
  code.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? code;

/** What earlier blocks of the page have set in the reader's shell. */
const listAssignments = (code: string) =>
  code
    .split('\n')
    .filter((line) => /^[a-z_]+=\S*("[^"]*")?$/.test(line))
    .join('\n');

describe.each(examplePages)('$path', ({ path, prepare, setups }) => {
  const blocks = listShellBlocks(readDoc(path));
  const setupOf = (code: string): ExampleSetup =>
    Object.entries(setups).find(([text]) => code.includes(text))?.[1] ?? {};
  let own: Replacements = {};

  beforeAll(async () => {
    own = (await prepare?.(site)) ?? {};
  });

  it('has the blocks that are prepared for, each once', () => {
    for (const text of Object.keys(setups))
      expect(
        blocks.filter((code) => code.includes(text)),
        text,
      ).toHaveLength(1);
  });

  it.each(blocks.filter((code) => setupOf(code).notRun === undefined).map((code) => [titleOf(code), code]))(
    '%s',
    async (_, code) => {
      const setup = setupOf(code);
      const replacements = (await setup.prepare?.(site)) ?? {};
      const before = blocks.slice(0, blocks.indexOf(code)).map(listAssignments).join('\n');
      const text = replaceTexts(`${before}\n${code}`, { ...own, ...replacements });
      const here = replaceTexts(text, {
        'http://127.0.0.1:8080': site.server.url,
        'https://pumphouse.example.com': site.server.url,
        'bin/pumphouse': join(repositoryFolder, 'bin', 'pumphouse'),
      });
      await runBlock(here, setup, replacements);
    },
  );
});
