import type { Authorization } from '../../services/people/authorize.ts';
import type { Handlers } from '../handler.ts';
import type { ListedSavedView, SavedViewContent } from '../../store/records.ts';
import type { RouteBody, SavedViewResponse } from '@pumphouse/contract';
import type { SavedViews, ViewUser } from '../../services/runs/saved-views.ts';
import { mayManage } from '../../services/runs/saved-views.ts';
import { isByOwner, isByViewer, userOf, workspaceOf } from '../handler.ts';
import { toInstant } from '../serializers/instants.ts';

type Operations = 'list_saved_views' | 'create_saved_view' | 'update_saved_view' | 'delete_saved_view';
type ViewCall = { authorization: Authorization };

/** Handlers for the saved views of a workspace. */
export function createSavedViewHandlers({
  savedViews,
}: {
  savedViews: SavedViews;
}): Pick<Handlers, Operations> {
  return {
    async list_saved_views(call) {
      const user = toUser(call);
      return { views: (await savedViews.list(user)).map((view) => toSavedView(view, user)) };
    },
    async create_saved_view(call) {
      const user = toUser(call);
      const { page, name, search, is_shared: isShared } = call.body;
      return toSavedView(await savedViews.create(user, page, { name, search, isShared }), user);
    },
    async update_saved_view(call) {
      const user = toUser(call);
      const view = await savedViews.update(user, call.params.saved_view_id, toPart(call.body));
      return toSavedView(view, user);
    },
    async delete_saved_view(call) {
      await savedViews.remove(toUser(call), call.params.saved_view_id);
    },
  };
}

function toUser(call: ViewCall): ViewUser {
  const { workspaceId } = workspaceOf(call);
  const { userId } = userOf(call.authorization);
  return { workspaceId, userId, mayShare: !isByViewer(call), mayManage: isByOwner(call) };
}

function toPart(body: RouteBody<'update_saved_view'>): Partial<SavedViewContent> {
  const { name, search, is_shared: isShared } = body;
  return {
    ...(name !== undefined && { name }),
    ...(search !== undefined && { search }),
    ...(isShared !== undefined && { isShared }),
  };
}

function toSavedView(view: ListedSavedView, user: ViewUser): SavedViewResponse {
  return {
    id: view.id,
    page: view.page,
    name: view.name,
    search: view.search,
    is_shared: view.isShared,
    is_own: view.userId === user.userId,
    may_manage: mayManage(view, user),
    owner_email: view.ownerEmail,
    created_at: toInstant(view.createdAt),
  };
}
