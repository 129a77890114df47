import type { ListedSavedView, SavedViewContent } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { maximumSavedViews } from '@pumphouse/contract';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The user who reads or changes views. */
export interface ViewUser {
  workspaceId: string;
  userId: string;
  /** Viewers save views for themselves only. */
  mayShare: boolean;
}

type Stores = 'auditLog' | 'savedViews' | 'workspaces';

export type SavedViews = ReturnType<typeof createSavedViews>;

/** Manages the filters of console pages that users save. */
export function createSavedViews(persistence: Persistence<Stores>) {
  /** Locks the workspace, so that the limit holds and names stay unique. */
  function change<T>({ workspaceId }: ViewUser, work: (tx: Pick<Store, Stores>) => Promise<T>): Promise<T> {
    return persistence.transaction(async (tx) => {
      const workspace = await tx.workspaces.lock(workspaceId);
      if (workspace?.archivedAt)
        throw new ServiceError('workspace_archived', 'The workspace is archived; restore it first.');
      return work(tx);
    });
  }

  return {
    /** The user's own views first, then those that others share; by name. */
    list: ({ workspaceId, userId }: ViewUser): Promise<ListedSavedView[]> =>
      persistence.store.savedViews.list(workspaceId, userId),

    /** @throws ServiceError forbidden, saved_view_exists, saved_view_limit, workspace_archived */
    create: (user: ViewUser, page: string, content: SavedViewContent): Promise<ListedSavedView> =>
      change(user, async (tx) => {
        const { workspaceId, userId } = user;
        requireShare(user, content.isShared);
        if ((await tx.savedViews.count(workspaceId, userId)) >= maximumSavedViews)
          throw new ServiceError(
            'saved_view_limit',
            `A user has at most ${maximumSavedViews} saved views in a workspace.`,
          );
        const id = await tx.savedViews.insert({ workspaceId, userId, page }, content);
        if (id === null) throw nameTaken(content.name);
        const view = await getOwn(tx, user, id);
        await recordChange(tx, {
          ...about(view),
          action: 'saved-view.create',
          before: null,
          after: toAudit(view),
        });
        return view;
      }),

    /**
     * Changes the given fields of an own view.
     * @throws ServiceError not_found, forbidden, saved_view_exists, workspace_archived
     */
    update: (
      user: ViewUser,
      savedViewId: string,
      part: Partial<SavedViewContent>,
    ): Promise<ListedSavedView> =>
      change(user, async (tx) => {
        const before = await getOwn(tx, user, savedViewId);
        requireShare(user, part.isShared === true && !before.isShared);
        const content = { ...before, ...part };
        if (!(await tx.savedViews.replace(savedViewId, content))) throw nameTaken(content.name);
        const view = await getOwn(tx, user, savedViewId);
        await recordChange(tx, {
          ...about(view),
          action: 'saved-view.update',
          before: toAudit(before),
          after: toAudit(view),
        });
        return view;
      }),

    /** @throws ServiceError not_found, forbidden, workspace_archived */
    remove: (user: ViewUser, savedViewId: string): Promise<void> =>
      change(user, async (tx) => {
        const view = await getOwn(tx, user, savedViewId);
        await tx.savedViews.remove(savedViewId);
        await recordChange(tx, {
          ...about(view),
          action: 'saved-view.delete',
          before: toAudit(view),
          after: null,
        });
      }),
  };
}

/** A view that others do not share is not found; one that they share may not be changed. */
async function getOwn(
  { savedViews }: Pick<Store, 'savedViews'>,
  { workspaceId, userId }: ViewUser,
  savedViewId: string,
): Promise<ListedSavedView> {
  const view = await savedViews.get(workspaceId, savedViewId);
  if (view?.userId === userId) return view;
  if (view?.isShared) throw new ServiceError('forbidden', 'Only the user who saved a view may change it.');
  throw new ServiceError('not_found', `There is no saved view ${savedViewId}.`);
}

function requireShare({ mayShare }: ViewUser, isShared: boolean): void {
  if (isShared && !mayShare)
    throw new ServiceError('forbidden', 'Sharing a view requires the role developer in this workspace.');
}

function nameTaken(name: string): ServiceError {
  return new ServiceError('saved_view_exists', `You have a saved view with the name ${name}.`);
}

function about({ id, workspaceId, name }: ListedSavedView) {
  return { workspaceId, target: { kind: 'saved-view', id, name } };
}

const toAudit = ({ page, name, search, isShared }: ListedSavedView) => ({
  page,
  name,
  search,
  is_shared: isShared,
});
