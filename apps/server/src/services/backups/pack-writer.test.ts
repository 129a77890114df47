import { expect, it } from 'vitest';
import { createBackupFiles } from './backup-files.ts';
import { createFolderBlobStore } from '../../blobs/folder-blob-store.ts';
import { createPackWriter } from './pack-writer.ts';

it('rejects the entries of a pack that cannot be stored, the one that is being written among them', async () => {
  const store = {
    ...createFolderBlobStore('/nowhere'),
    put: () => Promise.reject(new Error('disk full')),
  };
  const files = createBackupFiles(store, { recipients: [], identities: [] });
  const writer = createPackWriter(files, 'one', false);
  // Larger than what the pack buffers without a reader.
  const content = Buffer.alloc(1024 ** 2);
  const add = (key: string) => writer.add({ key, sizeBytes: content.length, content });
  await expect(add('first')).rejects.toThrow('disk full');
  await expect(add('second')).rejects.toThrow('disk full');
  await expect(writer.finish()).rejects.toThrow('disk full');
});
