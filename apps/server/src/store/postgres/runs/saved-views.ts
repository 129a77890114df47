import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** The filters of a page of the console, under a name. */
export interface SavedViewContent {
  name: string;
  /** The query of the page's address, without `?`. */
  search: string;
  /** Shown to all members of the workspace. */
  isShared: boolean;
}

export interface SavedViewRecord extends SavedViewContent {
  id: string;
  workspaceId: string;
  userId: string;
  page: string;
  createdAt: Date;
}

/** A view with the e-mail address of the user who saved it. */
export type ListedSavedView = SavedViewRecord & { ownerEmail: string };

const viewColumns = `saved_views.id, saved_views.workspace_id as "workspaceId", saved_views.user_id as "userId",
  saved_views.page, saved_views.name, saved_views.search, saved_views.is_shared as "isShared",
  saved_views.created_at as "createdAt", users.email as "ownerEmail"`;

/** Maximum views in one list. */
const maxListed = 500;

/** Another view of the user has the name. */
const isNameTaken = `exists (select from saved_views other
  where other.workspace_id = saved_views.workspace_id and other.user_id = saved_views.user_id
    and other.page = saved_views.page and other.name = :name and other.id <> saved_views.id)`;

export type SavedViewStore = ReturnType<typeof createSavedViewStore>;

/** Stores the saved views of workspaces. Changes of one user's views are made under the lock of the workspace. */
export function createSavedViewStore(sql: Queryable) {
  return {
    /** The user's own views first, then those that others share; by name. */
    list: (workspaceId: string, userId: string) =>
      sql.query<ListedSavedView>(
        named(
          `select ${viewColumns} from saved_views join users on users.id = saved_views.user_id
            where saved_views.workspace_id = :workspaceId and (saved_views.user_id = :userId or saved_views.is_shared)
            order by saved_views.user_id <> :userId, saved_views.name, saved_views.id limit ${maxListed}`,
          { workspaceId, userId },
        ),
      ),

    get: (workspaceId: string, savedViewId: string) =>
      sql.maybeOne<ListedSavedView>(
        named(
          `select ${viewColumns} from saved_views join users on users.id = saved_views.user_id
            where saved_views.workspace_id = :workspaceId and saved_views.id = :savedViewId`,
          { workspaceId, savedViewId },
        ),
      ),

    /** Counts the views of one user in a workspace. */
    count: async (workspaceId: string, userId: string) =>
      (
        await sql.one<{ count: number }>(
          named(
            `select count(*)::int as count from saved_views where workspace_id = :workspaceId and user_id = :userId`,
            { workspaceId, userId },
          ),
        )
      ).count,

    /** @returns the id; null if the user has a view with the name */
    async insert(
      owner: { workspaceId: string; userId: string; page: string },
      { name, search, isShared }: SavedViewContent,
    ): Promise<string | null> {
      const row = await sql.maybeOne<{ id: string }>(
        named(
          `insert into saved_views (workspace_id, user_id, page, name, search, is_shared)
           values (:workspaceId, :userId, :page, :name, :search, :isShared)
           on conflict (workspace_id, user_id, page, name) do nothing returning id`,
          { ...owner, name, search, isShared },
        ),
      );
      return row?.id ?? null;
    },

    /** @returns false if another view of the user has the name */
    async replace(savedViewId: string, { name, search, isShared }: SavedViewContent): Promise<boolean> {
      const changed = await sql.execute(
        named(
          `update saved_views set name = :name, search = :search, is_shared = :isShared
            where id = :savedViewId and not ${isNameTaken}`,
          { savedViewId, name, search, isShared },
        ),
      );
      return changed === 1;
    },

    remove: (savedViewId: string) =>
      sql.execute(named('delete from saved_views where id = :savedViewId', { savedViewId })),
  };
}
