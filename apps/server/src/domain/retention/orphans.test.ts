import type { Resource, ResourceOwner } from './resource.ts';
import type { OwnerInput } from './orphans.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyResource, maxUploadSeconds, minOrphanAgeSeconds, replacedImageDays } from './orphans.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

const now = new Date('2026-03-10T12:00:00Z');
const minute = 60;
const day = 86_400;
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

const emptyOwnerInput: OwnerInput = {
  runEnds: new Map(),
  environmentPaths: new Set(),
  buildLeases: new Map(),
  usedKeys: new Set(),
  knownKeys: new Set(),
  organizationIds: new Set(),
  workspaceIds: new Set(),
};
const attempt: ResourceOwner = { kind: 'attempt', attemptId: 'a' };
const environment: ResourceOwner = { kind: 'environment', path: '/environments/k-1/venv', key: 'k' };
const build: ResourceOwner = { kind: 'build', key: 'k' };
const cache: ResourceOwner = { kind: 'cache', organizationId: 'o' };
const localData: ResourceOwner = { kind: 'local-data', workspaceId: 'w', profile: 'prod' };
const replaced = (days: number): ResourceOwner => ({ kind: 'runner-image', replacedAt: ago(days * day) });

/** Defaults to an old resource. */
function classify(owner: ResourceOwner, input: Partial<OwnerInput> = {}, ageSeconds = 40 * day) {
  return classifyResource({ owner, madeAt: ago(ageSeconds) }, { ...emptyOwnerInput, ...input }, now);
}

describe('classifyResource', () => {
  it.each<[string, ResourceOwner, Partial<OwnerInput>, RegExp]>([
    [
      'an attempt whose run ended a while ago',
      attempt,
      { runEnds: new Map([['a', ago(10 * minute)]]) },
      /has ended/,
    ],
    ['an environment whose build was interrupted', environment, { knownKeys: new Set(['k']) }, /interrupted/],
    [
      'an environment that was replaced by another',
      environment,
      { environmentPaths: new Set(['/environments/k-2/venv']), knownKeys: new Set(['k']) },
      /another environment replaced it/,
    ],
    [
      'an environment whose builder sent no heartbeat',
      environment,
      { buildLeases: new Map([['k', ago(10 * minute)]]), knownKeys: new Set(['k']) },
      /interrupted/,
    ],
    ['a resource of a finished build', build, { knownKeys: new Set(['k']) }, /build .* has ended/],
    ['an image that was replaced long ago', replaced(replacedImageDays), {}, /replaced/],
    ['an upload of a killed server', { kind: 'upload', startedAt: ago(maxUploadSeconds) }, {}, /was killed/],
    ['a resource left by an interrupted removal', { kind: 'nobody' }, {}, /removal was interrupted/],
  ])('marks as orphaned: %s', (_, owner, input, text) => {
    expect(classify(owner, input)).toMatchObject({
      isOrphan: true,
      reason: expect.stringMatching(text) as string,
    });
  });

  it.each<[string, ResourceOwner, Partial<OwnerInput>, RegExp]>([
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
    ['an upload', { kind: 'upload', startedAt: ago(maxUploadSeconds - 1) }, {}, /in progress/],
    ['a resource of the installation', { kind: 'installation' }, {}, /every run/],
    ['the current image', { kind: 'runner-image', replacedAt: null }, {}, /start from it/],
    ['a recently replaced image', replaced(replacedImageDays - 1), {}, /30 days/],
  ])('keeps %s', (_, owner, input, text) => {
    expect(classify(owner, input)).toMatchObject({
      isOrphan: false,
      reason: expect.stringMatching(text) as string,
    });
  });

  it('keeps young resources, and states until when', () => {
    const knownKeys = new Set(['k']);
    expect(classify(build, { knownKeys }, 9 * minute)).toEqual({
      isOrphan: false,
      isUnknown: false,
      reason: 'the build that needed it has ended; removed when it is 10 minutes old',
    });
    expect(classify(build, { knownKeys }, 10 * minute).isOrphan).toBe(true);
  });

  it.each<[string, ResourceOwner]>([
    ['an attempt', attempt],
    ['an environment', environment],
    ['a resource of a build', build],
    ['the cache of an organization', cache],
  ])('takes %s that the database has never had for unknown, once its record must exist', (_, owner) => {
    expect(classify(owner, {}, 9 * minute)).toMatchObject({ isOrphan: false, isUnknown: false });
    expect(classify(owner, {}, 10 * minute)).toEqual({
      isOrphan: false,
      isUnknown: true,
      reason: expect.stringMatching(
        /^this database has .* it may be of a server with another database$/,
      ) as string,
    });
  });
});

