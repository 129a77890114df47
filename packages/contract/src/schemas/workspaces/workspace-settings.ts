import { z } from 'zod';
import { responseObject } from '../primitives.ts';
import { workspaceResponse } from './workspaces.ts';

export const workspaceSettingsResponse = responseObject('WorkspaceSettingsResponse', {
  ...workspaceResponse.shape,
  /** Whether a user or an apply wrote the description: deploys leave it unchanged. */
  keeps_description: z.boolean(),
});
