import { describe, expect, it } from 'vitest';
import { findPasswordProblem } from './new-password.ts';

const email = 'night.loader@example.com';

describe('a new password', () => {
  it.each([
    'a long test password',
    'correct horse battery',
    'ünïcödé ist schön',
    '🐟🐠🐡🦈🐙🐚🦀🦞🦐🦑🐳🐋',
    'kvzx-93fw-ppqd-22',
    'x'.repeat(500) + 'yzabc',
  ])('may be %s', (password) => {
    expect(findPasswordProblem(password, email)).toBeNull();
  });

  it('needs 12 characters, and reports the actual length', () => {
    expect(findPasswordProblem('kvzx93fwppq', email)).toContain('has 11 characters; it needs at least 12');
    // One character for the user, but several code units.
    expect(findPasswordProblem('🐟🐠🐡🦈🐙🐚🦀🦞🦐🦑🐳', email)).toContain('has 11 characters');
  });

  it('has an upper bound', () => {
    expect(findPasswordProblem('k'.repeat(1000) + 'lmnopqrstuvwxyzabcdefghij', email)).toContain('1024');
  });

  it.each([
    '123456789012',
    'aaaaaaaaaaaaaa',
    'abababababab',
    'abcdefghijkl',
    'qwertyuiop[]12',
    'password1234',
    'Password2026!',
    'P@ssw0rd!!!2026',
    '0987654321098',
    'passwordpassword',
    'adminadmin123',
    'Welcome-2026-11',
    'correcthorsebatterystaple',
  ])('must not be %s, which is a common guess', (password) => {
    expect(findPasswordProblem(password, email)).toContain('too common');
  });

  it.each(['night.loader@example.com', 'Night.Loader1', 'night.loadernight.loader'])(
    'must not be %s, which is derived from the e-mail address',
    (password) => {
      expect(findPasswordProblem(password, email)).toContain('e-mail address');
    },
  );
});
