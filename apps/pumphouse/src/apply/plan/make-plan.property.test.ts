import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { addressOf, SecretValue, type Attribute, type Attributes, type Entry } from '../entries/entry.ts';
import { listEntries } from '../entries/list-entries.ts';
import { nestEntries } from '../entries/nest-entries.ts';
import { applyFileSchema, type ApplyFile } from '../file/apply-file.ts';
import { grantPrefix } from '../kinds/people.ts';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import type { Change } from './change.ts';
import { makePlan, type Plan } from './make-plan.ts';

const caller = 'me@example.com';
const now = new Date('2026-12-01T00:00:00Z');

const names = fc.constantFrom('a', 'b', 'c');
const people = fc.constantFrom(caller, 'ana@example.com', 'ben@example.com', 'cem@example.com');
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const mapOf = <Value>(keys: fc.Arbitrary<string>, values: fc.Arbitrary<Value>) =>
  optional(fc.dictionary(keys, values, { maxKeys: 3 }));

const variables = mapOf(
  fc.constantFrom('A', 'B', 'C'),
  fc.oneof(fc.constantFrom('x', 'y'), fc.constant({ secret: '${env:A}' })),
);
const channel = fc.oneof(
  fc.record({
    kind: fc.constant('slack'),
    url: fc.constant('${env:SLACK}'),
    is_enabled: optional(fc.boolean()),
  }),
  fc.record({
    kind: fc.constant('email'),
    recipients: fc.record({
      group: fc.constantFrom('owners', null),
      addresses: optional(fc.subarray(['a@b.c', 'd@e.f'])),
    }),
  }),
);
const rule = fc.record({
  kind: fc.constantFrom('run_failed', 'late'),
  severity: optional(fc.constantFrom('info', 'critical')),
  scope: optional(fc.record({ tags: optional(fc.subarray(['x', 'y', 'z'])) })),
  conditions: optional(fc.record({ failures_in_row: optional(fc.integer({ min: 1, max: 3 })) })),
  muted: optional(fc.constantFrom(true, false, '2026-11-01T00:00:00Z', '2027-01-01T00:00:00+01:00')),
});
const subscription = fc.record({
  url: fc.constant('${env:EVENTS}'),
  event_types: fc.subarray(['*', 'pumphouse.job_run.*', 'pumphouse.schema.changed'], { minLength: 1 }),
  description: optional(fc.constantFrom('d', null)),
  is_enabled: optional(fc.boolean()),
  scope: optional(fc.record({ tags: optional(fc.subarray(['x', 'y', 'z'])) })),
});
const exhaustive = (sections: Record<string, unknown>, chosen: readonly string[]) =>
  chosen.filter((section) => sections[section] !== undefined);
const workspace = fc
  .record({
    description: optional(fc.constantFrom('d', null)),
    archived: optional(fc.boolean()),
    members: mapOf(people, fc.constantFrom('viewer', 'developer', 'owner')),
    variables,
    profiles: mapOf(
      fc.constantFrom('dev', 'prod'),
      fc.record({ variables: variables.map((map) => map ?? {}) }),
    ),
    alert_channels: mapOf(names, channel),
    alert_rules: mapOf(names, rule),
    event_subscriptions: mapOf(names, subscription),
    chosen: fc.subarray(['members', 'variables', 'alert_channels', 'alert_rules', 'event_subscriptions']),
  })
  .map(({ chosen, ...sections }) => ({ ...sections, exhaustive: exhaustive(sections, chosen) }));
const organization = fc
  .record({
    default_workspace_role: optional(fc.constantFrom('viewer', null)),
    limits: optional(fc.record({ concurrent_runs: optional(fc.option(fc.nat(9))) })),
    keys: optional(fc.record({ max_days: optional(fc.option(fc.integer({ min: 1, max: 9 }))) })),
    members: mapOf(people, fc.constantFrom('owner', 'member')),
    workspaces: mapOf(names, workspace),
    chosen: fc.subarray(['members']),
  })
  .map(({ chosen, ...sections }) => ({ ...sections, exhaustive: exhaustive(sections, chosen) }));
