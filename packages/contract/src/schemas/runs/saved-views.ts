import { z } from 'zod';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

/** Pages of the console whose filters can be saved. */
export const savedViewPage = namedEnum('SavedViewPage', ['runs']);

/** Maximum views of one user in a workspace. */
export const maximumSavedViews = 50;

const name = z.string().trim().min(1).max(60);
/** The query of the page's address, without `?`: `status=failed&range=24h`. */
const search = z.string().max(2000);

/** The filters of a page, under a name. */
export const savedViewResponse = responseObject('SavedViewResponse', {
  id: uuid,
  page: openEnum(savedViewPage),
  name: z.string(),
  search: z.string(),
  /** Shown to all members of the workspace. */
  is_shared: z.boolean(),
  /** Saved by the caller. */
  is_own: z.boolean(),
  /** Who may rename and delete it: the user who saved it and, once it is shared, owners of the workspace. */
  may_manage: z.boolean(),
  /** Who saved it. */
  owner_email: z.string(),
  created_at: timestamp,
});
export type SavedViewResponse = z.output<typeof savedViewResponse>;

/** The views of the caller and the shared ones, by name. */
export const savedViewsResponse = responseObject('SavedViewsResponse', { views: z.array(savedViewResponse) });

export const createSavedViewRequest = requestObject('CreateSavedViewRequest', {
  page: savedViewPage,
  name,
  search,
  /** Requires the role developer. */
  is_shared: z.boolean().default(false),
});

/** Fields that are missing stay as they are. */
export const updateSavedViewRequest = requestObject('UpdateSavedViewRequest', {
  name: name.optional(),
  search: search.optional(),
  is_shared: z.boolean().optional(),
});
