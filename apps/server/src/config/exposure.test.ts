import { describe, expect, it } from 'vitest';
import { listExposureProblems, requireExposureAllowed } from './exposure.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';

const open = {
  host: '0.0.0.0',
  publicUrl: 'https://pumphouse.example.com',
  hasOwner: true,
  runsUnisolated: false,
};

describe('listExposureProblems', () => {
  it.each(['127.0.0.1', '127.8.0.1', 'localhost', '::1'])('requires nothing at %s', (host) => {
    expect(listExposureProblems({ host, publicUrl: null, hasOwner: false, runsUnisolated: true })).toEqual(
      [],
    );
  });

  const beyond = [
    '0.0.0.0',
    '::',
    '192.168.1.5',
    'fe80::1',
    '::ffff:127.0.0.1',
    '127.example.com',
    'pumphouse',
  ];
  it.each(beyond)('requires an owner and a public address at %s', (host) => {
    expect(listExposureProblems({ ...open, host })).toEqual([]);
    const [owner, address, ...more] = listExposureProblems({
      ...open,
      host,
      hasOwner: false,
      publicUrl: null,
    });
    expect(owner).toMatch(/admin create-owner/);
    expect(address).toMatch(/set it to the address/);
    expect(more).toEqual([]);
  });

  it('names only what is missing', () => {
    expect(listExposureProblems({ ...open, hasOwner: false })).toEqual([
      expect.stringMatching(/create-owner/),
    ]);
    expect(listExposureProblems({ ...open, publicUrl: null })).toEqual([expect.stringMatching(/PUBLIC_URL/)]);
    expect(listExposureProblems({ ...open, runsUnisolated: true })).toEqual([
      expect.stringMatching(/PUMPHOUSE_ALLOW_UNISOLATED/),
    ]);
  });
});

describe('requireExposureAllowed', () => {
  it('looks for an owner in the store: a user, in any organization', async () => {
    const api = await createApiFixture();
    try {
      const requireIt = () => requireExposureAllowed(api.persistence, open);
      await expect(requireIt()).rejects.toThrow(/PUMPHOUSE_HOST is 0\.0\.0\.0.*\n.*admin create-owner/);
      const organization = await api.createOrganization();
      await api.createCaller({ id: organization.id, role: 'member' });
      const { people } = api.persistence.store;
      const machine = await people.createUser({
        email: 'machine',
        kind: 'service_account',
        passwordHash: null,
      });
      await people.addMember(organization.id, machine.id, 'owner');
      await expect(requireIt()).rejects.toThrow(/admin create-owner/);
      await api.createCaller({ id: organization.id, role: 'owner' });
      await requireIt();
    } finally {
      await api.close();
    }
  });
});
