/** Rules for online migrations: their statements block no writes, and can run again after an interruption. */
import type { Node } from 'libpg-query';
import type { OnlineWork } from '@pumphouse/server/store/postgres/upgrades/migration-files.ts';
import { findNodes } from './syntax.ts';

/** Returns what is wrong with the statements of an online migration. */
export function checkOnlineStatements(work: OnlineWork, statements: readonly Node[]): string[] {
  const read = work.kind === 'batches' ? 1 : work.statements.length;
  if (statements.length !== read)
    return ['A server would split the statements at other places. Put each semicolon at the end of a line.'];
  return statements.flatMap((statement) =>
    work.kind === 'batches' ? checkBatch(work, statement) : checkStatement(statement),
  );
}

function checkStatement(statement: Node): string[] {
  if ('IndexStmt' in statement) {
    const { concurrent, idxname } = statement.IndexStmt;
    if (!concurrent) return ['An index blocks writes while it is built. Build it concurrently.'];
    return idxname ? [] : ['Name the index, so that an interrupted build is found.'];
  }
  if ('DropStmt' in statement) {
    const { concurrent, removeType, missing_ok: isRepeatable } = statement.DropStmt;
    const isIndex = removeType === 'OBJECT_INDEX' && concurrent;
    return isIndex && isRepeatable ? [] : ['Only DROP INDEX CONCURRENTLY IF EXISTS can be repeated here.'];
  }
  if ('AlterTableStmt' in statement) {
    const subtypes = findNodes(statement, 'AlterTableCmd').map(({ subtype }) => subtype);
    if (subtypes.every((subtype) => subtype === 'AT_ValidateConstraint')) return [];
  }
  return [
    'An online migration builds or drops an index concurrently, validates constraints, or changes rows by batches.',
  ];
}

function checkBatch({ table, key }: Extract<OnlineWork, { kind: 'batches' }>, statement: Node): string[] {
  if (!['UpdateStmt', 'DeleteStmt', 'InsertStmt'].some((kind) => kind in statement))
    return ['A batch is one UPDATE, DELETE or INSERT.'];
  const isOfRange = findNodes(statement, 'A_Expr').some(
    ({ kind, lexpr, rexpr }) =>
      kind === 'AEXPR_BETWEEN' &&
      findNodes(lexpr, 'String').at(-1)?.['sval'] === key &&
      findNodes(rexpr, 'ParamRef')
        .map(({ number }) => number)
        .join() === '1,2',
  );
  return isOfRange ? [] : [`A batch is limited by "${key} between $1 and $2" of ${table}.`];
}
