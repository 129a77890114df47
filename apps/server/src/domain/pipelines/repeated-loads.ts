import { isPlainObject } from '../primitives/plain-object.ts';
import { readCount, readName } from './pending-packages.ts';

/** Whether a table has rows of a load twice; `unknown`: it may. */
const statuses = ['twice', 'once', 'unknown'] as const;

/** A table to which a job of a load package was loaded again, because the run before may have loaded it already. */
export interface RepeatedLoad {
  pipelineName: string;
  schemaName: string;
  tableName: string;
  loadId: string;
  status: (typeof statuses)[number];
  /** The rows that are there twice; null unless they are. */
  rows: number | null;
  /** SQL that removes them. */
  statement: string | null;
  /** False before the job is loaded again, when only the doubt is known. */
  isExamined: boolean;
}

/** Longer ones are left out: a part of it would remove other rows. */
const maxStatement = 16_000;

/** Reads what a bootstrap adds to a message; null if there is nothing, or nothing that makes sense. */
export function readRepeatedLoad(value: unknown): RepeatedLoad | null {
  if (!isPlainObject(value)) return null;
  const pipelineName = readName(value['pipeline']);
  const schemaName = readName(value['schema']);
  const tableName = readName(value['table']);
  const loadId = readName(value['load_id']);
  const status = statuses.find((each) => each === value['status']);
  if (pipelineName === null || schemaName === null || tableName === null || loadId === null || !status)
    return null;
  const { rows, statement } = value;
  return {
    pipelineName,
    schemaName,
    tableName,
    loadId,
    status,
    rows: status === 'twice' && typeof rows === 'number' ? readCount(rows, Number.MAX_SAFE_INTEGER) : null,
    statement: status === 'twice' && isStatement(statement) ? statement : null,
    isExamined: value['is_examined'] === true,
  };
}

const isStatement = (value: unknown): value is string =>
  typeof value === 'string' &&
  value !== '' &&
  value.length <= maxStatement &&
  !value.includes('\0') &&
  value.isWellFormed();
