import { describe, expect, it } from 'vitest';
import { findLocalFolder } from './local-folder.ts';

const file = (localDir: unknown, name = 'config.toml') => ({
  name,
  content: { workspace: { settings: { local_dir: localDir } } },
});
const find = (...files: ReturnType<typeof file>[]) => findLocalFolder({ files, variables: [] });

describe('the folder of local files', () => {
  it('is what the workspace configures, the profile before all and variables before files', () => {
    const files = [file('of/all'), file('of/prod', 'prod.config.toml')];
    expect(find(file('./data//raw/'))).toBe('data/raw');
    expect(find(...files)).toBe('of/prod');
    const variables = [{ name: 'WORKSPACE__SETTINGS__LOCAL_DIR', value: 'of/variable' }];
    expect(findLocalFolder({ files, variables })).toBe('of/variable');
  });

  it.each(['/data', '../data', 'a/../../b', '.', '', '.dlt/data/prod', 7, null])(
    'is the usual one for %j',
    (localDir) => expect(find(file(localDir))).toBeNull(),
  );

  it('is the usual one without settings', () => {
    expect(find({ name: 'config.toml', content: [] as never })).toBeNull();
  });
});
