import type { SchemaVersionResponse } from '@pumphouse/contract';
import choices from './schema-choice.module.css';
import panes from './schema-tab.module.css';
import { Empty, ErrorNotice, LoadingRows } from '../../../ui/answers.tsx';
import { formatNoun } from '../../../ui/format.ts';
import { nameVersion } from './version-texts.ts';
import { SchemaChoice, VersionChoice } from './schema-choice.tsx';
import SchemaGraph from './schema-graph.tsx';
import { SchemaList } from './schema-list.tsx';
import { Section } from '../../../ui/page.tsx';
import { useComparedSchema } from './use-compared-schema.ts';
import { useSchemaSearch } from './use-schema-search.ts';

type SchemaSearch = ReturnType<typeof useSchemaSearch>;

/**
 * Schema of a pipeline as a graph and a list with the same content. A separate chunk, since it is rarely
 * opened.
 */
export default function SchemaTab({ pipelineName }: { pipelineName: string }) {
  const found = useSchemaSearch(pipelineName);
  const { schemas, schema } = found;
  if (schemas.error) return <ErrorNotice error={schemas.error} onRetry={() => void schemas.refetch()} />;
  if (schemas.isPending) return <LoadingRows />;
  if (!schema) {
    return <Empty title="No schema yet">Runs report the schema of the data that they load.</Empty>;
  }
  return <SchemaOfVersion found={found} hash={found.search.version ?? schema.latest.version_hash} />;
}

function SchemaOfVersion({ found, hash }: { found: SchemaSearch; hash: string }) {
  const { search, scope, names, versions, choose } = found;
  const { version, base, tables, error } = useComparedSchema(scope, hash, search.base);
  const select = (table: string) => choose({ table: table === search.table ? undefined : table });
  return (
    <Section
      title={`Schema ${scope.schemaName}`}
      aside={
        <span className={choices.choices}>
          <SchemaChoice
            names={names}
            name={scope.schemaName}
            onChoose={(schema) => choose({ schema, version: undefined, base: undefined, table: undefined })}
          />
          <VersionChoice
            label="Version"
            versions={versions.data?.items ?? []}
            hash={hash}
            onChoose={(chosen) => choose({ version: chosen, base: undefined })}
          />
        </span>
      }
    >
      {error && <ErrorNotice error={error} />}
      {!tables && !error && <LoadingRows />}
      {version && tables && (
        <>
          <Legend version={version} base={base} />
          <div className={panes.panes}>
            <SchemaGraph
              key={`${hash} ${base?.version_hash ?? ''}`}
              tables={tables}
              references={version.references}
              selected={search.table}
              onSelect={select}
            />
            <SchemaList version={version} tables={tables} selected={search.table} />
          </div>
        </>
      )}
    </Section>
  );
}

function Legend({
  version,
  base,
}: {
  version: SchemaVersionResponse;
  base: SchemaVersionResponse | undefined;
}) {
  const size = `${formatNoun(version.table_count, 'table')}, ${formatNoun(version.column_count, 'column')}`;
  const marks = base
    ? ` Changes from ${nameVersion(base)} to ${nameVersion(version)}: + new, − removed, ~ changed.`
    : ' First version.';
  const cut = version.is_cut ? ' Truncated.' : '';
  return (
    <p className={choices.legend}>
      {size}. Dashed: nested table. Solid: reference.{marks}
      {cut}
    </p>
  );
}
