import { memo } from 'react';
import classes from './lineage.module.css';
import edgeClasses from '../../graph/edge-legend.module.css';
import type { Highlight } from './lineage-highlight.ts';
import type { PlacedEdge, PlacedNode } from './lineage-layout.ts';
import type { ShownLineage, ShownNode } from './lineage-fold.ts';
import type { StateAppearance } from '../../ui/run-states.ts';
import { describeEdge, describeNode, hasRecentChange, nameOfNode, stateOfNode } from './lineage-texts.ts';
import { nodeSize } from './lineage-layout.ts';

const padding = 10;
const characterWidth = 6.7;
const smallCharacterWidth = 5.8;

interface GraphEdgesProps {
  edges: readonly PlacedEdge[];
  highlight: Highlight;
  shown: ShownLineage;
  now: number;
}

/** The edges of the visible part. An edge between two emphasized nodes is emphasized. */
export const GraphEdges = memo(function GraphEdges({ edges, highlight, shown, now }: GraphEdgesProps) {
  const names = new Map(shown.nodes.map((node) => [node.key, nameOfNode(node)]));
  const nameOf = (key: string) => names.get(key) ?? key;
  return edges.map(({ edge, path }) => (
    <path
      key={`${edge.kind} ${edge.from} ${edge.to}`}
      d={path}
      className={`${edgeClasses.edge} ${classes.edge}`}
      data-kind={edge.kind}
      data-unconfirmed={edge.last_at === null && edge.text === null}
      data-failed={edge.is_failed}
      data-lit={highlight.keys.has(edge.from) && highlight.keys.has(edge.to)}
    >
      <title>{describeEdge(edge, nameOf, new Date(now))}</title>
    </path>
  ));
});

interface GraphNodesProps {
  nodes: readonly PlacedNode[];
  affected: ReadonlySet<string>;
  highlight: Highlight;
  matches: ReadonlySet<string>;
  selected: string | undefined;
  /** Key of the node that the tab key reaches. */
  stop: string | undefined;
  hasTexts: boolean;
  now: number;
}

/**
 * The nodes of the visible part. Panning within it renders none of them again, so the drawing handles their
 * clicks and keys.
 */
export const GraphNodes = memo(function GraphNodes(props: GraphNodesProps) {
  const { nodes, affected, highlight, matches, selected, stop, hasTexts, now } = props;
  return nodes.map((placed) => {
    const { key } = placed.node;
    return (
      <GraphNode
        key={key}
        placed={placed}
        isAffected={affected.has(key)}
        isLit={highlight.keys.has(key)}
        isMatch={matches.has(key)}
        isSelected={key === selected}
        isStop={key === stop}
        hasTexts={hasTexts}
        now={now}
      />
    );
  });
});

interface GraphNodeProps {
  placed: PlacedNode;
  isAffected: boolean;
  isLit: boolean;
  isMatch: boolean;
  isSelected: boolean;
  isStop: boolean;
  hasTexts: boolean;
  now: number;
}

const GraphNode = memo(function GraphNode(props: GraphNodeProps) {
  const { placed, isAffected, isLit, isMatch, isSelected, isStop, hasTexts } = props;
  const { node, x, y } = placed;
  const now = new Date(props.now);
  const state = stateOfNode(node);
  const aside = describeNode(node, now, isAffected);
  const changed = hasRecentChange(node, now);
  return (
    <g
      transform={`translate(${x} ${y})`}
      className={classes.node}
      data-kind={node.kind}
      data-colour={state.colour}
      data-selected={isSelected}
      data-lit={isLit}
      data-match={isMatch}
    >
      <g
        data-node={node.key}
        role="button"
        aria-pressed={isSelected}
        aria-label={`${nameOfNode(node)}, ${state.word}, ${aside}${changed ? ', schema changed' : ''}`}
        tabIndex={isStop ? 0 : -1}
      >
        <rect width={nodeSize.width} height={nodeSize.height} rx={node.kind === 'pipeline' ? 14 : 5} />
      </g>
      {hasTexts && <NodeTexts node={node} state={state} aside={aside} hasChanged={changed} />}
    </g>
  );
});

interface NodeTextsProps {
  node: ShownNode;
  state: StateAppearance;
  aside: string;
  hasChanged: boolean;
}

function NodeTexts({ node, state, aside, hasChanged }: NodeTextsProps) {
  const room = nodeSize.width - 2 * padding;
  return (
    // Outside the button, whose label has all of it in words.
    <g aria-hidden="true" pointerEvents="none">
      <text x={padding} y={16} className={classes.glyph}>
        {state.glyph}
      </text>
      <text x={padding + 16} y={16} className={classes.name}>
        {cutText(nameOfNode(node), room - 16 - (hasChanged ? 14 : 0), characterWidth)}
      </text>
      {hasChanged && (
        <text x={nodeSize.width - padding} y={16} textAnchor="end" className={classes.changed}>
          Δ<title>The schema changed within 7 days</title>
        </text>
      )}
      <text x={padding + 16} y={33} className={classes.aside}>
        {cutText(aside, room - 16, smallCharacterWidth)}
      </text>
      <title>{nameOfNode(node)}</title>
    </g>
  );
}

/** Truncates text, which SVG does not do. The graph uses a monospaced font. */
function cutText(text: string, width: number, perCharacter: number): string {
  const most = Math.floor(width / perCharacter);
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
