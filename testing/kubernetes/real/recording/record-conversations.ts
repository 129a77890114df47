// Records what a real API server says in many situations, for comparison with the in-process one:
// node scripts/with-tools.mjs node testing/kubernetes/real/recording/record-conversations.ts [NAME...]
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { repositoryFolder } from '../../../fixtures/server.ts';
import { startRealCluster } from '../real-cluster.ts';
import { Conversation } from './conversation.ts';
import { sanitise } from './sanitise.ts';
import { situations } from './situations.ts';

const folder = join(repositoryFolder, 'testing', 'kubernetes', 'conversations');

function chooseSituations(): string[] {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !(name in situations));
  if (unknown.length > 0)
    throw new Error(
      `No such situation: ${unknown.join(', ')}. There are ${Object.keys(situations).join(', ')}.`,
    );
  return names.length > 0 ? names : Object.keys(situations);
}

const names = chooseSituations();
await mkdir(folder, { recursive: true });
const cluster = await startRealCluster();
try {
  for (const name of names) {
    const talk = new Conversation(name, cluster);
    await situations[name]?.(talk);
    const addressPrefix = cluster.hostAddressForPods.replace('255.1', '');
    const exchanges = sanitise(talk.exchanges, addressPrefix);
    const text = await format(JSON.stringify({ name, exchanges }), { parser: 'json', printWidth: 110 });
    await writeFile(join(folder, `${name}.json`), text);
    process.stderr.write(`${name}: ${exchanges.length} exchanges\n`);
  }
} finally {
  await cluster.remove();
}
