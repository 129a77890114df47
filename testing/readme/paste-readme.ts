import type { PasteTerminal } from './terminal.ts';
import type { Browser } from 'playwright-core';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPerson } from '../fixtures/agree-to-sign-in.ts';
import { launchBrowser } from '../fixtures/browser.ts';
import { ownerEmail, ownerPassword, repositoryFolder } from '../fixtures/server.ts';
import { readReadmeBlocks, type Terminal } from './readme-blocks.ts';

export interface PastedReadme {
  /** Output of the command that follows the first run. */
  runOutput: string;
  /** Seconds since the first pasted command. */
  readyAfterSeconds: number;
  firstRunAfterSeconds: number;
}

/**
 * Pastes the blocks of README.md in order, like a user with a browser: opens the set-up link and approves the
 * client's sign-in.
 * @param context.url URL of the server; it replaces the default URL in the blocks
 * @param context.start the blocks that start the server
 * @param context.folder the checkout or the unpacked archive; by default where the blocks expect it
 */
export async function pasteReadme(context: {
  server: PasteTerminal;
  client: PasteTerminal;
  url: string;
  start?: 'server' | 'archive';
  folder?: string;
}): Promise<PastedReadme> {
  const { server, client, url, start = 'server' } = context;
  const { folder = start === 'archive' ? '~/pumphouse-server' : '~/pumphouse' } = context;
  const blocks = readReadmeBlocks(await readFile(join(repositoryFolder, 'README.md'), 'utf8')).map(
    ({ terminal, code }) => ({
      terminal,
      code: code.replaceAll('http://127.0.0.1:8080', url).replaceAll(/~\/pumphouse$/gm, folder),
    }),
  );
  const codeOf = (terminal: Terminal) =>
    blocks.filter((block) => block.terminal === terminal).map(({ code }) => code);
  const startedAt = performance.now();
  const secondsSince = () => Math.round((performance.now() - startedAt) / 100) / 10;

  server.start(codeOf(start).join(''));
  const [, link = ''] = await server.waitFor(/^Set up Pumphouse at (\S+)$/m);
  await server.waitFor(/^Pumphouse is ready at /m);
  const readyAfterSeconds = secondsSince();
  const { status } = await fetch(`${url}/docs/index.html`);
  if (status !== 200) throw new Error(`The documentation is not at /docs: status ${status}`);
  const browser = await launchBrowser();
  try {
    await setUp(browser, link);
  } finally {
    await browser.close();
  }
  let runOutput = '';
  for (const code of codeOf('client'))
    runOutput = /^dlthub login$/m.test(code) ? await signIn(client, code) : await client.paste(code);
  return { runOutput, readyAfterSeconds, firstRunAfterSeconds: secondsSince() };
}

/** Opens the set-up link, creates the owner, and waits for the first steps in the console. */
export async function setUp(browser: Browser, link: string) {
  const page = await browser.newPage();
  await page.goto(link);
  await page.getByLabel('Organization', { exact: true }).fill('Acme');
  await page.getByLabel('Email', { exact: true }).fill(ownerEmail);
  await page.getByLabel('Password', { exact: true }).fill(ownerPassword);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('heading', { name: 'First steps' }).waitFor();
  return page;
}

/** Pastes a block that ends with `dlthub login`, and approves it in a browser. */
export async function signIn(client: PasteTerminal, code: string): Promise<string> {
  const person = await createPerson(ownerEmail);
  try {
    const from = client.output().length;
    const ended = client.paste(code);
    const [url] = await Promise.race([
      client.waitFor(/http:\/\/\S+\/sign-in\/device\?user_code=[\w-]+/, from),
      ended.then((shown) => Promise.reject(new Error(`dlthub login asked for nothing:\n${shown}`))),
    ]);
    await person.agree(url);
    return await ended;
  } finally {
    await person.close();
  }
}
