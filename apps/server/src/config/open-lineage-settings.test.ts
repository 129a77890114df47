import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

const read = (env: NodeJS.ProcessEnv) => readConfig(env).observability;
const address = { OPENLINEAGE_URL: 'http://marquez:5000/' };

describe('the variables of OpenLineage', () => {
  it('send nothing without an address, or when disabled', () => {
    expect(read({})).toMatchObject({ lineage: null, warnings: [] });
    expect(read({ ...address, OPENLINEAGE_DISABLED: 'True' }).lineage).toBeNull();
  });

  it('send events to the path of the standard, with its time limit', () => {
    expect(read(address).lineage).toEqual({
      namespace: 'pumphouse',
      transport: {
        kind: 'http',
        url: 'http://marquez:5000/api/v1/lineage',
        apiKey: null,
        timeoutMs: 5000,
      },
    });
  });

  it('take another path, key, namespace and time limit', () => {
    const { lineage } = read({
      OPENLINEAGE_URL: 'https://catalog.example.com/team',
      OPENLINEAGE_ENDPOINT: '/lineage/events?source=pumphouse',
      OPENLINEAGE_API_KEY: 'swordfish',
      OPENLINEAGE_NAMESPACE: 'production/pumphouse',
      OPENLINEAGE__TRANSPORT__TIMEOUT: '2.5',
    });
    expect(lineage).toEqual({
      namespace: 'production/pumphouse',
      transport: {
        kind: 'http',
        url: 'https://catalog.example.com/team/lineage/events?source=pumphouse',
        apiKey: 'swordfish',
        timeoutMs: 2500,
      },
    });
  });

  it('append events to a file', () => {
    const { lineage } = read({
      OPENLINEAGE__TRANSPORT__TYPE: 'file',
      OPENLINEAGE__TRANSPORT__LOG_FILE_PATH: '/var/log/lineage.jsonl',
    });
    expect(lineage?.transport).toEqual({ kind: 'file', path: '/var/log/lineage.jsonl' });
  });

  it.each([
    { OPENLINEAGE_URL: 'marquez:token-8842' },
    { OPENLINEAGE_URL: 'http://user:token-8842@marquez' },
    { ...address, OPENLINEAGE_API_KEY: 'token-8842\nx' },
    { ...address, OPENLINEAGE_NAMESPACE: 'token-8842 x' },
    { ...address, OPENLINEAGE__TRANSPORT__TYPE: 'token-8842' },
    { ...address, OPENLINEAGE__TRANSPORT__TIMEOUT: 'token-8842' },
    { OPENLINEAGE__TRANSPORT__TYPE: 'file' },
    { OPENLINEAGE__TRANSPORT__TYPE: 'file', OPENLINEAGE__TRANSPORT__LOG_FILE_PATH: 'token-8842' },
  ])('keep no server from starting, and their values secret: %j', (env) => {
    const { lineage, warnings } = read(env);
    expect(lineage).toBeNull();
    expect(warnings).toEqual([expect.stringMatching(/^No lineage events are sent: OPENLINEAGE_/)]);
    expect(warnings.join()).not.toContain('token-8842');
  });
});
