import type { SchemaVersionChangesResponse } from '@pumphouse/contract';
import { Button } from '@mantine/core';
import choices from './schema-choice.module.css';
import { describeCounts, nameVersion } from './version-texts.ts';
import { Empty, ErrorNotice, LoadingRows } from '../../../ui/answers.tsx';
import { SchemaList } from './schema-list.tsx';
import { Section } from '../../../ui/page.tsx';
import { useComparedSchema } from './use-compared-schema.ts';
import type { useSchemaSearch } from './use-schema-search.ts';
import { VersionChoice } from './schema-choice.tsx';

type SchemaSearch = ReturnType<typeof useSchemaSearch>;

interface CompareChoiceProps {
  found: SchemaSearch;
  latest: SchemaVersionChangesResponse;
}

/** Selects two versions to compare; by default the newest and the previous one. */
export function CompareChoice({ found, latest }: CompareChoiceProps) {
  const { search, versions, choose } = found;
  const items = versions.data?.items ?? [];
  if (items.length < 2) return null;
  const hash = search.version ?? latest.version_hash;
  const before = items.find((each) => each.version_hash === hash)?.base_hash;
  const base = search.base ?? before ?? items.at(-1)?.version_hash ?? '';
  const isShown = search.base !== undefined;
  return (
    <>
      <VersionChoice
        label="From"
        versions={items}
        hash={base}
        onChoose={(chosen) => choose({ base: chosen, version: hash })}
      />
      <VersionChoice
        label="To"
        versions={items}
        hash={hash}
        onChoose={(chosen) => choose({ base, version: chosen })}
      />
      {!isShown && (
        <Button size="compact-sm" variant="default" onClick={() => choose({ base, version: hash })}>
          Compare
        </Button>
      )}
    </>
  );
}

interface VersionComparisonProps {
  found: SchemaSearch;
  hash: string;
  base: string;
}

/** Compares any two versions of a schema and shows the changed tables. */
export function VersionComparison({ found, hash, base }: VersionComparisonProps) {
  const items = found.versions.data?.items ?? [];
  const name = (wanted: string) => {
    const version = items.find((each) => each.version_hash === wanted);
    return version ? nameVersion(version) : wanted.slice(0, 8);
  };
  return (
    <Section
      title={`Changes from ${name(base)} to ${name(hash)}`}
      aside={
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => found.choose({ base: undefined, version: undefined })}
        >
          Close
        </Button>
      }
    >
      <Difference found={found} hash={hash} base={base} />
    </Section>
  );
}

function Difference({ found, hash, base }: VersionComparisonProps) {
  const { version, difference, tables, error } = useComparedSchema(found.scope, hash, base);
  if (error) return <ErrorNotice error={error} />;
  if (!version || !difference || !tables) return <LoadingRows />;
  const changed = tables.filter(({ mark }) => mark !== null);
  if (changed.length === 0)
    return <Empty title="No changes">dlt’s internal tables and columns are not compared.</Empty>;
  const isCut = difference.changes.length < difference.changes_total;
  return (
    <>
      <p className={choices.legend}>
        {describeCounts(difference.counts)}
        {isCut && `; showing the first ${difference.changes.length} of ${difference.changes_total} changes`}.
      </p>
      <SchemaList version={version} tables={changed} />
    </>
  );
}
