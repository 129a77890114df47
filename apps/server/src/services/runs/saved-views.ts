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
  /** Owners of the workspace rename and delete views that others share, such as those of members who left. */
  mayManage: boolean;
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
        if (id === null) throw nameTaken(content.name, true);
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
     * Changes the given fields of an own view, or the name of one that the user manages.
     * @throws ServiceError not_found, forbidden, saved_view_exists, workspace_archived
     */
    update: (
      user: ViewUser,
      savedViewId: string,
      part: Partial<SavedViewContent>,
    ): Promise<ListedSavedView> =>
      change(user, async (tx) => {
        const isRename = part.search === undefined && part.isShared === undefined;
        const before = await (isRename ? getManaged : getOwn)(tx, user, savedViewId);
        requireShare(user, part.isShared === true && !before.isShared);
        const content = { ...before, ...part };
        if (!(await tx.savedViews.replace(savedViewId, content)))
          throw nameTaken(content.name, before.userId === user.userId);
        const view = await getVisible(tx, user, savedViewId);
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
        const view = await getManaged(tx, user, savedViewId);
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

/** Whether the user may rename and delete the view. */
export function mayManage(
  { userId, isShared }: Pick<ListedSavedView, 'userId' | 'isShared'>,
  user: Pick<ViewUser, 'userId' | 'mayManage'>,
): boolean {
  return userId === user.userId || (isShared && user.mayManage);
}

type GetView = (
  tx: Pick<Store, 'savedViews'>,
  user: ViewUser,
  savedViewId: string,
) => Promise<ListedSavedView>;

/** A view that its user does not share is not found by others. */
const getVisible: GetView = async ({ savedViews }, { workspaceId, userId }, savedViewId) => {
  const view = await savedViews.get(workspaceId, savedViewId);
  if (view && (view.userId === userId || view.isShared)) return view;
  throw new ServiceError('not_found', `There is no saved view ${savedViewId}.`);
};

const getOwn: GetView = async (tx, user, savedViewId) => {
  const view = await getVisible(tx, user, savedViewId);
  if (view.userId === user.userId) return view;
  throw new ServiceError('forbidden', 'Only the user who saved a view may change its filters and share it.');
};

const getManaged: GetView = async (tx, user, savedViewId) => {
  const view = await getVisible(tx, user, savedViewId);
  if (mayManage(view, user)) return view;
  throw new ServiceError(
    'forbidden',
    'Only the user who saved a view and owners of the workspace may rename and delete it.',
  );
};

function requireShare({ mayShare }: ViewUser, isShared: boolean): void {
  if (isShared && !mayShare)
    throw new ServiceError('forbidden', 'Sharing a view requires the role developer in this workspace.');
}

function nameTaken(name: string, isOwn: boolean): ServiceError {
  const holder = isOwn ? 'You have' : 'The user who saved the view has';
  return new ServiceError('saved_view_exists', `${holder} a saved view with the name ${name}.`);
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
