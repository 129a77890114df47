import { describe, expect, it } from 'vitest';
import { decideOwnerStatus, formatOwner, parseOwner, type ServerProcess } from './server-owner.ts';

const here = { bootId: 'boot', pidNamespace: 'pid:[1]', machineId: 'machine' };
const server: ServerProcess = { location: here, hostName: 'host', pid: 7, startTime: 100 };

const statusOf = (change: Partial<ServerProcess>, startTime: number | null = null) =>
  decideOwnerStatus(formatOwner({ ...server, ...change }), here, () => startTime);

describe('the owner of claims', () => {
  it('identifies one process', () => {
    expect(parseOwner(formatOwner(server))).toEqual(server);
    const nameless = { ...server, location: { ...here, machineId: '' } };
    expect(parseOwner(formatOwner(nameless))).toEqual(nameless);
  });

  it.each(['', 'host/boot/7/100', 'server:host/machine', 'test-server/1'])(
    'is not parsed from %j',
    (text) => {
      expect(parseOwner(text)).toBeNull();
    },
  );

  it('is read by a server of the previous release as an owner on another host', () => {
    // The host name as the previous release reads it; real host names have no colon.
    expect(formatOwner(server).split('/')[0]).toContain(':');
  });
});

describe('another server', () => {
  it('in the same location is gone if its process is gone', () => {
    expect(statusOf({}, null)).toBe('gone');
    expect(statusOf({}, 200)).toBe('gone');
    expect(statusOf({}, 100)).toBe('unknown');
  });

  it('in another pid namespace is unknown, whichever process has its pid here', () => {
    const location = { ...here, pidNamespace: 'pid:[2]' };
    expect(statusOf({ location }, null)).toBe('unknown');
    expect(statusOf({ location }, 200)).toBe('unknown');
  });

  it('on another machine with the same host name is unknown', () => {
    expect(statusOf({ location: { ...here, machineId: 'other', bootId: 'other' } })).toBe('unknown');
  });

  it('of another boot of this machine is gone if silent; a clone of the machine is not', () => {
    expect(statusOf({ location: { ...here, bootId: 'other' } })).toBe('gone-if-silent');
  });

  it('of the previous release is unknown', () => {
    expect(decideOwnerStatus('host/other-boot/7/100', here, () => null)).toBe('unknown');
    expect(decideOwnerStatus('host/boot/7/100', here, () => null)).toBe('unknown');
  });
});