const files = mapOf(names, organization).map((organizations): ApplyFile =>
  // Undefined properties are those that a file leaves out.
  applyFileSchema.parse(JSON.parse(JSON.stringify({ version: 1, organizations: organizations ?? {} }))),
);

function plan(file: ApplyFile, existing: readonly Entry[]): Plan {
  const wanted = listEntries(file, { now, availableSecret: () => null });
  return makePlan({ file, wanted, existing, caller, writesSecrets: false });
}

/** What the server has after the changes. It keeps secrets, and makes the caller the owner of what it creates. */
function applyAll(existing: readonly Entry[], changes: readonly Change[]): Entry[] {
  const entries = new Map(existing.map((entry) => [addressOf(entry), entry]));
  const put = (entry: Entry) => entries.set(addressOf(entry), entry);
  for (const { action, kind, path, after } of changes) {
    const attributes = Object.fromEntries(
      Object.entries(after)
        .filter(([, value]) => kind !== 'invitation' || value !== null)
        .map(([name, value]): [string, Attribute] => [
          name,
          value instanceof SecretValue ? new SecretValue(null) : value,
        ]),
    );
    const isGone = action === 'remove' || (kind === 'invitation' && isEmptyInvitation(attributes));
    if (isGone) entries.delete(addressOf({ kind, path }));
    else
      put({
        kind,
        path,
        attributes: kind === 'variable' ? lastVariable(attributes, changes, path) : attributes,
      });
    if (action !== 'create') continue;
    if (kind === 'organization')
      put({ kind: 'member', path: [...path, caller], attributes: { role: 'owner' } });
    if (kind === 'workspace')
      put({ kind: 'workspace_member', path: [...path, caller], attributes: { role: 'owner' } });
  }
  return [...entries.values()];
}

function isEmptyInvitation({ role = 'collaborator', ...grants }: Attributes): boolean {
  return role === 'collaborator' && !Object.keys(grants).some((name) => name.startsWith(grantPrefix));
}

/** A variable is either plain or secret. */
function lastVariable(
  attributes: Attributes,
  changes: readonly Change[],
  path: readonly string[],
): Attributes {
  const change = changes.find(
    (each) => each.kind === 'variable' && JSON.stringify(each.path) === JSON.stringify(path),
  );
  const name = change?.attributes[0]?.name ?? 'value';
  return { [name]: attributes[name] ?? null };
}

it('makes a plan whose changes leave nothing to do', () => {
  fc.assert(
    fc.property(files, files, (before, file) => {
      const first = plan(before, []);
      const state = applyAll([], first.changes);
      const { changes, problems } = plan(file, state);
      fc.pre(first.problems.length === 0 && problems.length === 0);
      expect(plan(file, applyAll(state, changes)).changes).toEqual([]);
    }),
    { seed: propertySeed, numRuns: caseCount(300) },
  );
});

it('never removes organizations, workspaces or the access of the caller', () => {
  fc.assert(
    fc.property(files, files, (before, file) => {
      const state = applyAll([], plan(before, []).changes);
      const removed = plan(file, state).changes.filter(({ action }) => action === 'remove');
      expect(removed.filter(({ kind }) => kind === 'organization' || kind === 'workspace')).toEqual([]);
      expect(removed.filter(({ path }) => path.at(-1) === caller)).toEqual([]);
    }),
    { seed: propertySeed, numRuns: caseCount(300) },
  );
});

it('exports what a plan finds unchanged', () => {
  fc.assert(
    fc.property(files, (file) => {
      const state = applyAll([], plan(file, []).changes);
      const exported = applyFileSchema.parse(JSON.parse(JSON.stringify(nestEntries(state))));
      expect(plan(exported, state).changes).toEqual([]);
    }),
    { seed: propertySeed, numRuns: caseCount(300) },
  );
});
