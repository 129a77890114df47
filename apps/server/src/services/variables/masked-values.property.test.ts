import * as fc from 'fast-check';
import { stringify } from 'smol-toml';
import { expect, it } from 'vitest';
import { classifyValues } from '../../domain/variables/secret-values.ts';
import { createOwnNames } from '../../domain/variables/own-names.ts';
import { parseConfiguration } from '../versions/parse-configuration.ts';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

const runs = { seed: propertySeed, numRuns: caseCount(200) };
const name = fc.stringMatching(/^[a-z]{6,12}(_[a-z]{1,8}){0,2}$/);
/** No text of it is part of a name. */
const secret = fc.stringMatching(/^S3[A-Za-z0-9!"'\\/ éß-]{6,30}X$/);
const plainKey = fc.constantFrom('database', 'username', 'host', 'schema', 'project_id', 'region', 'zugang');
const secretKey = fc.constantFrom(
  'password',
  'api_key',
  'pass_phrase',
  'private_key',
  'token',
  'client_secret',
);

it('masks every value of a secret key everywhere, and none of another key in a name', () => {
  const settings = fc.record({
    plain: fc.dictionary(plainKey, name),
    secrets: fc.dictionary(secretKey, secret, { minKeys: 1 }),
    section: fc.constantFrom('destination', 'sources'),
  });
  fc.assert(
    fc.property(settings, ({ plain, secrets, section }) => {
      const text = stringify({ [section]: { shop: { credentials: { ...plain, ...secrets } } } });
      const { everywhere, inTexts } = classifyValues(parseConfiguration(text));
      expect(everywhere).toEqual(expect.arrayContaining(Object.values(secrets)));
      for (const value of Object.values(plain))
        expect(everywhere.some((each) => value.includes(each))).toBe(false);
      expect(inTexts.toSorted()).toEqual([...new Set(Object.values(plain))].toSorted());
      expect(inTexts.some(createOwnNames(Object.values(plain)))).toBe(Object.keys(plain).length > 0);
    }),
    runs,
  );
});

it('finds the same secrets in a file that is not valid TOML', () => {
  const key = fc.tuple(secretKey, fc.stringMatching(/^S3[A-Za-z0-9-]{6,30}$/), name);
  fc.assert(
    fc.property(key, ([secretName, value, database]) => {
      const text = `[broken\n${secretName} = "${value}"\ndatabase = "${database}"\n`;
      expect(classifyValues(parseConfiguration(text))).toEqual({ everywhere: [value], inTexts: [database] });
    }),
    runs,
  );
});
