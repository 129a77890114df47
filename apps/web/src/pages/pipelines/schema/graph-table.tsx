import type { KeyboardEvent } from 'react';
import classes from './schema-graph.module.css';
import { headHeight, nodeWidth, rowHeight, type GraphNode } from './graph-layout.ts';
import { markAppearances } from './mark.ts';

interface GraphTableProps {
  node: GraphNode;
  isSelected: boolean;
  tabIndex: number;
  onSelect: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

const characterWidth = 6.7;
const padding = 10;

/** A table in the graph: its name and as many columns as fit. */
export function GraphTable({ node, isSelected, tabIndex, onSelect, onKeyDown }: GraphTableProps) {
  const { table, x, y, height, rows, hiddenCount } = node;
  const mark = table.mark && markAppearances[table.mark];
  return (
    <g
      transform={`translate(${x} ${y})`}
      className={classes.table}
      data-mark={table.mark}
      data-selected={isSelected}
      data-table={table.name}
      role="button"
      aria-pressed={isSelected}
      tabIndex={tabIndex}
      onClick={onSelect}
      onKeyDown={onKeyDown}
    >
      <rect width={nodeWidth} height={height} rx="5" className={classes.box} />
      <path d={`M0 ${headHeight}H${nodeWidth}`} className={classes.rule} />
      <text x={padding} y={headHeight / 2} className={classes.name}>
        {cutText(table.name, nodeWidth - 2 * padding - (mark ? 70 : 0))}
      </text>
      {mark && (
        <text x={nodeWidth - padding} y={headHeight / 2} textAnchor="end" className={classes.sign}>
          {mark.sign} {mark.word}
        </text>
      )}
      {rows.map((row, index) => (
        <g
          key={row.name}
          transform={`translate(0 ${headHeight + index * rowHeight + rowHeight / 2 + 2})`}
          data-mark={row.mark}
        >
          <text x={padding} className={row.isKey ? classes.key : classes.column}>
            {cutText(row.name, nodeWidth - 2 * padding - row.type.length * characterWidth - 8)}
          </text>
          <text x={nodeWidth - padding} textAnchor="end" className={classes.type}>
            {cutText(row.type, nodeWidth / 2)}
          </text>
        </g>
      ))}
      {hiddenCount > 0 && (
        <text
          x={padding}
          y={headHeight + rows.length * rowHeight + rowHeight / 2 + 2}
          className={classes.type}
        >
          and {hiddenCount} more
        </text>
      )}
    </g>
  );
}

/** Truncates text, which SVG does not do. The graph uses a monospaced font. */
function cutText(text: string, width: number): string {
  const most = Math.max(4, Math.floor(width / characterWidth));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
