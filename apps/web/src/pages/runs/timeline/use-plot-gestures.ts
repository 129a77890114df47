import { useEffect, useEffectEvent, useState, type RefObject } from 'react';
import type { TimelineRow } from './timeline-rows.ts';
import type { TipPosition } from './target-tip.tsx';
import { findTarget, type Axis, type Target } from './plot-layout.ts';
import { rowHeightPx } from './plot-sizes.ts';
import { lengthOf, panView, pinchView, toTime, zoomView, type Pinch, type TimeView } from './time-view.ts';

interface Elements {
  plot: RefObject<HTMLElement | null>;
  ruler: RefObject<HTMLElement | null>;
}

interface GestureOptions {
  rows: readonly TimelineRow[];
  axis: Axis;
  scrollPx: number;
  onView: ((view: TimeView) => void) | null;
  onBrush: ((range: TimeView | null) => void) | null;
  onPoint: (place: TipPosition | null) => void;
  onOpen: (target: Target, isNewTab: boolean) => void;
}

/** A press that moves less is a click. */
const dragPx = 4;
const zoomPerPx = 1.002;

interface Press {
  kind: 'pan' | 'brush';
  x: number;
  view: TimeView;
  hasMoved: boolean;
}

/**
 * Handles the pointer and the wheel on the plot and the ruler: drag pans, Shift and drag or a drag on the ruler
 * selects a range, Ctrl and wheel or two fingers zoom, Shift or horizontal wheel pans, a click opens.
 * @returns the range being selected, and whether the pointer is at something that opens
 */
export function usePlotGestures({ plot, ruler }: Elements, options: GestureOptions) {
  const [brush, setBrush] = useState<TimeView | null>(null);
  const [isPointing, setPointing] = useState(false);

  const find = (event: PointerEvent): Target | null => {
    const box = plot.current?.getBoundingClientRect();
    if (!box) return null;
    const y = event.clientY - box.top + options.scrollPx;
    const row = options.rows[Math.floor(y / rowHeightPx)];
    return row ? findTarget(row, options.axis, { x: event.clientX - box.left, y: y % rowHeightPx }) : null;
  };
  const timeAt = (clientX: number, view = options.axis.view) => {
    const left = plot.current?.getBoundingClientRect().left ?? 0;
    return toTime(view, options.axis.widthPx, clientX - left);
  };

  const begin = useEffectEvent((event: PointerEvent, isRuler: boolean): Press | null => {
    if (event.button !== 0) return null;
    const kind = (isRuler || event.shiftKey) && options.onBrush ? 'brush' : 'pan';
    return { kind, x: event.clientX, view: options.axis.view, hasMoved: false };
  });

  const move = useEffectEvent((event: PointerEvent, press: Press | null): void => {
    if (!press) {
      const target = find(event);
      setPointing(target !== null && target.kind !== 'tick');
      options.onPoint(target && { target, x: event.clientX, y: event.clientY });
      return;
    }
    if (Math.abs(event.clientX - press.x) < dragPx && !press.hasMoved) return;
    press.hasMoved = true;
    options.onPoint(null);
    if (press.kind === 'brush') setBrush(toRange(timeAt(press.x), timeAt(event.clientX)));
    else {
      const msPerPx = lengthOf(press.view) / Math.max(1, options.axis.widthPx);
      options.onView?.(panView(press.view, (press.x - event.clientX) * msPerPx));
    }
  });

  const end = useEffectEvent((event: PointerEvent, press: Press): void => {
    setBrush(null);
    if (press.kind === 'brush' && press.hasMoved) {
      options.onBrush?.(toRange(timeAt(press.x), timeAt(event.clientX)));
      return;
    }
    if (press.hasMoved) return;
    const target = find(event);
    if (target) options.onOpen(target, event.ctrlKey || event.metaKey);
    else options.onBrush?.(null);
  });

  const beginPinch = useEffectEvent((): TimeView => {
    setBrush(null);
    options.onPoint(null);
    return options.axis.view;
  });

  const pinch = useEffectEvent((start: StartedPinch, touches: ReadonlyMap<number, number>): void => {
    const left = plot.current?.getBoundingClientRect().left ?? 0;
    options.onView?.(
      pinchView(start.view, options.axis.widthPx, readPinch(start.touches, left), readPinch(touches, left)),
    );
  });

  const wheel = useEffectEvent((event: WheelEvent): void => {
    const { onView, axis } = options;
    if (!onView) return;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      onView(zoomView(axis.view, zoomPerPx ** event.deltaY, timeAt(event.clientX)));
    } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      event.preventDefault();
      onView(panView(axis.view, (sideways / Math.max(1, axis.widthPx)) * lengthOf(axis.view)));
    }
  });

  const leave = useEffectEvent(() => {
    options.onPoint(null);
    setPointing(false);
  });

  useEffect(() => {
    const endings = [plot.current, ruler.current].map((element) => {
      if (!element) return undefined;
      const isRuler = element === ruler.current;
      return listen(element, {
        begin: (event) => begin(event, isRuler),
        move: (event, press) => (press || !isRuler ? move(event, press) : undefined),
        end,
        beginPinch,
        pinch,
        wheel,
        leave,
      });
    });
    return () => {
      for (const stop of endings) stop?.();
    };
  }, [plot, ruler]);

  return { brush, isPointing };
}

