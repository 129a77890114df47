import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createSigningSecret } from './signing-secrets.ts';
import { signWebhook } from './webhook-signature.ts';

/** The examples of the documentation, run as they are written there. */
const page = new URL('../../../../../docs/concepts/alert-channels.md', import.meta.url);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-signatures-'));
  const text = await readFile(page, 'utf8');
  await writeFile(join(folder, 'verify.py'), readExample(text, 'python'));
  await writeFile(join(folder, 'verify.mjs'), readExample(text, 'js'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function readExample(text: string, language: string): string {
  const example = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text)?.[1];
  if (example === undefined) throw new Error(`The page has no example in ${language}`);
  return example;
}

type Verify = (headers: Record<string, string>, body: string, secret: string) => Promise<boolean>;

const verifyInPython: Verify = async (headers, body, secret) => {
  const program = `import json, sys\nfrom verify import verify\nh, b, s = json.loads(sys.argv[1])\nprint(verify(h, b.encode(), s))`;
  const given = JSON.stringify([headers, body, secret]);
  const { stdout } = await promisify(execFile)('python3', ['-c', program, given], { cwd: folder });
  return stdout.trim() === 'True';
};

const verifyInNode: Verify = async (headers, body, secret) => {
  const example = (await import(pathToFileURL(join(folder, 'verify.mjs')).href)) as {
    verify: (headers: Record<string, string>, body: Buffer, secret: string) => boolean;
  };
  return example.verify(headers, Buffer.from(body), secret);
};

const body = JSON.stringify({ type: 'alert.test', data: { title: 'Größe ≠ 1' } });
const seconds = Math.floor(Date.now() / 1000);

describe.each([
  ['Python', verifyInPython],
  ['Node', verifyInNode],
])('the example in %s', (_, verify) => {
  const [secret, previous] = [createSigningSecret(), createSigningSecret()];
  const sign = (secrets: string[], timestampSeconds = seconds) =>
    signWebhook(secrets, { id: 'm1', timestampSeconds, body });

  it('accepts a message, also while the secret is replaced', async () => {
    expect(await verify(sign([secret]), body, secret)).toBe(true);
    expect(await verify(sign([secret, previous]), body, previous)).toBe(true);
  });

  it('refuses another body, another secret, an old message and another id', async () => {
    expect(await verify(sign([secret]), `${body} `, secret)).toBe(false);
    expect(await verify(sign([secret]), body, previous)).toBe(false);
    expect(await verify(sign([secret], seconds - 600), body, secret)).toBe(false);
    expect(await verify({ ...sign([secret]), 'webhook-id': 'm2' }, body, secret)).toBe(false);
  });
});

it('the vector of Standard Webhooks has the same signature', () => {
  const headers = signWebhook(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: 1_614_265_330,
    body: '{"test": 2432232314}',
  });
  expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});
