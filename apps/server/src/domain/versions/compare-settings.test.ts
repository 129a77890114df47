import type { SettingsFile } from './compare-settings.ts';
import * as fc from 'fast-check';
import { stringify as writeToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { compareSettings } from './compare-settings.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

const secrets = (text: string): SettingsFile => ({ text, holdsSecrets: true });
const config = (text: string): SettingsFile => ({ text, holdsSecrets: false });

/** Formats each setting as key, change, before, after. */
function list(before: SettingsFile | null, after: SettingsFile | null) {
  const comparison = compareSettings(before, after);
  if (comparison.outcome !== 'compared') return comparison.outcome;
  return comparison.settings.map((one) => [one.key, one.change, one.before, one.after]);
}

describe('compareSettings', () => {
  it('masks every value of a secrets file identically, and reports each change', () => {
    const before = secrets(
      'gone = "x"\nsame = 1\n[a.credentials]\npassword = "short"\nport = 1\nlist = ["one"]\n',
    );
    const after = secrets(
      'new = true\nsame = 1\n[a.credentials]\npassword = "longer"\nport = 2\nlist = ["one", "two"]\n',
    );
    expect(list(before, after)).toEqual([
      ['a.credentials.list', 'changed', '******', '******'],
      ['a.credentials.password', 'changed', '******', '******'],
      ['a.credentials.port', 'changed', '******', '******'],
      ['gone', 'removed', '******', null],
      ['new', 'added', null, '******'],
    ]);
  });

  it('shows the values of a config file that the rule for secrets allows', () => {
    const before = config(
      '[runtime]\nlog = "INFO"\nworkers = 4\nrate = 1.0\nday = 2026-03-10\ntoken = "abcdef"\nhosts = ["a", "b"]\n',
    );
    const after = config(
      '[runtime]\nlog = "WARN"\nworkers = 8\nrate = inf\nday = 2026-03-11\ntoken = "ghijkl"\nhosts = ["a", "long-name"]\n',
    );
    expect(list(before, after)).toEqual([
      ['runtime.day', 'changed', '2026-03-10', '2026-03-11'],
      ['runtime.hosts', 'changed', '["a", "b"]', '******'],
      ['runtime.log', 'changed', '"INFO"', '"WARN"'],
      ['runtime.rate', 'changed', '1.0', 'inf'],
      ['runtime.token', 'changed', '******', '******'],
      ['runtime.workers', 'changed', '4', '8'],
    ]);
  });

  it('treats another layout of the same settings as equal, and ignores comments', () => {
    const before = config('# token = "of-yesterday"\na = { b = 1, "c.d" = 2 }\ntext = "x\\ny"\n');
    const after = config('text = """\nx\ny"""\n[a]\n"c.d" = 2\nb = 1 # "of-today"\n');
    expect(list(before, after)).toEqual([]);
  });

  it('walks arrays of tables, and distinguishes types and empty tables', () => {
    const before = config('n = 1\ns = "1"\n[[sources]]\nname = "a"\n[[sources]]\nname = "b"\n[empty]\n');
    const after = config('n = 1.0\ns = 1\n[[sources]]\nname = "a"\n[[sources]]\nname = "c"\n');
    expect(list(before, after)).toEqual([
      ['empty', 'removed', '{}', null],
      ['n', 'changed', '1', '1.0'],
      ['s', 'changed', '"1"', '1'],
      ['sources[1].name', 'changed', '"b"', '"c"'],
    ]);
    expect(list(config('x = [[{ a = 1 }]]'), config('x = [[{ a = 2 }]]'))).toEqual([
      ['x[0][0].a', 'changed', '1', '2'],
    ]);
    expect(list(config('x.__proto__.y = 1'), config('x.__proto__.y = 2'))).toEqual([
      ['x.__proto__.y', 'changed', '1', '2'],
    ]);
  });

  it('treats a missing file as one without settings', () => {
    expect(list(null, secrets('a = 1'))).toEqual([['a', 'added', null, '******']]);
    expect(list(config('a = 1'), null)).toEqual([['a', 'removed', '1', null]]);
  });

  it('returns nothing for invalid TOML on either side', () => {
    const broken = secrets('password = "never closed\n');
    for (const good of [secrets('a = 1'), null]) {
      expect(compareSettings(broken, good)).toEqual({ outcome: 'unparsable' });
      expect(compareSettings(good, broken)).toEqual({ outcome: 'unparsable' });
    }
  });

  it.each([
    ['too long a text', `a = "${'x'.repeat(300_000)}"`],
    ['too many settings', Array.from({ length: 6000 }, (_, index) => `k${index} = 1\n`).join('')],
    ['too long a key', `[${'a.'.repeat(600)}b]\nc = 1\n`],
    ['endless arrays of tables', `a = ${'['.repeat(600)}{b = 1}${']'.repeat(600)}`],
  ])('rejects %s', (_what, text) => {
    expect(compareSettings(null, config(text))).toEqual({ outcome: 'too_large' });
  });
});

/**
 * Secrets of at least six characters, made of characters that no key, number or word of a result contains:
 * the project's definition of a secret.
 */
const secret = fc
  .string({
    unit: fc.constantFrom('ж', 'щ', 'ф', '"', '\\', '\n', ' ', "'", '#', '='),
    minLength: 6,
    maxLength: 30,
  })
  .filter((value) => /[жщф]/.test(value));
const secretTree = fc.letrec<{ value: unknown; table: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    secret,
    secret,
    fc.integer(),
    fc.boolean(),
    fc.array(secret, { maxLength: 3 }),
    fc.array(tie('table'), { minLength: 1, maxLength: 3 }),
    tie('table'),
  ),
  table: fc.dictionary(fc.constantFrom('password', 'api_key', 'dsn', 'a.b', 'x y', 'port'), tie('value'), {
    maxKeys: 4,
  }),
}));

describe('results never contain a secret value', () => {
  it.each([true, false])('for random TOML, with a secrets file: %s', (holdsSecrets) => {
    const property = fc.property(secretTree.table, secretTree.table, secret, (one, other, comment) => {
      const note = `# ${comment.replaceAll('\n', ' ')}\n`;
      const before = { text: note + writeToml(one), holdsSecrets };
      const after = { text: writeToml(other) + note, holdsSecrets };
      const comparison = compareSettings(before, after);
      expect(comparison.outcome).toBe('compared');
      expect(JSON.stringify(comparison)).not.toMatch(/[жщф]/);
    });
    fc.assert(property, { seed: propertySeed, numRuns: 400 });
  });

  it('for TOML that is damaged anywhere', () => {
    const property = fc.property(secretTree.table, fc.nat(), fc.nat(), (one, context, width) => {
      const text = writeToml(one);
      const at = context % (text.length + 1);
      const damaged = text.slice(0, at) + text.slice(at + 1 + (width % 5));
      // A key that lost its quotes could absorb a secret into its name, so only values are checked.
      const comparison = compareSettings(null, { text: damaged, holdsSecrets: true });
      if (comparison.outcome !== 'compared') return;
      const values = comparison.settings.flatMap(({ before, after }) => [before, after]);
      expect(values.every((value) => value === null || value === '******')).toBe(true);
    });
    fc.assert(property, { seed: propertySeed, numRuns: 400 });
  });

  it('and a change of one secret is reported, whatever its length', () => {
    const property = fc.property(secret, secret, (one, other) => {
      const shown = list(secrets(writeToml({ key: one })), secrets(writeToml({ key: other })));
      expect(shown).toEqual(one === other ? [] : [['key', 'changed', '******', '******']]);
    });
    fc.assert(property, { seed: propertySeed, numRuns: 200 });
  });
});
