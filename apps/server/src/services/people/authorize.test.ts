import type { Authorize } from './authorize.ts';
import type { Permission } from '@pumphouse/contract';
import type { Principal } from '../sign-in/principal.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '@pumphouse/contract';
import { createAuthorize } from './authorize.ts';
import { createPeopleFixture } from '../testing/people-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { requireUser } from '../sign-in/principal.ts';

let fixture: ServiceFixture;
let authorize: Authorize;
let people: Awaited<ReturnType<typeof createPeopleFixture>>;
let workspaceId: string;
beforeAll(async () => {
  fixture = await createServiceFixture();
  authorize = createAuthorize(fixture.persistence);
  people = await createPeopleFixture(fixture);
  workspaceId = await people.createWorkspace();
});
afterAll(() => fixture.close());

const permissions = Object.keys(requirements) as Permission[];
const guarded = permissions.filter((permission) => requirements[permission].scope !== 'none');
const anonymous: Principal = { kind: 'anonymous' };

const outcomeOf = (principal: Principal, permission: Permission) =>
  authorize(principal, permission, { workspaceId, organizationId: people.organizationId }).then(
    () => 'allowed',
    (error: unknown) => (error as { code?: string }).code ?? 'error',
  );

describe('a caller without a credential', () => {
  it('has the permission for what is public', async () => {
    await expect(authorize(anonymous, 'public', {})).resolves.toMatchObject({
      workspace: null,
      organization: null,
    });
  });

  it.each(guarded)('does not have the permission %s', async (permission) => {
    expect(await outcomeOf(anonymous, permission)).toBe('not_authenticated');
  });

  it('is not a user', () => {
    expect(() => requireUser(anonymous)).toThrow(expect.objectContaining({ code: 'not_authenticated' }));
  });
});

describe('a principal of an unknown kind', () => {
  it.each([
    ['with a workspace', () => ({ kind: 'robot', workspaceId, userId: people.owner.userId })],
    ['with no workspace', () => ({ kind: 'robot', workspaceId: null, userId: people.owner.userId })],
    ['with nothing but its kind', () => ({ kind: 'robot' })],
  ])('%s has no permission that is not public', async (_, create) => {
    const unknown = create() as unknown as Principal;
    const outcomes = new Set(await Promise.all(guarded.map((permission) => outcomeOf(unknown, permission))));
    expect([...outcomes]).not.toContain('allowed');
    expect(() => requireUser(unknown)).toThrow('There is no rule for the principal');
  });
});

describe('the code of a run', () => {
  const asRun = (own: string): Principal => ({ kind: 'run', workspaceId: own, attemptId: 'a' });

  it('reads its own workspace as a viewer', async () => {
    const { workspace } = await authorize(asRun(workspaceId), 'job.read', { workspaceId });
    expect(workspace).toMatchObject({ workspaceRole: 'viewer', membershipId: '' });
  });

  it('has only permissions of viewers in its own workspace, and none elsewhere', async () => {
    for (const permission of guarded) {
      const required = requirements[permission];
      const isForRuns =
        required.scope === 'workspace' && required.role === 'viewer' && required.notForRuns !== true;
      expect([permission, await outcomeOf(asRun(workspaceId), permission)]).toEqual([
        permission,
        isForRuns ? 'allowed' : expect.stringMatching(/^(forbidden|not_found)$/u),
      ]);
      expect(await outcomeOf(asRun(await people.createWorkspace()), permission)).toMatch(
        /^(forbidden|not_found)$/u,
      );
    }
  });

  it('is not a user', () => {
    expect(() => requireUser(asRun(workspaceId))).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });
});
