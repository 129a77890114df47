import { z } from 'zod';
import { maxKeyDays } from '../keys/keys.ts';
import { organizationResponse } from './organizations.ts';
import { namedEnum, openEnum, requestObject, responseObject } from '../primitives.ts';

/** The default access of organization members to workspaces in which they have no explicit role. */
export const defaultWorkspaceRole = namedEnum('DefaultWorkspaceRole', ['developer', 'viewer']);
export type DefaultWorkspaceRole = z.output<typeof defaultWorkspaceRole>;

export const organizationSettingsResponse = responseObject('OrganizationSettingsResponse', {
  ...organizationResponse.shape,
  /** Null: members can access only workspaces in which they have a role. */
  default_workspace_role: openEnum(defaultWorkspaceRole).nullable(),
  /** Days after their creation for which keys work in this organization. Null: until they expire. */
  max_key_days: z.int().nullable(),
  /** Created automatically for its owner's first sign-in. */
  is_personal: z.boolean(),
});
export type OrganizationSettingsResponse = z.output<typeof organizationSettingsResponse>;

export const createOrganizationRequest = requestObject('CreateOrganizationRequest', {
  name: z.string(),
  description: z.string().nullish(),
});
export type CreateOrganizationRequest = z.output<typeof createOrganizationRequest>;

/** Omitted properties stay unchanged. */
export const updateOrganizationRequest = requestObject('UpdateOrganizationRequest', {
  name: z.string().optional(),
  description: z.string().nullish(),
  default_workspace_role: defaultWorkspaceRole.nullish(),
  max_key_days: z.int().min(1).max(maxKeyDays).nullish(),
});
export type UpdateOrganizationRequest = z.output<typeof updateOrganizationRequest>;
