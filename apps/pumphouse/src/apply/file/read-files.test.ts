import { describe, expect, it } from 'vitest';
import { parseFiles } from './read-files.ts';

/** The mistakes that are reported about files. */
function readMistakes(...texts: readonly string[]): readonly string[] {
  try {
    parseFiles(texts.map((text, index) => ({ file: `${index + 1}.yaml`, text })));
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_apply_file', exitCode: 2 });
    return Object(error).lines as string[];
  }
  return [];
}

const inOrders = (lines: string) =>
  `version: 1\norganizations:\n  Shop:\n    workspaces:\n      orders:\n${lines.replaceAll(/^/gm, '        ')}\n`;

describe('mistakes have line, column and advice', () => {
  it.each([
    [
      'an unknown key',
      'version: 1\norganization: {}\n',
      /^1\.yaml:2:1: organization is not a known key\. Did you mean "organizations"\?$/,
    ],
    [
      'an unknown key far inside',
      inOrders('alert_rules:\n  late: { kind: late, chanels: [] }'),
      /^1\.yaml:7:31: .* > chanels is not a known key\. Did you mean "channels"\?$/,
    ],
    ['a key that is like no other', inOrders('zzz: 1'), /Possible keys: description, archived, members, /],
    [
      'a wrong choice',
      inOrders('members: { ana@example.com: boss }'),
      /^1\.yaml:6:20: .*must be "developer" or "owner" or "viewer"\.$/,
    ],
    [
      'a number for a variable',
      inOrders('variables: { PORT: 5432 }'),
      /^1\.yaml:6:22: .*PORT must be a text \(quoted, if it looks like a number\) or a map\.$/,
    ],
    ['a missing version', 'organizations: {}\n', /^1\.yaml:1:1: version must be 1\.$/],
    ['an address that is none', inOrders('members: { ana: viewer }'), /must be an e-mail address\.$/],
    [
      'a channel without its address',
      inOrders('alert_channels: { chat: { kind: slack } }'),
      /needs url, because its kind is slack\.$/,
    ],
    [
      'a channel with the address of another kind',
      inOrders("alert_channels: { chat: { kind: email, recipients: {}, url: '${env:A}' } }"),
      /has url, which is not for the kind email\.$/,
    ],
    [
      'a subscription without event types',
      inOrders("event_subscriptions: { lake: { url: '${env:A}' } }"),
      /lake > event_types is missing\.$/,
    ],
    [
      'an event type that is none',
      inOrders("event_subscriptions: { lake: { url: '${env:A}', event_types: ['Job run'] } }"),
      /event_types > 0 must be an event type, or a prefix followed by \.\*\.$/,
    ],
    [
      'an exhaustive section that is not there',
      inOrders('exhaustive: [variables]'),
      /^1\.yaml:6:22: .*names variables, which the file does not have\. To remove all of them, write variables: \{\}\.$/,
    ],
    [
      'a key given twice',
      'version: 1\nversion: 1\n',
      /^1\.yaml:2:1: This is not valid YAML: Map keys must be unique\.$/,
    ],
    ['a syntax error', 'version: [1\n', /^1\.yaml:\d:\d+: This is not valid YAML: /],
    ['an unknown tag', 'version: !secret 1\n', /^1\.yaml:1:10: This is not valid YAML: /],
  ])('%s', (_, text, expected) => {
    expect(readMistakes(text)).toEqual([expect.stringMatching(expected)]);
  });

  it('and all are reported at once', () => {
    expect(readMistakes('verson: 1\norgs: {}\n')).toHaveLength(3);
  });
});

describe('a secret in the file', () => {
  it.each([
    inOrders('variables: { TOKEN: { secret: swordfish } }'),
    inOrders('alert_channels: { chat: { kind: slack, url: "https://hooks.slack.com/swordfish" } }'),
    inOrders('event_subscriptions: { lake: { url: "https://example.com/swordfish", event_types: ["*"] } }'),
    inOrders('variables: { TOKEN: { secret: "swordfish" }}}'),
  ])('is rejected and not repeated: %#', (text) => {
    const mistakes = readMistakes(text);
    expect(mistakes.length).toBeGreaterThan(0);
    expect(mistakes.join('\n')).not.toContain('swordfish');
  });
});

describe('several files', () => {
  it('and documents are one', () => {
    const file = parseFiles([
      {
        file: 'a.yaml',
        text: 'version: 1\norganizations: { Shop: { description: a } }\n---\nversion: 1\norganizations: { Lab: {} }\n',
      },
      {
        file: 'b.yaml',
        text: 'version: 1\norganizations: { Shop: { members: { ana@example.com: owner } } }\n',
      },
    ]);
    expect(file.organizations).toEqual({
      Shop: { description: 'a', members: { 'ana@example.com': 'owner' } },
      Lab: {},
    });
  });

  it('may not give the same thing twice', () => {
    const [first, second] = ['a', 'b'].map(
      (text) => `version: 1\norganizations:\n  Shop: { description: ${text} }\n`,
    );
    expect(readMistakes(first ?? '', second ?? '')).toEqual([
      '2.yaml:3:11: organizations > Shop > description is already given at 1.yaml:3. Give it only once.',
    ]);
  });

  it('report mistakes in the file that has them', () => {
    const mistakes = readMistakes(
      'version: 1\norganizations: { Shop: { description: a } }\n',
      'version: 1\norganizations: { Shop: { members: { ana@example.com: boss } } }\n',
    );
    expect(mistakes).toEqual([expect.stringMatching(/^2\.yaml:2:37: /)]);
  });
});
