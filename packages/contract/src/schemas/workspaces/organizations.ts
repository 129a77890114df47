import { z } from 'zod';
import { namedEnum, responseObject, timestamp, uuid } from '../primitives.ts';

export const organizationMembershipRole = namedEnum('OrganizationMembershipRole', [
  'collaborator',
  'member',
  'owner',
]);
export type OrganizationMembershipRole = z.output<typeof organizationMembershipRole>;

export const organizationResponse = responseObject('OrganizationResponse', {
  created_at: timestamp,
  dataplane_id: z.string().nullable(),
  description: z.string().nullable(),
  id: uuid,
  name: z.string(),
  updated_at: timestamp,
});
export type OrganizationResponse = z.output<typeof organizationResponse>;
