import { z } from 'zod';
import { namedEnum, openEnum, requestObject, responseObject, text, timestamp, uuid } from '../primitives.ts';

/** How long a key is good when nobody says how long. */
export const defaultKeyDays = 90;

/** How long a key may be good at most. */
export const longestKeyDays = 365;

const longestKeyName = 100;

const days = z.int().min(1).max(longestKeyDays);
const name = text.refine(
  (value) => value.trim() !== '' && value.length <= longestKeyName,
  `must have 1 to ${longestKeyName} characters`,
);

export const workspaceKeyRole = namedEnum('WorkspaceKeyRole', ['developer', 'viewer']);
export type WorkspaceKeyRole = z.output<typeof workspaceKeyRole>;

/** Without days the key is good for 90, or until the key ends that makes it. */
export const createPersonalKeyRequest = requestObject('CreatePersonalKeyRequest', {
  name,
  days: days.optional(),
});
export type CreatePersonalKeyRequest = z.output<typeof createPersonalKeyRequest>;

export const createWorkspaceKeyRequest = requestObject('CreateWorkspaceKeyRequest', {
  name,
  role: workspaceKeyRole,
  days: days.optional(),
});
export type CreateWorkspaceKeyRequest = z.output<typeof createWorkspaceKeyRequest>;

const key = {
  id: uuid,
  name: z.string().nullable(),
  /** The first characters, to tell keys apart. */
  prefix: z.string(),
  created_at: timestamp,
  expires_at: timestamp,
  /** To the minute. */
  last_used_at: timestamp.nullable(),
};

export const personalKeyResponse = responseObject('PersonalKeyResponse', key);
export type PersonalKeyResponse = z.output<typeof personalKeyResponse>;

const workspaceKey = {
  ...key,
  role: openEnum(workspaceKeyRole).nullable(),
  /** Who made it, and so knew it once; whether they still own the workspace. */
  issued_by: z.string(),
  is_issuer_owner: z.boolean(),
};

export const workspaceKeyResponse = responseObject('WorkspaceKeyResponse', workspaceKey);
export type WorkspaceKeyResponse = z.output<typeof workspaceKeyResponse>;

/** The secret is answered this once: the server keeps a hash. */
const secret = { secret: z.string() };

export const createdPersonalKeyResponse = responseObject('CreatedPersonalKeyResponse', { ...key, ...secret });
export type CreatedPersonalKeyResponse = z.output<typeof createdPersonalKeyResponse>;

export const createdWorkspaceKeyResponse = responseObject('CreatedWorkspaceKeyResponse', {
  ...workspaceKey,
  ...secret,
});
export type CreatedWorkspaceKeyResponse = z.output<typeof createdWorkspaceKeyResponse>;

/** Newest first; those that have expired are among them, those that were revoked are not. */
export const personalKeysResponse = responseObject('PersonalKeysResponse', {
  keys: z.array(personalKeyResponse),
});
export type PersonalKeysResponse = z.output<typeof personalKeysResponse>;

export const workspaceKeysResponse = responseObject('WorkspaceKeysResponse', {
  keys: z.array(workspaceKeyResponse),
});
export type WorkspaceKeysResponse = z.output<typeof workspaceKeysResponse>;
