/** Rules for migrations that the start of a server applies: no statement reads or writes all rows of a large table. */
import type { AlterTableCmd, ColumnDef, Constraint, Node } from 'libpg-query';
import { findNodes, listTables } from './syntax.ts';

/** What a migration of the start may rely on. */
export interface StartContext {
  /** Tables that the migration creates, or declares small with a reason. */
  smallTables: ReadonlySet<string>;
  /** Tables with a constraint that an online migration has validated, which this one requires. */
  validatedTables: ReadonlySet<string>;
}

const online = 'Put it into an online migration.';

/** Returns what is wrong with a statement: each problem with what to do. */
export function checkStartStatement(statement: Node, context: StartContext): string[] {
  // The body of a function does not run now.
  if ('CreateFunctionStmt' in statement) return [];
  if ('AlterTableStmt' in statement) return checkAlterTable(statement, context);
  if ('IndexStmt' in statement) return checkIndex(statement, context);
  if ('DoStmt' in statement) return [`A DO block hides its statements. Write them out.`];
  if (('DropStmt' in statement && statement.DropStmt.concurrent) || 'VacuumStmt' in statement)
    return [`This cannot run in a transaction. ${online}`];
  if ('ReindexStmt' in statement || 'ClusterStmt' in statement || 'RefreshMatViewStmt' in statement)
    return [`This blocks writes while it works. ${online}`];
  return [...checkRows(statement, context), ...checkLock(statement, context)];
}

function checkIndex({ IndexStmt: index }: Extract<Node, { IndexStmt: object }>, context: StartContext) {
  const table = index.relation?.relname ?? '';
  if (index.concurrent) return [`An index cannot be built concurrently in a transaction. ${online}`];
  if (context.smallTables.has(table)) return [];
  return [
    `An index on ${table} blocks writes while it is built. Build it concurrently in an online migration.`,
  ];
}

function checkAlterTable(
  { AlterTableStmt: statement }: Extract<Node, { AlterTableStmt: object }>,
  context: StartContext,
): string[] {
  const table = statement.relation?.relname ?? '';
  if (context.smallTables.has(table)) return [];
  return (statement.cmds ?? []).flatMap((node) =>
    'AlterTableCmd' in node ? checkChange(table, node.AlterTableCmd, context) : [],
  );
}

/** Changes of the catalog only. All others that have no rule here are refused. */
const harmlessChanges = new Set([
  'AT_ColumnDefault',
  'AT_DropColumn',
  'AT_DropConstraint',
  'AT_DropNotNull',
  'AT_SetRelOptions',
  'AT_SetStatistics',
  'AT_SetStorage',
]);

function checkChange(table: string, change: AlterTableCmd, { validatedTables }: StartContext): string[] {
  const { subtype = '', def } = change;
  if (harmlessChanges.has(subtype)) return [];
  if (subtype === 'AT_AddColumn') return def && 'ColumnDef' in def ? checkColumn(table, def.ColumnDef) : [];
  if (subtype === 'AT_AddConstraint')
    return def && 'Constraint' in def ? checkConstraint(table, def.Constraint) : [];
  if (subtype === 'AT_SetNotNull' && validatedTables.has(table)) return [];
  if (subtype === 'AT_SetNotNull')
    return [
      `SET NOT NULL reads all rows of ${table}. Add a check (... is not null) not valid, validate it in an online migration, and require that one here.`,
    ];
  if (subtype === 'AT_ValidateConstraint') return [`VALIDATE reads all rows of ${table}. ${online}`];
  if (subtype === 'AT_AlterColumnType')
    return [`A new type writes ${table} again. Add a column, and fill it in an online migration.`];
  return [`${subtype} of ${table} may write it again, or block it for long. ${online}`];
}

function checkColumn(table: string, column: ColumnDef): string[] {
  const name = `${table}.${column.colname}`;
  const constraints = (column.constraints ?? []).flatMap((node) =>
    'Constraint' in node ? node.Constraint : [],
  );
  return constraints.flatMap((constraint) => {
    const { contype, raw_expr: value } = constraint;
    if (contype === 'CONSTR_NOTNULL' || contype === 'CONSTR_NULL') return [];
    if (contype === 'CONSTR_DEFAULT')
      return isStable(value)
        ? []
        : [
            `The default of ${name} may differ by row, so ${table} is written again. Set it, and fill the rows in an online migration.`,
          ];
    return [
      `${contype} of the new column ${name} reads or writes all rows. Add a constraint of the table as not valid, or an index in an online migration.`,
    ];
  });
}

/** Functions of the time of the transaction: the same for all rows. */
const stableFunctions = new Set(['now', 'transaction_timestamp', 'statement_timestamp']);

/** Tells whether a default is the same for all rows that exist. */
function isStable(value: Node | undefined): boolean {
  const names = findNodes(value, 'FuncCall').map(({ funcname }) => {
    const parts = findNodes(funcname, 'String');
    return String(parts.at(-1)?.['sval']);
  });
  return names.every((name) => stableFunctions.has(name));
}

function checkConstraint(table: string, { contype, skip_validation, indexname }: Constraint): string[] {
  if (contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN' || contype === 'CONSTR_NOTNULL')
    return skip_validation
      ? []
      : [
          `A new constraint of ${table} reads all rows. Add it as not valid, and validate it in an online migration.`,
        ];
  if (indexname !== undefined && indexname !== '') return [];
  return [
    `${contype} of ${table} builds an index, which blocks writes. Build it concurrently in an online migration, and use it in a later one.`,
  ];
}

/** Reading all rows takes as long as writing them, and the transaction keeps its locks meanwhile. */
function checkRows(statement: Node, { smallTables }: StartContext): string[] {
  const changes = ['UpdateStmt', 'DeleteStmt', 'TruncateStmt'].flatMap((kind) =>
    findNodes({ statement }, kind),
  );
  const readings = ['SelectStmt', 'CreateTableAsStmt'].flatMap((kind) => findNodes({ statement }, kind));
  const tables = new Set([...changes, ...readings].flatMap(listRelations));
  return [...tables]
    .filter((table) => !smallTables.has(table))
    .map(
      (table) => `A statement reads or changes rows of ${table}. Do it by batches in an online migration.`,
    );
}

function listRelations(statement: Record<string, unknown>): string[] {
  const own = findNodes({ RangeVar: statement['relation'] }, 'RangeVar').map(({ relname }) => relname);
  return [...own.filter((name) => name !== undefined).map(String), ...listTables(statement)];
}

function checkLock(statement: Node, { smallTables }: StartContext): string[] {
  if (!('LockStmt' in statement)) return [];
  return listTables(statement)
    .filter((table) => !smallTables.has(table))
    .map((table) => `LOCK of ${table} blocks writes until the migration ends. Leave it out.`);
}
