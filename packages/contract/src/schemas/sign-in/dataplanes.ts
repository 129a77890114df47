import { z } from 'zod';
import { requestObject, responseObject } from '../primitives.ts';

export const dataplaneResponse = responseObject('DataplaneResponse', {
  id: z.string(),
  name: z.string(),
  region: z.string(),
  description: z.string().nullish(),
});
export type DataplaneResponse = z.output<typeof dataplaneResponse>;

export const dataplaneCatalog = responseObject('DataplaneCatalog', {
  items: z.array(dataplaneResponse),
});
export type DataplaneCatalog = z.output<typeof dataplaneCatalog>;

export const issueDataplaneTokenWorkspaceResponse = responseObject('IssueDataplaneTokenWorkspaceResponse', {
  /** Unix seconds. */
  expires_at: z.int(),
  token: z.string(),
});
export type IssueDataplaneTokenWorkspaceResponse = z.output<typeof issueDataplaneTokenWorkspaceResponse>;

export const setRegionOrganizationRequest = requestObject('SetRegionOrganizationRequest', {
  dataplane_id: z.string(),
});
export type SetRegionOrganizationRequest = z.output<typeof setRegionOrganizationRequest>;
