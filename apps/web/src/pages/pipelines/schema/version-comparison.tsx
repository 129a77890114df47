import { Button } from '@mantine/core';
import choices from './schema-choice.module.css';
import { describeCounts } from './version-words.ts';
import { Empty, ErrorNotice, LoadingRows } from '../../../look/answers.tsx';
import { SchemaList } from './schema-list.tsx';
import { Section } from '../../../look/page.tsx';
import { useComparedSchema } from './use-compared-schema.ts';
import type { useSchemaSearch } from './use-schema-search.ts';
import { VersionChoice } from './schema-choice.tsx';

type SchemaSearch = ReturnType<typeof useSchemaSearch>;

/** Two versions of a schema, whichever: what is different, in the tables where it is. */
export function VersionComparison({ found, latestHash }: { found: SchemaSearch; latestHash: string }) {
  const { search, versions, choose } = found;
  const items = versions.data?.items ?? [];
  if (items.length < 2) return null;
  const hash = search.version ?? latestHash;
  const before = items.find((each) => each.version_hash === hash)?.base_hash;
  const base = search.base ?? before ?? items.at(-1)?.version_hash ?? '';
  const isShown = search.base !== undefined;
  return (
    <Section
      title="Compare two versions"
      aside={
        <span className={choices.choices}>
          <VersionChoice
            label="From"
            versions={items}
            hash={base}
            onChoose={(chosen) => choose({ base: chosen, version: hash })}
          />
          <VersionChoice
            label="to"
            versions={items}
            hash={hash}
            onChoose={(chosen) => choose({ base, version: chosen })}
          />
          <Button
            size="compact-sm"
            variant="default"
            aria-expanded={isShown}
            onClick={() =>
              choose(isShown ? { base: undefined, version: undefined } : { base, version: hash })
            }
          >
            {isShown ? 'Close' : 'Compare'}
          </Button>
        </span>
      }
    >
      {isShown && <Difference found={found} hash={hash} base={base} />}
    </Section>
  );
}

function Difference({ found, hash, base }: { found: SchemaSearch; hash: string; base: string }) {
  const { version, difference, tables, error } = useComparedSchema(found.place, hash, base);
  if (error) return <ErrorNotice error={error} />;
  if (!version || !difference || !tables) return <LoadingRows />;
  const changed = tables.filter(({ mark }) => mark !== null);
  if (changed.length === 0)
    return <Empty title="They are the same">dlt’s own tables and columns are not compared.</Empty>;
  const isCut = difference.changes.length < difference.changes_total;
  return (
    <>
      <p className={choices.legend}>
        {describeCounts(difference.counts)}
        {isCut &&
          `; the first ${difference.changes.length} of ${difference.changes_total} changes are marked`}
        .
      </p>
      <SchemaList tables={changed} references={version.references} />
    </>
  );
}
