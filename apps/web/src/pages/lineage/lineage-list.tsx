import type { LineageResponse } from '@pumphouse/contract';
import { useState } from 'react';
import classes from './lineage.module.css';
import table from '../../ui/table.module.css';
import type { LineageNode } from './lineage-fold.ts';
import { Empty } from '../../ui/answers.tsx';
import { formatCount } from '../../ui/format.ts';
import { hasRecentChange, matchesSearch, nameOfNode, stateOfNode } from './lineage-texts.ts';
import { MoreRows } from '../../ui/more-rows.tsx';
import { NodeLink } from './node-link.tsx';
import { State } from '../../ui/state.tsx';
import { Time, useNow } from '../../ui/time.tsx';
import { useLineageSearch } from './use-lineage-search.ts';

const pageSize = 100;

interface LineageListProps {
  lineage: LineageResponse;
  affected: ReadonlySet<string>;
}

/** The lineage as a table: each node with what is directly upstream and downstream of it. */
export function LineageList({ lineage, affected }: LineageListProps) {
  const { find } = useLineageSearch();
  const [count, setCount] = useState(pageSize);
  const { nodes, edges } = lineage;
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const upstream = Map.groupBy(edges, ({ to }) => to);
  const downstream = Map.groupBy(edges, ({ from }) => from);
  const found = find === undefined ? nodes : nodes.filter((node) => matchesSearch(node, find));
  if (found.length === 0) return <Empty title="No nodes match this search" />;
  const findNode = (key: string) => byKey.get(key) ?? [];
  return (
    <>
      <div className={table.scroll}>
        <table className={table.table} aria-label="Lineage">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">State</th>
              <th scope="col">Updated</th>
              <th scope="col" className="number">
                Rows
              </th>
              <th scope="col">Upstream</th>
              <th scope="col">Downstream</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, count).map((node) => (
              <ListRow
                key={node.key}
                node={node}
                isAffected={affected.has(node.key)}
                upstream={(upstream.get(node.key) ?? []).flatMap(({ from }) => findNode(from))}
                downstream={(downstream.get(node.key) ?? []).flatMap(({ to }) => findNode(to))}
              />
            ))}
          </tbody>
        </table>
      </div>
      <MoreRows
        hasMore={count < found.length}
        isLoading={false}
        onMore={() => setCount((before) => before + pageSize)}
      />
    </>
  );
}

interface ListRowProps {
  node: LineageNode;
  isAffected: boolean;
  upstream: readonly LineageNode[];
  downstream: readonly LineageNode[];
}

function ListRow({ node, isAffected, upstream, downstream }: ListRowProps) {
  const { selected, select } = useLineageSearch();
  const now = new Date(useNow(60));
  return (
    <tr data-current={node.key === selected} data-row>
      <td data-wide="true">
        <button
          type="button"
          className={`text-button ${classes.pick}`}
          aria-pressed={node.key === selected}
          onClick={() => select(node.key)}
          data-row-link
        >
          {nameOfNode(node)}
        </button>{' '}
        <span className="quiet">{node.kind}</span>
      </td>
      <td>
        <State look={stateOfNode(node)} />
        {isAffected && <span className="quiet"> affected</span>}
        {hasRecentChange(node, now) && <span className="quiet"> Δ schema</span>}
      </td>
      <td>{node.updated_at !== null && <Time at={node.updated_at} />}</td>
      <td className="number" data-label="Rows">
        {node.rows_loaded === null ? '' : formatCount(node.rows_loaded)}
      </td>
      <td data-label="Upstream">
        <NodeNames nodes={upstream} />
      </td>
      <td data-label="Downstream">
        <NodeNames nodes={downstream} />
      </td>
    </tr>
  );
}

/** Links of a cell; more are counted. */
const maxNames = 5;

function NodeNames({ nodes }: { nodes: readonly LineageNode[] }) {
  if (nodes.length === 0) return null;
  return (
    <span className={classes.names}>
      {nodes.slice(0, maxNames).map((node) => (
        <NodeLink key={node.key} node={node} />
      ))}
      {nodes.length > maxNames && <span className="quiet">and {nodes.length - maxNames} more</span>}
    </span>
  );
}
