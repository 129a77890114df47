import type { LineageResponse } from '@pumphouse/contract';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import classes from './lineage.module.css';
import { isTag, type LineageNode, type ShownLineage, type TagNode } from './lineage-fold.ts';
import { DetailList, Section } from '../../ui/page.tsx';
import { describeReason, nameOfNode, stateOfNode } from './lineage-texts.ts';
import { formatCount, formatNoun } from '../../ui/format.ts';
import { NodeLink } from './node-link.tsx';
import { State } from '../../ui/state.tsx';
import { Time } from '../../ui/time.tsx';
import { useLineageSearch } from './use-lineage-search.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface LineagePanelProps {
  lineage: LineageResponse;
  shown: ShownLineage;
}

/** Beside the graph: the selected node and what is affected by it, or all failures. */
export function LineagePanel({ lineage, shown }: LineagePanelProps) {
  const { selected } = useLineageSearch();
  const node = lineage.nodes.find(({ key }) => key === selected);
  const tag = shown.nodes.filter(isTag).find(({ key }) => key === selected);
  if (tag) return <TagDetails tag={tag} lineage={lineage} />;
  if (!node) return <Failures lineage={lineage} />;
  return (
    <div className={classes.panel}>
      <NodeDetails node={node} />
      <AffectedNodes node={node} lineage={lineage} />
      <AffectedBy node={node} lineage={lineage} />
    </div>
  );
}

function NodeDetails({ node }: { node: LineageNode }) {
  const { select, toggleDataset } = useLineageSearch();
  const { dataset, table } = node;
  const hide = (
    <Button size="compact-xs" variant="subtle" onClick={() => select(undefined)}>
      Close
    </Button>
  );
  return (
    <Section title={`Selected ${node.kind}`} aside={hide}>
      <DetailList
        items={[
          ['Name', <NodeLink key="name" node={node} />],
          ['State', <State key="state" look={stateOfNode(node)} />],
          ...(node.updated_at === null
            ? []
            : [
                [node.kind === 'job' ? 'Last run' : 'Last load', <UpdatedAt key="at" node={node} />] as const,
              ]),
          ...(node.rows_loaded === null ? [] : [['Rows', formatCount(node.rows_loaded)] as const]),
          ...(node.schema_changed_at === null
            ? []
            : [['Schema changed', <Time key="change" at={node.schema_changed_at} />] as const]),
          ...(dataset === null ? [] : [['Tables', formatCount(dataset.table_count)] as const]),
          ...(dataset === null || dataset.destination_names.length === 0
            ? []
            : [['Destination', dataset.destination_names.join(', ')] as const]),
          ...(table === null ? [] : [['Written by', table.pipeline_names.join(', ')] as const]),
        ]}
      />
      {dataset !== null && dataset.table_count > 0 && (
        <p className={classes.action}>
          <Button size="compact-sm" variant="default" onClick={() => toggleDataset(node.name)}>
            {dataset.is_expanded ? 'Hide tables' : `Show ${formatNoun(dataset.table_count, 'table')}`}
          </Button>
        </p>
      )}
    </Section>
  );
}

/** The time of the last run or load, with a link to that run if it is known. */
function UpdatedAt({ node }: { node: LineageNode }) {
  const { id: workspaceId } = useWorkspace();
  const run = node.job?.last_run ?? node.pipeline?.last_run?.job_run;
  return (
    <span className="linked-text">
      {node.updated_at !== null && <Time at={node.updated_at} />}
      {run && (
        <>
          {', '}
          <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }}>
            run #{run.number}
          </Link>
        </>
      )}
    </span>
  );
}

/** What is affected because the node failed. */
function AffectedNodes({ node, lineage }: { node: LineageNode; lineage: LineageResponse }) {
  const failure = lineage.failures.find(({ key }) => key === node.key);
  if (!failure) return null;
  const find = (key: string) => lineage.nodes.find((each) => each.key === key);
  const nameOf = (key: string) => {
    const found = find(key);
    return found ? nameOfNode(found) : key;
  };
  return (
    <Section title={`Affected by this failure (${formatCount(failure.affected.length)})`}>
      {failure.affected.length === 0 && <p className={classes.note}>Nothing downstream is affected.</p>}
      <ul className={classes.affected}>
        {failure.affected.map(({ key, from, kind }) => {
          const found = find(key);
          return (
            found && (
              <li key={key}>
                <NodeLink node={found} /> <span className="quiet">{found.kind}</span>
                <div className="quiet">{describeReason(kind, nameOf(from))}</div>
              </li>
            )
          );
        })}
      </ul>
      {failure.is_cut && <p className={classes.note}>The list is cut: more is affected.</p>}
    </Section>
  );
}

/** The failures that affect the node. */
function AffectedBy({ node, lineage }: { node: LineageNode; lineage: LineageResponse }) {
  const causes = lineage.failures.filter(({ affected }) => affected.some(({ key }) => key === node.key));
  if (causes.length === 0) return null;
  return (
    <Section title="Affected by">
      <FailureList lineage={lineage} keys={causes.map(({ key }) => key)} />
    </Section>
  );
}

function Failures({ lineage }: { lineage: LineageResponse }) {
  const keys = lineage.failures.map(({ key }) => key);
  return (
    <div className={classes.panel}>
      <Section title="Failures">
        {keys.length === 0 ? (
          <p className={classes.note}>Nothing fails. Select a node to see its details.</p>
        ) : (
          <FailureList lineage={lineage} keys={keys} />
        )}
      </Section>
    </div>
  );
}

function TagDetails({ tag, lineage }: { tag: TagNode; lineage: LineageResponse }) {
  const { fold = [], change } = useLineageSearch();
  const open = () => {
    const others = fold.filter((each) => each !== tag.name);
    change({ fold: others.length === 0 ? undefined : others, node: undefined });
  };
  const failing = lineage.failures.map(({ key }) => key).filter((key) => tag.members.includes(key));
  return (
    <div className={classes.panel}>
      <Section title="Selected tag">
        <DetailList
          items={[
            ['Tag', tag.name],
            ['Jobs', formatCount(tag.jobCount)],
          ]}
        />
        {failing.length > 0 && <FailureList lineage={lineage} keys={failing} />}
        <p className={classes.action}>
          <Button size="compact-sm" variant="default" onClick={open}>
            Expand tag
          </Button>
        </p>
      </Section>
    </div>
  );
}

/** Failing nodes, each with the number of nodes that are affected by it. Selecting one shows these. */
function FailureList({ lineage, keys }: { lineage: LineageResponse; keys: readonly string[] }) {
  const { select } = useLineageSearch();
  return (
    <ul className={classes.affected}>
      {keys.map((key) => {
        const node = lineage.nodes.find((each) => each.key === key);
        const failure = lineage.failures.find((each) => each.key === key);
        return (
          node &&
          failure && (
            <li key={key}>
              <State look={stateOfNode(node)} compact />{' '}
              <button type="button" className={`text-button ${classes.pick}`} onClick={() => select(key)}>
                {nameOfNode(node)}
              </button>{' '}
              <span className="quiet">
                {node.kind}, {formatNoun(failure.affected.length, 'node')} affected
              </span>
            </li>
          )
        );
      })}
    </ul>
  );
}
