import type { LineageResponse } from '@pumphouse/contract';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import classes from './lineage.module.css';
import { EdgeLegend, jobEdges } from '../../graph/edge-legend.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { FilterBar } from '../../search/filter-bar.tsx';
import { FilterMenu } from '../../search/filter-menu.tsx';
import { foldTags, listTags, type ShownLineage } from './lineage-fold.ts';
import { formatNoun } from '../../ui/format.ts';
import { LineageGraph } from './lineage-graph.tsx';
import { LineageList } from './lineage-list.tsx';
import { LineagePanel } from './lineage-panel.tsx';
import { listAffectedKeys, matchesSearch } from './lineage-texts.ts';
import { Notice } from '../../ui/notice.tsx';
import { SearchBox } from '../../search/search-box.tsx';
import { Section } from '../../ui/page.tsx';
import { shownLineage } from './lineage-queries.ts';
import { useLineageSearch } from './use-lineage-search.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** The lines that have a look of their own. */
const lineageEdges = [{ kind: 'loads', text: 'loaded' }, ...jobEdges];

/** Lineage of the workspace, or around the node of a page, as a graph or as a list, with details of the selection. */
export default function LineageView({ around }: { around?: string }) {
  const { id: workspaceId } = useWorkspace();
  const search = useLineageSearch();
  const { data, error, refetch } = useQuery(shownLineage(workspaceId, { around, expanded: search.expanded }));
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingRows />;
  if (data.edges.length === 0) {
    return (
      <Empty title={around === undefined ? 'No lineage yet' : 'No upstream or downstream'}>
        A job appears here when it has run a pipeline, or when another job starts after it.
      </Empty>
    );
  }
  return <LoadedLineage lineage={data} isPart={around !== undefined} />;
}

/** @param isPart whether the page has other content, so that the graph is lower */
function LoadedLineage({ lineage, isPart }: { lineage: LineageResponse; isPart: boolean }) {
  const search = useLineageSearch();
  const shown = useMemo(() => foldTags(lineage, search.fold ?? []), [lineage, search.fold]);
  const affected = useMemo(() => listAffectedKeys(lineage), [lineage]);
  return (
    <>
      <LineageBar lineage={lineage} shown={shown} />
      {lineage.is_truncated && (
        <Notice>
          There are more nodes than one graph shows. Open the Lineage tab of a job, a pipeline or a dataset to
          see what belongs to it.
        </Notice>
      )}
      <div className={classes.columns} data-part={isPart}>
        <Section
          title={search.isList ? 'List' : 'Graph'}
          aside={<EdgeLegend kinds={lineageEdges} edges={shown.edges} />}
        >
          {search.isList ? (
            <LineageList lineage={lineage} affected={affected} />
          ) : (
            <LineageGraph lineage={lineage} shown={shown} affected={affected} />
          )}
        </Section>
        <LineagePanel lineage={lineage} shown={shown} />
      </div>
    </>
  );
}

/** Search, folds and the switch between graph and list. */
function LineageBar({ lineage, shown }: { lineage: LineageResponse; shown: ShownLineage }) {
  const { find, fold, isList, selected, select, change } = useLineageSearch();
  const tags = listTags(lineage);
  const matches = shown.nodes.filter((node) => matchesSearch(node, find)).map(({ key }) => key);
  const next = matches[(matches.indexOf(selected ?? '') + 1) % Math.max(1, matches.length)];
  return (
    <FilterBar>
      <SearchBox value={find} onSearch={(text) => change({ find: text })} label="Search the lineage" />
      {find !== undefined && (
        <Button
          size="compact-sm"
          variant="default"
          disabled={next === undefined}
          onClick={() => select(next)}
        >
          {matches.length === 0 ? 'No matches' : `Next of ${formatNoun(matches.length, 'match', 'matches')}`}
        </Button>
      )}
      {tags.length > 0 && (
        <FilterMenu
          label="Collapse tags"
          options={tags.map((tag) => ({ value: tag, label: tag }))}
          chosen={fold}
          onChoose={(chosen) => change({ fold: chosen })}
        />
      )}
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => change({ view: isList ? undefined : 'list' })}
      >
        {isList ? 'Show as graph' : 'Show as list'}
      </Button>
      <span className="quiet">
        {formatNoun(lineage.nodes.length, 'node')}
        {lineage.unconnected_job_count > 0 &&
          `, ${formatNoun(lineage.unconnected_job_count, 'job')} without lineage`}
      </span>
    </FilterBar>
  );
}
