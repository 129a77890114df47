import { afterEach, beforeEach, expect, it } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchBrowser } from '../fixtures/browser.ts';
import { ownerPassword, repositoryFolder } from '../fixtures/server.ts';
import { openLocalTerminals, type LocalTerminals } from './local-terminals.ts';
import { pasteReadme, setUp, signIn } from './paste-readme.ts';
import { readReadmeBlocks } from './readme-blocks.ts';

let terminals: LocalTerminals;
beforeEach(async () => {
  terminals = await openLocalTerminals();
});
afterEach(() => terminals.remove());

it('README.md works as pasted, in order, and ends with a completed run', async () => {
  const { runOutput } = await pasteReadme({ ...terminals, folder: repositoryFolder });
  expect(runOutput).toContain('1 load package(s) were loaded');
  expect(runOutput).toContain('finished with status: completed');
});

it('README.md has a way without a browser, which invalidates the link', async () => {
  const { server, admin } = terminals;
  const [owner] = readReadmeBlocks(await readFile(join(repositoryFolder, 'README.md'), 'utf8')).filter(
    ({ terminal }) => terminal === 'owner',
  );
  server.start('bin/pumphouse server');
  const [, link = ''] = await server.waitFor(/^Set up Pumphouse at (\S+)$/m);
  await server.waitFor(/^Pumphouse is ready at /m);
  const from = admin.start((owner?.code ?? '').replace('~/pumphouse', repositoryFolder));
  await admin.waitFor(/^Password: /m, from);
  admin.type(ownerPassword);
  await admin.waitFor(
    /Created the account you@example\.com, the owner of the new organization Default\./,
    from,
  );
  expect((await fetch(link)).status).toBe(409);
  const shown = await admin.paste(`bin/pumphouse whoami --server ${terminals.url}`);
  expect(shown).toContain('you@example.com');
});

it("the console's first steps work as pasted, in order, and the console opens the run", async () => {
  const { server, client, url } = terminals;
  server.start('bin/pumphouse server');
  const [, link = ''] = await server.waitFor(/^Set up Pumphouse at (\S+)$/m);
  await server.waitFor(/^Pumphouse is ready at /m);
  const browser = await launchBrowser();
  try {
    const page = await setUp(browser, link);
    expect(page.url()).toMatch(`${url}/organizations/`);
    const commands = await page.getByLabel('Command', { exact: true }).allTextContents();
    await client.paste('mkdir -p ~/mine && cd ~/mine');
    let output = '';
    for (const command of commands)
      output = command === 'dlthub login' ? await signIn(client, command) : await client.paste(command);
    expect(output).toContain('finished with status: completed');
    await page.waitForURL(`${url}/w/*/**`);
    expect(await page.getByRole('navigation', { name: 'Workspace' }).innerText()).toContain('Overview');
  } finally {
    await browser.close();
  }
});
