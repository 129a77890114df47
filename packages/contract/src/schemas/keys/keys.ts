import { z } from 'zod';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

/** Default validity of a key. */
export const defaultKeyDays = 90;

/** Maximum validity of a key. */
export const maxKeyDays = 365;

const maxKeyNameLength = 100;

const days = z.int().min(1).max(maxKeyDays);
const name = z
  .string()
  .refine(
    (value) => value.trim() !== '' && value.length <= maxKeyNameLength,
    `must have 1 to ${maxKeyNameLength} characters`,
  );

export const workspaceKeyRole = namedEnum('WorkspaceKeyRole', ['developer', 'viewer']);
export type WorkspaceKeyRole = z.output<typeof workspaceKeyRole>;

/** By default the key is valid for 90 days, but never longer than the key that creates it. */
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
  /** Accurate to the minute. */
  last_used_at: timestamp.nullable(),
};

export const personalKeyResponse = responseObject('PersonalKeyResponse', key);
export type PersonalKeyResponse = z.output<typeof personalKeyResponse>;

const workspaceKey = {
  ...key,
  role: openEnum(workspaceKeyRole).nullable(),
  /** The user who created the key and saw its secret, and whether that user still owns the workspace. */
  issued_by: z.string(),
  is_issuer_owner: z.boolean(),
};

export const workspaceKeyResponse = responseObject('WorkspaceKeyResponse', workspaceKey);
export type WorkspaceKeyResponse = z.output<typeof workspaceKeyResponse>;

/** The secret is returned only once: the server stores a hash. */
const secret = {
  secret: z.string(),
  /** The same key as a JWT, the only form that the older client (`dlt runtime`) accepts. */
  jwt: z.string(),
};

export const createdPersonalKeyResponse = responseObject('CreatedPersonalKeyResponse', { ...key, ...secret });
export type CreatedPersonalKeyResponse = z.output<typeof createdPersonalKeyResponse>;

export const createdWorkspaceKeyResponse = responseObject('CreatedWorkspaceKeyResponse', {
  ...workspaceKey,
  ...secret,
});
export type CreatedWorkspaceKeyResponse = z.output<typeof createdWorkspaceKeyResponse>;

/** Newest first; includes expired keys but not revoked ones. */
export const personalKeysResponse = responseObject('PersonalKeysResponse', {
  keys: z.array(personalKeyResponse),
});
export type PersonalKeysResponse = z.output<typeof personalKeysResponse>;

export const workspaceKeysResponse = responseObject('WorkspaceKeysResponse', {
  keys: z.array(workspaceKeyResponse),
});
export type WorkspaceKeysResponse = z.output<typeof workspaceKeysResponse>;
