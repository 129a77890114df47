import choices from './schema/schema-choice.module.css';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { formatNoun } from '../../ui/format.ts';
import { MoreRows } from '../../ui/more-rows.tsx';
import { SchemaChoice } from './schema/schema-choice.tsx';
import { SchemaTimeline } from '../../details/schema-timeline.tsx';
import { Section } from '../../ui/page.tsx';
import { useSchemaSearch } from './schema/use-schema-search.ts';
import { CompareChoice, VersionComparison } from './schema/version-comparison.tsx';

/** Versions of a schema, newest first, and a comparison of any two. */
export function HistoryTab({ pipelineName }: { pipelineName: string }) {
  const found = useSchemaSearch(pipelineName);
  const { search, schemas, schema, names, versions, choose } = found;
  if (schemas.error) return <ErrorNotice error={schemas.error} onRetry={() => void schemas.refetch()} />;
  if (schemas.isPending) return <LoadingRows />;
  if (!schema) {
    return <Empty title="No schema yet">Runs report the schema of the data that they load.</Empty>;
  }
  const items = versions.data?.items ?? [];
  return (
    <>
      {search.base !== undefined && (
        <VersionComparison
          found={found}
          hash={search.version ?? schema.latest.version_hash}
          base={search.base}
        />
      )}
      <Section
        title={formatNoun(schema.version_count, 'version')}
        aside={
          <span className={choices.choices}>
            <SchemaChoice
              names={names}
              name={schema.schema_name}
              onChoose={(name) => choose({ schema: name, version: undefined, base: undefined })}
            />
            <CompareChoice found={found} latest={schema.latest} />
          </span>
        }
      >
        {versions.error && <ErrorNotice error={versions.error} onRetry={() => void versions.refetch()} />}
        {versions.isPending && <LoadingRows />}
        <SchemaTimeline versions={items} />
        <MoreRows
          hasMore={versions.hasNextPage}
          isLoading={versions.isFetchingNextPage}
          onMore={() => void versions.fetchNextPage()}
        />
      </Section>
    </>
  );
}
