import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settingNames } from '@pumphouse/server/config/setting-list.ts';
import { repositoryFolder } from '../fixtures/server.ts';

interface ComposeFile {
  services: Record<string, { environment?: Record<string, unknown> }>;
}

const readDeployFile = (name: string) => readFile(join(repositoryFolder, 'deploy', name), 'utf8');

/** The variables that a compose file takes from its environment, ignoring comments. */
function listVariables(composeFile: string): string[] {
  const text = composeFile.replace(/^\s*#.*$/gm, '');
  return [...new Set([...text.matchAll(/\$\{(\w+)/g)].map((match) => match[1] ?? ''))];
}

/** Variables that are set, and those that are set in a comment as an example. */
function listExamples(envFile: string): string[] {
  return [...envFile.matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1] ?? '');
}

describe('deploy/compose.yaml', () => {
  it('takes exactly the variables of .env.example', async () => {
    const [composeFile, example] = await Promise.all(['compose.yaml', '.env.example'].map(readDeployFile));
    expect(listExamples(example ?? '').toSorted()).toEqual(listVariables(composeFile ?? '').toSorted());
  });

  it.each(['compose.yaml', 'compose.remote-engine.yaml'])(
    'sets only variables that the server knows: %s',
    async (name) => {
      const { services } = parse(await readDeployFile(name), { merge: true }) as ComposeFile;
      const set = Object.keys(services['server']?.environment ?? {});
      const known = [...settingNames, 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'];
      expect(set.filter((variable) => !known.includes(variable))).toEqual([]);
      expect(set).toContain('PUMPHOUSE_ENGINE_URL');
    },
  );

  it("gives the engine's socket only to the server, and no service a privilege", async () => {
    const { services } = parse(await readDeployFile('compose.yaml'), { merge: true }) as ComposeFile;
    const withSocket = Object.entries(services).filter(([, service]) =>
      JSON.stringify(service).includes('docker.sock'),
    );
    expect(withSocket.map(([name]) => name)).toEqual(['server']);
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(service).not.toHaveProperty('privileged');
      expect(service).not.toHaveProperty('cap_add');
    }
  });
});
