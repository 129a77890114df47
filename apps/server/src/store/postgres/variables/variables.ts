import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** One variable of a scope. Exactly one of the two values is set, which determines the variable's type. */
export interface VariableRecord {
  /** Null for the workspace scope. */
  profile: string | null;
  name: string;
  plainValue: string | null;
  sealedValue: Buffer | null;
  /** Changes with each write. */
  revision: string;
  createdBy: string;
  updatedBy: string;
  createdAt: Date;
  updatedAt: Date;
}

/** A scope of variables: the workspace's, for every run, or a profile's, for runs under that profile. */
export interface VariableScope {
  workspaceId: string;
  /** Null for the workspace scope. */
  profile: string | null;
}

export type NewVariable = Pick<VariableRecord, 'name' | 'plainValue' | 'sealedValue'>;

const variableColumns = columns('variables', [
  'profile',
  'name',
  'plain_value',
  'sealed_value',
  'revision',
  'created_by',
  'updated_by',
  'created_at',
  'updated_at',
]);

const inScope = `workspace_id = :workspaceId and coalesce(profile, '') = coalesce(:profile, '')`;

export function createVariableStore(sql: Queryable) {
  return {
    /** Lists all scopes, the workspace's first, then profiles by name; variables by name, in byte order. */
    list: (workspaceId: string) =>
      sql.query<VariableRecord>(
        named(
          `select ${variableColumns} from variables where workspace_id = :workspaceId
            order by coalesce(profile, '') collate "C", name collate "C"`,
          { workspaceId },
        ),
      ),

    /** Lists the workspace scope and that of one profile in one statement, so both are of the same moment. */
    listForProfile: (workspaceId: string, profile: string) =>
      sql.prepared<VariableRecord>(
        named(
          `select ${variableColumns} from variables where workspace_id = :workspaceId and coalesce(profile, '') in ('', :profile)
            order by coalesce(profile, '') collate "C", name collate "C"`,
          { workspaceId, profile },
        ),
      ),

    /** Counts the variables of the workspace scope and of a profile that were last written in a time. */
    async countWritten(workspaceId: string, profile: string, time: { from: Date; to: Date }) {
      const row = await sql.maybeOne<{ count: number }>(
        named(
          `select count(*)::int as count from variables
            where workspace_id = :workspaceId and coalesce(profile, '') in ('', :profile)
              and updated_at > :from and updated_at <= :to`,
          { workspaceId, profile, ...time },
        ),
      );
      return row?.count ?? 0;
    },

    /** @returns those of the names that existed */
    async remove({ workspaceId, profile }: VariableScope, names: readonly string[]): Promise<Set<string>> {
      const rows = await sql.query<{ name: string }>(
        named(`delete from variables where ${inScope} and name = any(:names) returning name`, {
          workspaceId,
          profile,
          names,
        }),
      );
      return new Set(rows.map((row) => row.name));
    },

    /** Writes each variable, whatever its previous type. */
    upsert: ({ workspaceId, profile }: VariableScope, variables: readonly NewVariable[], userId: string) =>
      sql.execute(
        named(
          `insert into variables (workspace_id, profile, name, plain_value, sealed_value, created_by, updated_by)
           select :workspaceId, :profile, name, plain_value, sealed_value, :userId, :userId
             from unnest(:names::text[], :plainValues::text[], :sealedValues::bytea[]) as given (name, plain_value, sealed_value)
           on conflict (workspace_id, coalesce(profile, ''), name) do update
              set plain_value = excluded.plain_value, sealed_value = excluded.sealed_value,
                  revision = gen_random_uuid(), updated_by = excluded.updated_by, updated_at = now()`,
          {
            workspaceId,
            profile,
            names: variables.map((variable) => variable.name),
            plainValues: variables.map((variable) => variable.plainValue),
            sealedValues: variables.map((variable) => variable.sealedValue),
            userId,
          },
        ),
      ),

    /**
     * Counts the variables of the workspace and of one scope, and the bytes of the scope's names and values.
     */
    measure: ({ workspaceId, profile }: VariableScope) =>
      sql.one<{ workspaceCount: number; scopeCount: number; scopeBytes: number }>(
        named(
          `select count(*) as "workspaceCount",
                  count(*) filter (where coalesce(profile, '') = coalesce(:profile, '')) as "scopeCount",
                  coalesce(sum(octet_length(name) + coalesce(octet_length(plain_value), octet_length(sealed_value)))
                    filter (where coalesce(profile, '') = coalesce(:profile, '')), 0)::int8 as "scopeBytes"
             from variables where workspace_id = :workspaceId`,
          { workspaceId, profile },
        ),
      ),
  };
}
