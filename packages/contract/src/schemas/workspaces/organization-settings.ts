import { z } from 'zod';
import { organizationResponse } from './organizations.ts';
import { namedEnum, openEnum, requestObject, responseObject, text } from '../primitives.ts';

/** What members of an organization may do in workspaces where they were given nothing. */
export const defaultWorkspaceRole = namedEnum('DefaultWorkspaceRole', ['developer', 'viewer']);
export type DefaultWorkspaceRole = z.output<typeof defaultWorkspaceRole>;

export const organizationSettingsResponse = responseObject('OrganizationSettingsResponse', {
  ...organizationResponse.shape,
  /** Null: members have the workspaces that they were given, and no other. */
  default_workspace_role: openEnum(defaultWorkspaceRole).nullable(),
  /** Made when its owner first came. */
  is_personal: z.boolean(),
});
export type OrganizationSettingsResponse = z.output<typeof organizationSettingsResponse>;

export const createOrganizationRequest = requestObject('CreateOrganizationRequest', {
  name: text,
  description: text.nullish(),
});
export type CreateOrganizationRequest = z.output<typeof createOrganizationRequest>;

/** What is left out stays as it is. */
export const updateOrganizationRequest = requestObject('UpdateOrganizationRequest', {
  name: text.optional(),
  description: text.nullish(),
  default_workspace_role: defaultWorkspaceRole.nullish(),
});
export type UpdateOrganizationRequest = z.output<typeof updateOrganizationRequest>;