/** Where two fingers were when the second one came. */
interface StartedPinch {
  view: TimeView;
  touches: ReadonlyMap<number, number>;
}

function readPinch(touches: ReadonlyMap<number, number>, leftPx: number): Pinch {
  const [one = 0, other = 0] = touches.values();
  return { distancePx: Math.abs(one - other), centerPx: (one + other) / 2 - leftPx };
}

interface Handlers {
  begin: (event: PointerEvent) => Press | null;
  move: (event: PointerEvent, press: Press | null) => void;
  end: (event: PointerEvent, press: Press) => void;
  beginPinch: () => TimeView;
  /** @param touches clientX by pointer */
  pinch: (start: StartedPinch, touches: ReadonlyMap<number, number>) => void;
  wheel: (event: WheelEvent) => void;
  leave: () => void;
}

/** @returns a function that removes the listeners */
function listen(element: HTMLElement, handlers: Handlers): () => void {
  const listeners = new AbortController();
  // React's wheel listeners are passive, so they could not keep the page from zooming.
  const options = { signal: listeners.signal, passive: false };
  let press: Press | null = null;
  let pinched: StartedPinch | null = null;
  const touches = new Map<number, number>();
  element.addEventListener(
    'pointerdown',
    (event) => {
      if (event.pointerType === 'touch') touches.set(event.pointerId, event.clientX);
      const isPinch = touches.size === 2;
      pinched = isPinch ? { view: handlers.beginPinch(), touches: new Map(touches) } : null;
      press = isPinch ? null : handlers.begin(event);
      if (press || pinched) element.setPointerCapture(event.pointerId);
    },
    options,
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      if (touches.has(event.pointerId)) touches.set(event.pointerId, event.clientX);
      if (pinched) handlers.pinch(pinched, touches);
      else handlers.move(event, press);
    },
    options,
  );
  const lift = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    pinched = null;
  };
  element.addEventListener(
    'pointerup',
    (event) => {
      lift(event);
      if (press) handlers.end(event, press);
      press = null;
    },
    options,
  );
  // The browser scrolls the page instead.
  element.addEventListener(
    'pointercancel',
    (event) => {
      lift(event);
      press = null;
    },
    options,
  );
  element.addEventListener('pointerleave', handlers.leave, options);
  element.addEventListener('wheel', handlers.wheel, options);
  return () => listeners.abort();
}

const toRange = (one: number, other: number): TimeView => ({
  startMs: Math.min(one, other),
  endMs: Math.max(one, other),
});
