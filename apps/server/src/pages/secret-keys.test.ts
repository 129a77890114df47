import type { ApiFixture } from '../api/testing/api-fixture.ts';
import type { Encryption } from '../platform/encryption.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createEncryption } from '../platform/encryption.ts';
import { createKnownBrowsers } from '../services/sign-in/known-browsers.ts';
import { createPageBrowser } from './testing/page-browser.ts';
import { createSealed } from '../services/sign-in/sealed.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());

const keys = [randomBytes(48), randomBytes(48), randomBytes(48)] as const;
const before = createEncryption(keys[0]);
const after = createEncryption({ current: keys[1], others: [keys[0]] });
const stranger = createEncryption(keys[2]);

it('known-browser marks and browser cookies stay valid while the secret key is replaced', () => {
  const email = 'a@example.com';
  const mark = createKnownBrowsers(before).issue(email);
  expect(createKnownBrowsers(after).read(mark, email)).not.toBeNull();
  expect(createKnownBrowsers(stranger).read(mark, email)).toBeNull();
  const kept = createSealed(before).seal('a purpose', { to: '/' }, 3600);
  expect(createSealed(after).open('a purpose', kept)).toEqual({ to: '/' });
  expect(createSealed(stranger).open('a purpose', kept)).toBeNull();
});

it('accepts a form that was rendered under a previous key, and rejects one under an unknown key', async () => {
  const browser = createPageBrowser(api.app);
  async function sendUnder(encryption: Encryption): Promise<string> {
    await browser.get('/sign-in');
    const token = encryption.sign(`form of visitor ${browser.jar.get('pumphouse-visitor')}`);
    const form = { form_token: token, email: 'a@example.com', password: 'wrong' };
    return (await browser.post('/sign-in', form)).text;
  }
  const foreign = 'The page has expired';
  expect(await sendUnder(api.encryption)).not.toContain(foreign);
  expect(await sendUnder(createEncryption(api.olderSecretKey))).not.toContain(foreign);
  expect(await sendUnder(stranger)).toContain(foreign);
});
