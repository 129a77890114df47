import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { localPathName } from './local-path-name.ts';

describe('localPathName', () => {
  it.each([
    ['Sales EU', 'Sales-EU'],
    ['my_workspace-2', 'my_workspace-2'],
    ['Überblick', 'Uberblick'],
    ['../../etc/passwd', 'etc-passwd'],
    ['.hidden', 'hidden'],
    ['a  --  b', 'a-b'],
    ['', 'workspace'],
    ['数据', 'workspace'],
  ])('%j is %j', (name, folder) => {
    expect(localPathName(name)).toBe(folder);
  });

  it('creates a safe name from any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
        expect(localPathName(name)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/);
      }),
      { seed: propertySeed },
    );
  });
});
