import { useEffect, useRef, useState, type PointerEvent, type RefObject } from 'react';
import { firstView, fitAll, zoomAround, type Size, type ViewBox } from './view-box.ts';

/**
 * Pans and zooms a drawing: drag to pan; buttons or Ctrl+wheel to zoom. The wheel alone still scrolls the
 * page.
 */
export function usePanZoom(frame: RefObject<HTMLDivElement | null>, drawing: Size) {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  /** Null until the user moves the view: until then it follows the size of the frame. */
  const [chosen, setView] = useState<ViewBox | null>(null);
  const view = chosen ?? firstView(drawing, { width: size.width || 1, height: size.height || 1 });
  const drag = useRef<{ x: number; y: number; view: ViewBox } | null>(null);

  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);

  // React's wheel listeners are passive and could not prevent the browser's page zoom.
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const turn = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = element.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      setView(zoomAround(view, Math.exp(-event.deltaY / 300), at));
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, [frame, view]);

  return {
    view,
    size,
    setView,
    zoom: (factor: number) => setView(zoomAround(view, factor, { x: size.width / 2, y: size.height / 2 })),
    fit: () => setView(fitAll(drawing, size)),
    handlers: {
      onPointerDown: (event: PointerEvent) => {
        drag.current = { x: event.clientX, y: event.clientY, view };
      },
      onPointerMove: (event: PointerEvent) => {
        const start = drag.current;
        if (!start || event.buttons === 0) return;
        const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
        if (Math.abs(dx) + Math.abs(dy) < 3) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setView({
          ...start.view,
          x: start.view.x - dx / start.view.scale,
          y: start.view.y - dy / start.view.scale,
        });
      },
      onPointerUp: () => {
        drag.current = null;
      },
    },
  };
}
