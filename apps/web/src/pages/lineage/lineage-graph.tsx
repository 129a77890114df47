import type { LineageResponse } from '@pumphouse/contract';
import {
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
} from 'react';
import classes from './lineage.module.css';
import type { ShownLineage } from './lineage-fold.ts';
import { arrowKeys, findNeighbour } from '../../graph/find-neighbour.ts';
import { bringIntoView } from '../../graph/view-box.ts';
import {
  cutToView,
  describeLineage,
  extendView,
  nodeSize,
  placeLineage,
  type LineageLayout,
} from './lineage-layout.ts';
import { formatNoun } from '../../ui/format.ts';
import { GraphEdges, GraphNodes } from './lineage-drawing.tsx';
import { LoadingRows } from '../../ui/answers.tsx';
import { matchesSearch } from './lineage-texts.ts';
import { highlightOf } from './lineage-highlight.ts';
import { useLayeredLayout } from '../../graph/use-layered-layout.ts';
import { useLineageSearch } from './use-lineage-search.ts';
import { useNow } from '../../ui/time.tsx';
import panZoomClasses from '../../graph/pan-zoom.module.css';
import { usePanZoom } from '../../graph/use-pan-zoom.ts';
import { ZoomButtons } from '../../graph/zoom-buttons.tsx';

interface LineageGraphProps {
  lineage: LineageResponse;
  shown: ShownLineage;
  /** Keys of nodes that a failure affects. */
  affected: ReadonlySet<string>;
}

/** The lineage as a drawing. It is a single tab stop; arrow keys move between nodes. */
export function LineageGraph({ lineage, shown, affected }: LineageGraphProps) {
  const graph = useMemo(() => describeLineage(shown), [shown]);
  const layered = useLayeredLayout(graph);
  const layout = useMemo(() => layered && placeLineage(shown, layered), [shown, layered]);
  if (!layout) return <LoadingRows />;
  return <LineageDrawing layout={layout} lineage={lineage} shown={shown} affected={affected} />;
}

/** Below this scale texts are unreadable, and only boxes are drawn. */
const scaleOfTexts = 0.4;

function LineageDrawing({ layout, lineage, shown, affected }: LineageGraphProps & { layout: LineageLayout }) {
  const frame = useRef<HTMLDivElement>(null);
  const { view, setView, size, zoom, fit, handlers } = usePanZoom(frame, layout);
  const { selected, find, select } = useLineageSearch();
  const [focused, setFocused] = useState<string | null>(null);
  const shownSelected = selected === undefined ? undefined : shown.shownKey(selected);

  const { left, top, right, bottom } = extendView(view, size);
  const visible = useMemo(
    () => cutToView(layout, { left, top, right, bottom }),
    [layout, left, top, right, bottom],
  );
  const highlight = useMemo(() => highlightOf(lineage, shown, selected), [lineage, shown, selected]);
  const matches = useMemo(
    () => new Set(shown.nodes.filter((node) => matchesSearch(node, find)).map(({ key }) => key)),
    [shown, find],
  );

  const goTo = (key: string) => {
    const placed = layout.nodes.find(({ node }) => node.key === key);
    if (placed) setView(bringIntoView(view, { ...placed, ...nodeSize }, size));
  };
  const showSelected = useEffectEvent(goTo);
  const isMeasured = size.width > 0;
  useEffect(() => {
    if (shownSelected !== undefined && isMeasured) showSelected(shownSelected);
  }, [shownSelected, isMeasured]);
  // A node outside the visible part is drawn only after the view has moved to it.
  useEffect(() => {
    if (focused !== null)
      frame.current?.querySelector<SVGGElement>(`[data-node="${CSS.escape(focused)}"]`)?.focus();
  }, [focused]);

  const press = (event: KeyboardEvent) => {
    const key = keyAt(event.target);
    const placed = layout.nodes.find(({ node }) => node.key === key);
    if (!placed) return;
    const direction = arrowKeys[event.key];
    const next = direction && findNeighbour(layout.nodes, placed, direction);
    if (next) {
      goTo(next.node.key);
      setFocused(next.node.key);
    } else if (event.key === 'Enter' || event.key === ' ') select(key);
    else return;
    event.preventDefault();
  };
  const pick = (event: MouseEvent) => {
    const key = keyAt(event.target);
    if (key !== undefined) select(key);
  };
  const now = useNow(60);
  const stop = focused ?? shownSelected ?? layout.nodes[0]?.node.key;
  return (
    <div ref={frame} className={classes.frame}>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- events of its nodes, which are buttons */}
      <svg
        width={size.width}
        height={size.height}
        viewBox={`${view.x} ${view.y} ${size.width / view.scale} ${size.height / view.scale}`}
        role="group"
        aria-label={`Lineage of ${formatNoun(layout.nodes.length, 'node')}; use the arrow keys to move between nodes`}
        className={`${panZoomClasses.drawing} ${classes.drawing}`}
        data-dimmed={highlight.keys.size > 0}
        onClick={pick}
        onKeyDown={press}
        {...handlers}
      >
        <GraphEdges edges={visible.edges} highlight={highlight} shown={shown} now={now} />
        <GraphNodes
          nodes={visible.nodes}
          affected={affected}
          highlight={highlight}
          matches={matches}
          selected={shownSelected}
          stop={stop}
          hasTexts={view.scale >= scaleOfTexts}
          now={now}
        />
      </svg>
      <ZoomButtons onZoom={zoom} onFit={fit} />
    </div>
  );
}

/** The key of the node at an element of the drawing. */
function keyAt(target: EventTarget): string | undefined {
  const element = target instanceof Element ? target.closest<SVGGElement>('[data-node]') : null;
  return element?.dataset['node'];
}
