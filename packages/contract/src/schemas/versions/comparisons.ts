import { z } from 'zod';
import { namedEnum, responseObject, uuid } from '../primitives.ts';

/** How a file or a setting changed between two versions. */
export const changeKind = namedEnum('ChangeKind', ['added', 'removed', 'changed', 'unchanged']);
export type ChangeKind = z.output<typeof changeKind>;

const comparedVersion = responseObject('ComparedVersionResponse', { id: uuid, version: z.int() });

/** Base is null if there is no older version to compare with; then everything was added. */
const versions = { base: comparedVersion.nullable(), target: comparedVersion };

const changeCounts = responseObject('ChangeCountsResponse', {
  added: z.int(),
  removed: z.int(),
  changed: z.int(),
  unchanged: z.int(),
});

const codeFile = responseObject('ComparedCodeFileResponse', {
  size_bytes: z.int(),
  sha3_256: z.string(),
  linkname: z.string().nullable(),
});

const codeFileChange = responseObject('CodeFileChangeResponse', {
  path: z.string(),
  change: changeKind,
  before: codeFile.nullable(),
  after: codeFile.nullable(),
});

export const deploymentComparisonResponse = responseObject('DeploymentComparisonResponse', {
  ...versions,
  counts: changeCounts,
  requirements_changed: z.boolean(),
  files: z.array(codeFileChange),
});
export type DeploymentComparisonResponse = z.output<typeof deploymentComparisonResponse>;

const textLine = responseObject('TextLineResponse', {
  kind: namedEnum('TextLineKind', ['context', 'removed', 'added']),
  old_number: z.int().nullable(),
  new_number: z.int().nullable(),
  text: z.string(),
  /** True for the last line of a file that does not end with a line feed. */
  no_newline_at_end: z.boolean(),
});

export const textHunk = responseObject('TextHunkResponse', {
  old_start: z.int(),
  old_lines: z.int(),
  new_start: z.int(),
  new_lines: z.int(),
  lines: z.array(textLine),
});

export const codeFileComparisonResponse = responseObject('CodeFileComparisonResponse', {
  ...versions,
  file: codeFileChange,
  /** Only `compared` files have hunks; the other values say why there are none. */
  outcome: namedEnum('CodeFileOutcome', ['compared', 'binary', 'too_large', 'link']),
  hunks: z.array(textHunk),
});
export type CodeFileComparisonResponse = z.output<typeof codeFileComparisonResponse>;

/** Leaves out size and hash, which could reveal a short secret. */
const configurationFileChange = responseObject('ConfigurationFileChangeResponse', {
  path: z.string(),
  change: changeKind,
});

export const configurationComparisonResponse = responseObject('ConfigurationComparisonResponse', {
  ...versions,
  counts: changeCounts,
  files: z.array(configurationFileChange),
});
export type ConfigurationComparisonResponse = z.output<typeof configurationComparisonResponse>;

export const settingChange = responseObject('SettingChangeResponse', {
  key: z.string(),
  change: changeKind,
  /** TOML, or a fixed mask for values that may be secret; null if the key is absent. */
  before: z.string().nullable(),
  after: z.string().nullable(),
});

export const configurationFileComparisonResponse = responseObject('ConfigurationFileComparisonResponse', {
  ...versions,
  file: configurationFileChange,
  /** Only `compared` files have settings; the other values say why there are none. */
  outcome: namedEnum('ConfigurationFileOutcome', ['compared', 'unparsable', 'too_large']),
  settings: z.array(settingChange),
});
export type ConfigurationFileComparisonResponse = z.output<typeof configurationFileComparisonResponse>;
