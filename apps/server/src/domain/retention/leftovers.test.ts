import type { Belonging, BelongingOwner } from './belonging.ts';
import type { OwnerFacts } from './leftovers.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeBelonging, replacedImageDays, youngestLeftoverSeconds } from './leftovers.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

const now = new Date('2026-03-10T12:00:00Z');
const minute = 60;
const day = 86_400;
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

const nobodyKnown: OwnerFacts = {
  runEnds: new Map(),
  environmentPaths: new Set(),
  buildLeases: new Map(),
  usedKeys: new Set(),
  organizationIds: new Set(),
  workspaceIds: new Set(),
};
const attempt: BelongingOwner = { kind: 'attempt', attemptId: 'a' };
const environment: BelongingOwner = { kind: 'environment', path: '/environments/k-1/venv', key: 'k' };
const build: BelongingOwner = { kind: 'build', key: 'k' };
const cache: BelongingOwner = { kind: 'cache', organizationId: 'o' };
const localData: BelongingOwner = { kind: 'local-data', workspaceId: 'w', profile: 'prod' };
const replaced = (days: number): BelongingOwner => ({ kind: 'runner-image', replacedAt: ago(days * day) });

/** Defaults to an old resource. */
function judge(owner: BelongingOwner, facts: Partial<OwnerFacts> = {}, ageSeconds = 40 * day) {
  return judgeBelonging({ owner, madeAt: ago(ageSeconds) }, { ...nobodyKnown, ...facts }, now);
}

describe('judgeBelonging', () => {
  it.each<[string, BelongingOwner, Partial<OwnerFacts>, RegExp]>([
    ['an attempt unknown to the store', attempt, {}, /no run of this attempt exists/],
    [
      'an attempt whose run ended a while ago',
      attempt,
      { runEnds: new Map([['a', ago(10 * minute)]]) },
      /has ended/,
    ],
    ['an unknown environment', environment, {}, /interrupted/],
    [
      'an environment that was replaced by another',
      environment,
      { environmentPaths: new Set(['/environments/k-2/venv']) },
      /another environment replaced it/,
    ],
    [
      'an environment whose builder sent no heartbeat',
      environment,
      { buildLeases: new Map([['k', ago(10 * minute)]]) },
      /interrupted/,
    ],
    ['a resource of a finished build', build, {}, /build .* has ended/],
    ['the cache of a removed organization', cache, {}, /organization was deleted/],
    ['an image that was replaced long ago', replaced(replacedImageDays), {}, /replaced/],
    ['a resource left by an interrupted removal', { kind: 'nobody' }, {}, /removal was interrupted/],
  ])('marks as orphaned: %s', (_, owner, facts, words) => {
    expect(judge(owner, facts)).toMatchObject({
      isLeftover: true,
      reason: expect.stringMatching(words) as string,
    });
  });

  it.each<[string, BelongingOwner, Partial<OwnerFacts>, RegExp]>([
    ['an attempt of an active run', attempt, { runEnds: new Map([['a', null]]) }, /has not ended/],
    [
      'an attempt whose run ended a moment ago',
      attempt,
      { runEnds: new Map([['a', ago(9 * minute)]]) },
      /just ended/,
    ],
    [
      'a finished environment',
      environment,
      { environmentPaths: new Set(['/environments/k-1/venv']) },
      /retention/,
    ],
    ['an environment that a run uses', environment, { usedKeys: new Set(['k']) }, /uses it/],
    [
      'an environment that is being built',
      environment,
      { buildLeases: new Map([['k', ago(-minute)]]) },
      /being built/,
    ],
    [
      'an environment whose builder may have paused',
      environment,
      { buildLeases: new Map([['k', ago(9 * minute)]]) },
      /being built/,
    ],
    ['a resource of an active build', build, { buildLeases: new Map([['k', ago(-minute)]]) }, /needs it/],
    ['the cache of an organization', cache, { organizationIds: new Set(['o']) }, /retention/],
    ['local data', localData, { workspaceIds: new Set(['w']) }, /data/],
    ['local data of a removed workspace', localData, {}, /an operator has to remove it/],
    ['a resource of the installation', { kind: 'installation' }, {}, /every run/],
    ['the current image', { kind: 'runner-image', replacedAt: null }, {}, /start from it/],
    ['a recently replaced image', replaced(replacedImageDays - 1), {}, /30 days/],
  ])('keeps %s', (_, owner, facts, words) => {
    expect(judge(owner, facts)).toMatchObject({
      isLeftover: false,
      reason: expect.stringMatching(words) as string,
    });
  });

  it('keeps young resources, and states until when', () => {
    expect(judge(attempt, {}, 9 * minute)).toEqual({
      isLeftover: false,
      reason: 'no run of this attempt exists; removed when it is 10 minutes old',
    });
    expect(judge(attempt, {}, 10 * minute).isLeftover).toBe(true);
  });
});

