import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import { computeContentHash, type PackageFile } from './package-hash.ts';

describe('package_hash vectors of dlt', () => {
  it.each(readVectors<{ files: PackageFile[]; content_hash: string }>('package_hash'))(
    '$content_hash',
    ({ files, content_hash: expected }) => {
      expect(computeContentHash(files, hashSha3)).toBe(expected);
    },
  );
});

function hashSha3(text: string): string {
  return createHash('sha3-256').update(text, 'utf8').digest('base64');
}
