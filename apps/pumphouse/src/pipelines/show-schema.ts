import { describeSchemaChange } from '@pumphouse/client';
import type {
  PipelineSchemasResponse,
  SchemaVersionChangesResponse,
  SchemaVersionResponse,
} from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { readAll } from '../paging/read-all.ts';
import { shortenJobRef } from '../runs/job-name.ts';
import { toOneLine } from '../terminal/plain-text.ts';
import { countOf } from '../runs/run-outcome.ts';
import type { Session } from '../session/session.ts';
import { findSimilar } from '../terminal/find-similar.ts';
import { formatInstant } from '../terminal/format.ts';
import { formatList } from '../terminal/list.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { explainMissing } from './find-name.ts';
import { readPipelineNames } from './read-names.ts';

/** The options of `schema`. */
export interface SchemaOptions {
  history?: boolean;
}

type PipelineSchema = PipelineSchemasResponse['schemas'][number];

/** Shows the tables of a pipeline's schema, or what each of its versions changed. */
export async function showSchema(
  session: Session,
  [pipeline, schemaName]: [pipeline: string, schema?: string],
  { history = false }: SchemaOptions,
): Promise<void> {
  const schema = await findSchema(session, pipeline, schemaName);
  const params = {
    workspace_id: await session.workspaceId(),
    pipeline_name: pipeline,
    schema_name: schema.schema_name,
  };
  if (history) {
    const versions = await readAll((query) => session.client.call('list_schema_versions', { params, query }));
    session.show(versions, () =>
      versions.map((version) => formatChanges(session.terminal, version)).join('\n'),
    );
    return;
  }
  const version = await session.client.call('get_schema_version', {
    params: { ...params, version_hash: schema.latest.version_hash },
  });
  session.show(version, () => formatSchema(session.terminal, version));
  if (schema.version_count > 1)
    session.terminal.note(`${countOf(schema.version_count, 'version')}; --history shows what each changed.`);
}

/**
 * Finds a schema by its name; the only one, or that of the pipeline's name, needs none.
 * @throws CommandError no_schema, schema_not_found, schema_name_needed
 */
async function findSchema(
  session: Session,
  pipeline: string,
  name: string | undefined,
): Promise<PipelineSchema> {
  const params = { workspace_id: await session.workspaceId(), pipeline_name: pipeline };
  const { schemas } = await explainMissing(session.client.call('list_pipeline_schemas', { params }), {
    kind: 'pipeline',
    name: pipeline,
    listNames: () => readPipelineNames(session),
  });
  return chooseSchema(schemas, pipeline, name);
}

/** The pure part of `findSchema`. */
export function chooseSchema<Schema extends { schema_name: string }>(
  schemas: readonly Schema[],
  pipeline: string,
  name: string | undefined,
): Schema {
  const names = schemas.map(({ schema_name }) => schema_name);
  const found = schemas.find(({ schema_name }) => schema_name === (name ?? pipeline));
  const [only] = schemas;
  if (found) return found;
  if (only === undefined) {
    throw new CommandError(`No run of ${pipeline} has reported a schema.`, {
      code: 'no_schema',
      exitCode: exitCodes.notFound,
      nextStep: 'Run the pipeline, or check its name: pumphouse pipeline list.',
    });
  }
  if (name === undefined && schemas.length === 1) return only;
  if (name === undefined) {
    throw new CommandError(`${pipeline} has several schemas.`, {
      code: 'schema_name_needed',
      exitCode: exitCodes.usage,
      nextStep: `Name one: pumphouse schema ${pipeline} ${only.schema_name}`,
      lines: names,
    });
  }
  const similar = findSimilar(name, names);
  throw new CommandError(`${pipeline} has no schema called ${name}.`, {
    code: 'schema_not_found',
    exitCode: exitCodes.notFound,
    nextStep: similar === undefined ? `Its schemas: ${names.join(', ')}` : `Did you mean ${similar}?`,
  });
}

function formatSchema(terminal: Terminal, schema: SchemaVersionResponse): string {
  const head = `${terminal.tone('strong', schema.schema_name)}  ${describeVersion(schema)}, ${countOf(schema.table_count, 'table')}, ${countOf(schema.column_count, 'column')}`;
  const tables = schema.tables.map(({ name, columns, write_disposition: mode, parent }) => {
    const about = [mode, parent === null ? null : `nested in ${parent}`]
      .filter((text) => text !== null)
      .join(', ');
    const title = `${terminal.tone('accent', name)}${about === '' ? '' : terminal.tone('quiet', `  ${about}`)}`;
    const own = columns.filter(({ is_dlt }) => !is_dlt);
    const list = formatList({ ...terminal, width: Math.max(20, terminal.width - 2) }, own, {
      empty: 'No columns.\n',
      columns: [
        { title: 'COLUMN', text: (column) => column.name },
        { title: 'TYPE', text: describeType },
        { title: 'HINTS', text: describeHints, isProse: true },
      ],
    });
    return `${title}\n${list.replaceAll(/^(?=.)/gm, '  ')}`;
  });
  const cut = schema.is_cut ? ['There is more than shown here.'] : [];
  return [head, ...tables, ...cut].join('\n');
}

type Column = SchemaVersionResponse['tables'][number]['columns'][number];

function describeType({ data_type: type, precision, scale }: Column): string {
  const sizes = [precision, scale].filter((size) => size !== null);
  return sizes.length === 0 ? type : `${type}(${sizes.join(',')})`;
}

function describeHints(column: Column): string {
  const { variant_of: original } = column;
  return [
    column.primary_key && 'primary key',
    column.merge_key && 'merge key',
    column.unique && 'unique',
    column.incremental && 'incremental',
    column.partition && 'partition',
    column.cluster && 'cluster',
    column.sort && 'sort',
    !column.nullable && 'not null',
    original !== null && `for values that do not fit ${original}`,
  ]
    .filter((hint) => typeof hint === 'string')
    .join(', ');
}

function describeVersion({
  version,
  version_hash: hash,
}: {
  version: number | null;
  version_hash: string;
}): string {
  return version === null ? hash.slice(0, 8) : `version ${version} (${hash.slice(0, 8)})`;
}

function formatChanges(terminal: Terminal, version: SchemaVersionChangesResponse): string {
  const { changes, changes_total: total, job_run: run, created_at: at, schema_name: name } = version;
  const by = run === null ? '' : ` by ${shortenJobRef(run.job_ref)} #${run.number}`;
  const head = `${terminal.tone('strong', describeVersion(version))}  ${formatInstant(at)}${by}`;
  const tones = { '+': 'good', '−': 'bad', '~': 'warning' } as const;
  const lines = changes.map((change) => {
    const { sign, subject, detail } = describeSchemaChange(change, name);
    return `  ${terminal.tone(tones[sign], toOneLine(`${sign} ${subject} ${detail}`))}`;
  });
  const more = total > changes.length ? [`  … ${countOf(total - changes.length, 'more change')}`] : [];
  return [head, ...lines, ...more, ''].join('\n');
}
