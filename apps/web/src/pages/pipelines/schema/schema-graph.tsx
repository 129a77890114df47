import type { SchemaVersionResponse } from '@pumphouse/contract';
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import classes from './schema-graph.module.css';
import { describeSchema, nodeWidth, placeTables, type GraphLayout, type GraphNode } from './graph-layout.ts';
import type { MergedTable } from './merged-schema.ts';
import { GraphTable } from './graph-table.tsx';
import { LoadingRows } from '../../../ui/answers.tsx';
import { formatNoun } from '../../../ui/format.ts';
import { arrowKeys, findNeighbour } from '../../../graph/find-neighbour.ts';
import { bringIntoView } from '../../../graph/view-box.ts';
import { useLayeredLayout } from '../../../graph/use-layered-layout.ts';
import panZoomClasses from '../../../graph/pan-zoom.module.css';
import { usePanZoom } from '../../../graph/use-pan-zoom.ts';
import { ZoomButtons } from '../../../graph/zoom-buttons.tsx';

interface SchemaGraphProps {
  tables: readonly MergedTable[];
  references: SchemaVersionResponse['references'];
  /** The table selected in the URL. */
  selected: string | undefined;
  onSelect: (name: string) => void;
}

/**
 * Graph of tables and their references. It is a single tab stop; arrow keys move between tables. The list
 * next to the graph has the same content as text.
 */
export default function SchemaGraph({ tables, references, selected, onSelect }: SchemaGraphProps) {
  const parts = useMemo(() => describeSchema(tables, references), [tables, references]);
  const layered = useLayeredLayout(parts.graph);
  const layout = useMemo(() => layered && placeTables(parts, layered), [parts, layered]);
  if (!layout) return <LoadingRows />;
  return <SchemaDrawing layout={layout} selected={selected} onSelect={onSelect} />;
}

interface SchemaDrawingProps extends Pick<SchemaGraphProps, 'selected' | 'onSelect'> {
  layout: GraphLayout;
}

function SchemaDrawing({ layout, selected, onSelect }: SchemaDrawingProps) {
  const frame = useRef<HTMLDivElement>(null);
  const { view, setView, size, zoom, fit, handlers } = usePanZoom(frame, layout);
  const [focused, setFocused] = useState<string | null>(null);
  const stop = focused ?? selected ?? layout.nodes[0]?.table.name;

  const goTo = (node: GraphNode) => {
    setFocused(node.table.name);
    setView(bringIntoView(view, { x: node.x, y: node.y, width: nodeWidth, height: node.height }, size));
    frame.current?.querySelector<SVGGElement>(`[data-table="${CSS.escape(node.table.name)}"]`)?.focus();
  };
  const press = (event: KeyboardEvent, node: GraphNode) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return onSelect(node.table.name);
    }
    const direction = arrowKeys[event.key];
    const next = direction && findNeighbour(layout.nodes, node, direction);
    if (!next) return;
    event.preventDefault();
    goTo(next);
  };

  return (
    <div ref={frame} className={classes.frame}>
      <svg
        width={size.width}
        height={size.height}
        viewBox={`${view.x} ${view.y} ${size.width / view.scale} ${size.height / view.scale}`}
        role="group"
        aria-label={`Graph of ${formatNoun(layout.nodes.length, 'table')}; use the arrow keys to move between tables`}
        className={panZoomClasses.drawing}
        {...handlers}
      >
        <Edges layout={layout} selected={selected} />
        {layout.nodes.map((node) => (
          <GraphTable
            key={node.table.name}
            node={node}
            isSelected={node.table.name === selected}
            tabIndex={node.table.name === stop ? 0 : -1}
            onSelect={() => onSelect(node.table.name)}
            onKeyDown={(event) => press(event, node)}
          />
        ))}
      </svg>
      <ZoomButtons onZoom={zoom} onFit={fit} />
    </div>
  );
}

/** References between tables; those of the selected table are highlighted. */
function Edges({ layout, selected }: { layout: GraphLayout; selected: string | undefined }) {
  return layout.edges.map(({ kind, from, to, label, path }) => (
    <path
      key={`${kind} ${label}`}
      d={path}
      className={classes.edge}
      data-kind={kind}
      data-selected={from === selected || to === selected}
    >
      <title>{label}</title>
    </path>
  ));
}