describe('for any store contents at any time', () => {
  const names = fc.constantFrom('a', 'b', 'c');
  const times = fc.integer({ min: -day, max: 60 * day }).map(ago);
  const owners: fc.Arbitrary<BelongingOwner> = fc.oneof(
    names.map((attemptId): BelongingOwner => ({ kind: 'attempt', attemptId })),
    fc.record({ kind: fc.constant('environment' as const), path: names, key: names }),
    names.map((key): BelongingOwner => ({ kind: 'build', key })),
    names.map((organizationId): BelongingOwner => ({ kind: 'cache', organizationId })),
    names.map((workspaceId): BelongingOwner => ({ kind: 'local-data', workspaceId, profile: 'prod' })),
    fc.constant<BelongingOwner>({ kind: 'installation' }),
    fc.option(times).map((replacedAt): BelongingOwner => ({ kind: 'runner-image', replacedAt })),
    fc.constant<BelongingOwner>({ kind: 'nobody' }),
  );
  const belongings: fc.Arbitrary<Pick<Belonging, 'owner' | 'madeAt'>> = fc.record({
    owner: owners,
    madeAt: times,
  });
  const sets = fc.uniqueArray(names).map((all) => new Set(all));
  const facts: fc.Arbitrary<OwnerFacts> = fc.record({
    runEnds: fc.uniqueArray(fc.tuple(names, fc.option(times)), { selector: ([id]) => id }).map(toMap),
    environmentPaths: sets,
    buildLeases: fc.uniqueArray(fc.tuple(names, times), { selector: ([key]) => key }).map(toMap),
    usedKeys: sets,
    organizationIds: sets,
    workspaceIds: sets,
  });
  const check = (law: (belonging: Pick<Belonging, 'owner' | 'madeAt'>, known: OwnerFacts) => void) =>
    fc.assert(fc.property(belongings, facts, law), { seed: propertySeed, numRuns: 2000 });

  it('no young resource is orphaned', () => {
    check((belonging, known) => {
      const age = (now.getTime() - belonging.madeAt.getTime()) / 1000;
      if (judgeBelonging(belonging, known, now).isLeftover)
        expect(age).toBeGreaterThanOrEqual(youngestLeftoverSeconds);
    });
  });

  it('no resource with an owner is orphaned', () => {
    check(({ owner, madeAt }, known) => {
      const owned = own(owner, known);
      if (owned) expect(judgeBelonging({ owner, madeAt }, owned, now).isLeftover).toBe(false);
    });
  });

  it('user data and resources of the whole installation are never orphaned', () => {
    check(({ owner, madeAt }, known) => {
      const isKept = owner.kind === 'local-data' || owner.kind === 'installation';
      if (isKept) expect(judgeBelonging({ owner, madeAt }, known, now).isLeftover).toBe(false);
    });
  });

  it('everything else is orphaned eventually', () => {
    const later = new Date(now.getTime() + 100 * day * 1000);
    check(({ owner, madeAt }) => {
      const isKept =
        owner.kind === 'local-data' ||
        owner.kind === 'installation' ||
        (owner.kind === 'runner-image' && owner.replacedAt === null);
      expect(judgeBelonging({ owner, madeAt }, nobodyKnown, later).isLeftover).toBe(!isKept);
    });
  });

  it('an orphaned resource stays orphaned as long as it has no owner', () => {
    const later = new Date(now.getTime() + day * 1000);
    check((belonging, known) => {
      if (judgeBelonging(belonging, known, now).isLeftover)
        expect(judgeBelonging(belonging, known, later).isLeftover).toBe(true);
    });
  });
});

function toMap<Value>(entries: [string, Value][]): Map<string, Value> {
  return new Map(entries);
}

/** The same input with an existing owner; null if the resource kind cannot have one. */
function own(owner: BelongingOwner, facts: OwnerFacts): OwnerFacts | null {
  switch (owner.kind) {
    case 'attempt':
      return { ...facts, runEnds: new Map([...facts.runEnds, [owner.attemptId, null]]) };
    case 'environment':
      return { ...facts, environmentPaths: new Set([...facts.environmentPaths, owner.path]) };
    case 'build':
      return { ...facts, buildLeases: new Map([...facts.buildLeases, [owner.key, ago(-30)]]) };
    case 'cache':
      return { ...facts, organizationIds: new Set([...facts.organizationIds, owner.organizationId]) };
    default:
      return null;
  }
}
