import { expect, it } from 'vitest';
import { parseExport } from './requirement-lines.ts';

it('drops the index that uv exports by the user’s configuration, which may have a password', () => {
  const exported = '--index-url https://reader:word@pypi.example.com/simple\n\nacme-core==1.0\n';
  expect(parseExport(exported)).toEqual(['acme-core==1.0']);
});
