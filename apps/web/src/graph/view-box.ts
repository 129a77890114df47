/** The visible part of the drawing. */
export interface ViewBox {
  x: number;
  y: number;
  /** Screen pixels per unit of the drawing. */
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const margin = 24;
const minScale = 0.15;
const maxScale = 2;

/** Fits the whole drawing, however large, without enlarging it. */
export function fitAll(drawing: Size, frame: Size): ViewBox {
  const room = { width: drawing.width + 2 * margin, height: drawing.height + 2 * margin };
  const scale = Math.min(1, frame.width / room.width, frame.height / room.height);
  return {
    scale,
    x: drawing.width / 2 - frame.width / scale / 2,
    y: drawing.height / 2 - frame.height / scale / 2,
  };
}

/** The text is unreadable below this scale. */
const readableScale = 0.6;

/** The whole drawing if it is readable at that scale, else its top left corner. */
export function firstView(drawing: Size, frame: Size): ViewBox {
  const all = fitAll(drawing, frame);
  return all.scale >= readableScale ? all : { scale: readableScale, x: -margin, y: -margin };
}

/** Zooms around a point of the frame, which stays fixed. */
export function zoomAround(view: ViewBox, factor: number, position: { x: number; y: number }): ViewBox {
  // A large drawing that fits may be smaller than users can zoom out.
  const smallest = Math.min(minScale, view.scale);
  const scale = Math.min(maxScale, Math.max(smallest, view.scale * factor));
  return {
    scale,
    x: view.x + position.x / view.scale - position.x / scale,
    y: view.y + position.y / view.scale - position.y / scale,
  };
}

interface Box extends Size {
  x: number;
  y: number;
}

/** Moves the view by the minimum that makes a box visible. */
export function bringIntoView(view: ViewBox, box: Box, frame: Size): ViewBox {
  const [width, height] = [frame.width / view.scale, frame.height / view.scale];
  return {
    ...view,
    x: moveTo(view.x, width, box.x - margin, box.x + box.width + margin),
    y: moveTo(view.y, height, box.y - margin, box.y + box.height + margin),
  };
}

function moveTo(start: number, length: number, from: number, to: number): number {
  if (from < start) return from;
  return to > start + length ? Math.min(from, to - length) : start;
}
