import type { ErrorCodeMeaning } from './meaning.ts';

export const workspacesErrorCodes = {
  unknown_dataplane: {
    status: 400,
    cause: 'No data plane with this id exists.',
    nextStep: 'Choose one from `list_dataplanes`.',
  },
  playground_workspace: {
    status: 409,
    cause: 'The workspace is a playground: its one member and its name are fixed, and it cannot be archived.',
    nextStep: 'Use another workspace of the organization, or create one.',
  },
  region_not_set: {
    status: 409,
    cause: 'The organization has not chosen where its workspaces run.',
    nextStep: 'Choose a region with `set_region_organization`, then try again.',
  },
  region_already_set: {
    status: 409,
    cause: 'The organization has chosen where its workspaces run, and the choice is final.',
    nextStep: 'Use its region, or another organization.',
  },
  workspace_archived: {
    status: 409,
    cause: 'The workspace is archived: it can be read, but nothing in it can start or change.',
    nextStep: 'Restore the workspace first.',
  },
} as const satisfies Record<string, ErrorCodeMeaning>;