describe('for any store contents at any time', () => {
  const names = fc.constantFrom('a', 'b', 'c');
  const times = fc.integer({ min: -day, max: 60 * day }).map(ago);
  const owners: fc.Arbitrary<ResourceOwner> = fc.oneof(
    names.map((attemptId): ResourceOwner => ({ kind: 'attempt', attemptId })),
    fc.record({ kind: fc.constant('environment' as const), path: names, key: names }),
    names.map((key): ResourceOwner => ({ kind: 'build', key })),
    names.map((organizationId): ResourceOwner => ({ kind: 'cache', organizationId })),
    names.map((workspaceId): ResourceOwner => ({ kind: 'local-data', workspaceId, profile: 'prod' })),
    fc.constant<ResourceOwner>({ kind: 'installation' }),
    fc.option(times).map((replacedAt): ResourceOwner => ({ kind: 'runner-image', replacedAt })),
    fc.constant<ResourceOwner>({ kind: 'nobody' }),
  );
  const resources: fc.Arbitrary<Pick<Resource, 'owner' | 'madeAt'>> = fc.record({
    owner: owners,
    madeAt: times,
  });
  const sets = fc.uniqueArray(names).map((all) => new Set(all));
  const input: fc.Arbitrary<OwnerInput> = fc.record({
    runEnds: fc.uniqueArray(fc.tuple(names, fc.option(times)), { selector: ([id]) => id }).map(toMap),
    environmentPaths: sets,
    buildLeases: fc.uniqueArray(fc.tuple(names, times), { selector: ([key]) => key }).map(toMap),
    usedKeys: sets,
    knownKeys: sets,
    organizationIds: sets,
    workspaceIds: sets,
  });
  const check = (law: (resource: Pick<Resource, 'owner' | 'madeAt'>, known: OwnerInput) => void) =>
    fc.assert(fc.property(resources, input, law), { seed: propertySeed, numRuns: 2000 });

  it('no young resource is orphaned', () => {
    check((resource, known) => {
      const age = (now.getTime() - resource.madeAt.getTime()) / 1000;
      if (classifyResource(resource, known, now).isOrphan)
        expect(age).toBeGreaterThanOrEqual(minOrphanAgeSeconds);
    });
  });

  it('no resource with an owner is orphaned', () => {
    check(({ owner, madeAt }, known) => {
      const owned = own(owner, known);
      if (owned) expect(classifyResource({ owner, madeAt }, owned, now).isOrphan).toBe(false);
    });
  });

  it('user data and resources of the whole installation are never orphaned', () => {
    check(({ owner, madeAt }, known) => {
      const isKept = owner.kind === 'local-data' || owner.kind === 'installation';
      if (isKept) expect(classifyResource({ owner, madeAt }, known, now).isOrphan).toBe(false);
    });
  });

  it('without a record, only what its own backend knows to be over is orphaned', () => {
    const later = new Date(now.getTime() + 100 * day * 1000);
    check(({ owner, madeAt }) => {
      const isOver = owner.kind === 'nobody' || (owner.kind === 'runner-image' && owner.replacedAt !== null);
      expect(classifyResource({ owner, madeAt }, emptyOwnerInput, later).isOrphan).toBe(isOver);
    });
  });

  it('an orphaned resource stays orphaned as long as it has no owner', () => {
    const later = new Date(now.getTime() + day * 1000);
    check((resource, known) => {
      if (classifyResource(resource, known, now).isOrphan)
        expect(classifyResource(resource, known, later).isOrphan).toBe(true);
    });
  });
});

function toMap<Value>(entries: [string, Value][]): Map<string, Value> {
  return new Map(entries);
}

/** The same input with an existing owner; null if the resource kind cannot have one. */
function own(owner: ResourceOwner, input: OwnerInput): OwnerInput | null {
  switch (owner.kind) {
    case 'attempt':
      return { ...input, runEnds: new Map([...input.runEnds, [owner.attemptId, null]]) };
    case 'environment':
      return { ...input, environmentPaths: new Set([...input.environmentPaths, owner.path]) };
    case 'build':
      return { ...input, buildLeases: new Map([...input.buildLeases, [owner.key, ago(-30)]]) };
    case 'cache':
      return { ...input, organizationIds: new Set([...input.organizationIds, owner.organizationId]) };
    default:
      return null;
  }
}
