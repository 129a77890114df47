import { expect, it } from 'vitest';
import type { Entry, KindName } from '../entries/entry.ts';
import type { Change } from './change.ts';
import { checkNames } from './check-names.ts';
import { makePlan } from './make-plan.ts';

const entry = (kind: KindName, ...path: string[]): Entry => ({ kind, path, attributes: {} });
const create = (kind: KindName, ...path: string[]): Change => ({
  action: 'create',
  kind,
  path,
  attributes: [],
  before: {},
  after: {},
});

it.each(['alert_channel', 'event_subscription'] as const)(
  'refuses to create an %s whose name differs only in case from one of the server',
  (kind) => {
    const noun = kind.replace('_', ' ');
    expect(
      checkNames([create(kind, 'Shop', 'orders', 'Chat')], [entry(kind, 'Shop', 'orders', 'chat')]),
    ).toEqual([
      `The ${noun} Shop > orders > Chat cannot be created: the workspace already has chat, and names must differ in more than upper and lower case. Write chat in the file, or rename it on the server.`,
    ]);
  },
);

it('refuses two new names that differ only in case, once', () => {
  const changes = [
    create('alert_channel', 'Shop', 'orders', 'chat'),
    create('alert_channel', 'Shop', 'orders', 'CHAT'),
  ];
  expect(checkNames(changes, [])).toEqual([
    'The alert channel Shop > orders > CHAT cannot be created: the file also has chat, and names must differ in more than upper and lower case. Rename one of them.',
  ]);
});

it('refuses such a name even if the plan removes the other one, because removals come last', () => {
  const removal: Change = { ...create('alert_channel', 'Shop', 'orders', 'chat'), action: 'remove' };
  const changes = [create('alert_channel', 'Shop', 'orders', 'Chat'), removal];
  expect(checkNames(changes, [entry('alert_channel', 'Shop', 'orders', 'chat')])).toHaveLength(1);
});

it('accepts names in other workspaces, of other kinds, and of kinds whose names distinguish case', () => {
  const existing = [
    entry('alert_channel', 'Shop', 'returns', 'chat'),
    entry('alert_channel', 'shop', 'orders', 'chat'),
    entry('event_subscription', 'Shop', 'orders', 'chat'),
    entry('alert_rule', 'Shop', 'orders', 'late'),
    entry('variable', 'Shop', 'orders', '', 'region'),
  ];
  const changes = [
    create('alert_channel', 'Shop', 'orders', 'Chat'),
    create('alert_rule', 'Shop', 'orders', 'Late'),
    create('variable', 'Shop', 'orders', '', 'REGION'),
    { ...create('alert_channel', 'Shop', 'returns', 'chat'), action: 'update' as const },
  ];
  expect(checkNames(changes, existing)).toEqual([]);
});

it('is a problem of the plan', () => {
  const { problems } = makePlan({
    file: { version: 1, organizations: {} },
    wanted: [entry('alert_channel', 'Shop', 'orders', 'Chat')],
    existing: [entry('alert_channel', 'Shop', 'orders', 'chat')],
    caller: 'me@example.com',
    writesSecrets: false,
  });
  expect(problems).toEqual([expect.stringContaining('Shop > orders > Chat cannot be created')]);
});
