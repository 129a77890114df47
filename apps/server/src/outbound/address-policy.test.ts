import { expect, it } from 'vitest';
import { createAddressPolicy } from './address-policy.ts';

it('follows a change of what the operator allows', () => {
  let allowed = { hosts: [] as string[], networks: ['10.1.0.0/16'] };
  const policy = createAddressPolicy(
    () => allowed,
    async () => [],
  );
  expect(policy.isAllowedAddress('10.1.2.3')).toBe(true);
  expect(policy.isAllowedHost('alerts.internal')).toBe(false);
  allowed = { hosts: ['Alerts.internal'], networks: ['10.2.0.0/16'] };
  expect(policy.isAllowedAddress('10.1.2.3')).toBe(false);
  expect(policy.isAllowedAddress('10.2.2.3')).toBe(true);
  expect(policy.isAllowedHost('alerts.INTERNAL')).toBe(true);
});
