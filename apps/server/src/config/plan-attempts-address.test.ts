import { describe, expect, it } from 'vitest';
import { planAttemptsAddress } from './plan-attempts-address.ts';

const input = { host: null, port: 8081, url: null, engineUrl: 'unix:///engine.sock', gateway: '10.89.0.1' };
const remote = 'https://engine.example.com:2376';

describe('planAttemptsAddress', () => {
  it.each(['unix:///engine.sock', 'http://127.0.0.1:2375', 'http://localhost:2375', 'http://[::1]:2375'])(
    "listens on the network's gateway if the engine may be local: %s",
    (engineUrl) => {
      const plan = planAttemptsAddress({ ...input, engineUrl });
      expect(plan).toEqual({ listenAt: '10.89.0.1', url: 'http://10.89.0.1:8081' });
    },
  );

  it('formats an IPv6 address for a URL', () => {
    const plan = planAttemptsAddress({ ...input, gateway: 'fd00::1' });
    expect(plan).toEqual({ listenAt: 'fd00::1', url: 'http://[fd00::1]:8081' });
  });

  it('follows explicit settings', () => {
    const host = '192.168.1.5';
    const url = 'http://server:9000';
    expect(planAttemptsAddress({ ...input, host })).toEqual({ listenAt: host, url: `http://${host}:8081` });
    expect(planAttemptsAddress({ ...input, url })).toEqual({ listenAt: '10.89.0.1', url });
    expect(planAttemptsAddress({ ...input, host: '0.0.0.0', url, engineUrl: remote })).toEqual({
      listenAt: '0.0.0.0',
      url,
    });
  });

  it('never uses the gateway of another machine', () => {
    const url = 'http://server:9000';
    expect(planAttemptsAddress({ ...input, engineUrl: remote, url })).toEqual({ listenAt: null, url });
    expect(planAttemptsAddress({ ...input, engineUrl: remote })).toEqual({
      problem: expect.stringMatching(/PUMPHOUSE_ATTEMPTS_HOST.*PUMPHOUSE_ATTEMPTS_URL/) as string,
    });
  });

  it('waits for an engine that does not report the gateway, and does not listen elsewhere meanwhile', () => {
    expect(planAttemptsAddress({ ...input, gateway: null })).toEqual({
      problem: expect.stringMatching(/does not say which address/) as string,
    });
  });
});
