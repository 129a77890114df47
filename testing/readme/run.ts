/**
 * `npm run test:readme`: pastes README.md on a fresh Debian 13, saves all output, and prints how long the
 * first completed run took.
 */
import { createWriteStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { pasteReadme } from './paste-readme.ts';
import { startDebianMachine } from './debian-machine.ts';

const { values } = parseArgs({
  options: { output: { type: 'string', default: '.tools/readme-output.txt' } },
});

if (process.getuid?.() !== 0) throw new Error('This makes a machine of its own: run it as root, on Debian.');

const file = createWriteStream(values.output);
const machine = await startDebianMachine();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void machine.remove().finally(() => process.exit(1)));
try {
  const keep = (name: string) => {
    let rest = '';
    return (text: string) => {
      process.stdout.write(text);
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) file.write(`${new Date().toISOString().slice(11, 19)} ${name} | ${line}\n`);
    };
  };
  const server = machine.openTerminal(keep('server'));
  const client = machine.openTerminal(keep('client'));
  const pasted = await pasteReadme({ server, client, url: 'http://127.0.0.1:8080' });
  if (!pasted.runOutput.includes('finished with status: completed'))
    throw new Error('The first run did not complete.');
  const summary =
    `\nServer ready after ${pasted.readyAfterSeconds} s, first completed run after ${pasted.firstRunAfterSeconds} s.\n` +
    '1 passed, 0 failed\n';
  file.write(summary);
  process.stdout.write(summary);
  await client.close();
  await server.close();
} finally {
  await machine.remove();
  file.end();
}
