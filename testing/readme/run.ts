/**
 * `npm run test:readme`: pastes README.md on a fresh Debian, saves all output, and prints how long the first completed
 * run took. Options choose the machine; with `--archive FILE` the server is that of the archive. `npm run test:guides`
 * follows pages of docs/ instead, on a bare Debian: all guides, or those of `--page tutorials/ci-cd`.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { findGuides, reportGuides, requirePostgresPort } from './run-guides.ts';
import { pasteReadme } from './paste-readme.ts';
import { startDebianMachine } from './debian-machine.ts';
import type { PasteTerminal } from './terminal.ts';

const { values } = parseArgs({
  options: {
    output: { type: 'string', default: '.tools/readme-output.txt' },
    release: { type: 'string', default: 'trixie' },
    user: { type: 'string', default: 'dev' },
    node: { type: 'string' },
    archive: { type: 'string' },
    guides: { type: 'boolean', default: false },
    page: { type: 'string', multiple: true, default: [] },
    port: { type: 'string', default: '8080' },
  },
});
const { release, user, archive, port } = values;
if (release !== 'trixie' && release !== 'bookworm') throw new Error('--release is trixie or bookworm.');
if (user !== 'dev' && user !== 'root') throw new Error('--user is dev or root.');
const guides = values.guides || values.page.length > 0 ? findGuides(values.page) : null;

if (process.getuid?.() !== 0) throw new Error('This makes a machine of its own: run it as root, on Debian.');
if (guides !== null) await requirePostgresPort();

const file = createWriteStream(values.output);
const machine = await startDebianMachine({
  release,
  user,
  kind: guides === null ? 'prepared' : 'bare',
  node: values.node ?? (archive === undefined && guides === null ? '22' : 'none'),
  file: archive ?? null,
});
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void machine.remove().finally(() => process.exit(1)));
try {
  const server = machine.openTerminal(keepOutput(file, 'server'));
  const client = machine.openTerminal(keepOutput(file, 'client'));
  // Only where another program of this machine has the port.
  if (port !== '8080') await server.paste(`export PUMPHOUSE_PORT=${port} PUMPHOUSE_APPS_PORT=0`);
  const url = `http://127.0.0.1:${port}`;
  const summary =
    guides === null
      ? await reportReadme({ server, client, url })
      : await reportGuides(guides, { server, client, replaced: { 'http://127.0.0.1:8080': url } });
  file.write(summary);
  process.stdout.write(summary);
  if (!summary.endsWith(' 0 failed\n')) process.exitCode = 1;
  await client.close();
  await server.close();
} finally {
  await machine.remove();
  file.end();
}

/** Writes each line with its time and terminal. */
function keepOutput(output: WriteStream, name: string): (text: string) => void {
  let rest = '';
  return (text) => {
    process.stdout.write(text);
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) output.write(`${new Date().toISOString().slice(11, 19)} ${name} | ${line}\n`);
  };
}

async function reportReadme(terminals: {
  server: PasteTerminal;
  client: PasteTerminal;
  url: string;
}): Promise<string> {
  const pasted = await pasteReadme({ ...terminals, start: archive === undefined ? 'server' : 'archive' });
  if (!pasted.runOutput.includes('finished with status: completed'))
    throw new Error('The first run did not complete.');
  return (
    `\nServer ready after ${pasted.readyAfterSeconds} s, first completed run after ${pasted.firstRunAfterSeconds} s.\n` +
    '1 passed, 0 failed\n'
  );
}
