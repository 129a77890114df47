import { join } from 'node:path';
import type { ExampleSite } from '../example-site.ts';
import { writeFiles } from '../../fixtures/command.ts';

/** Deploys changed code and configuration. */
export async function deployAgain(site: ExampleSite): Promise<void> {
  await writeFiles(join(site.parentFolder, 'shop'), {
    'lib/load.py': `def read():\n    return [${Date.now()}]\n`,
    '.dlt/prod.config.toml': `[shop]\nregion = "${Date.now()}"\n`,
  });
  await site.run('pumphouse deploy');
}
