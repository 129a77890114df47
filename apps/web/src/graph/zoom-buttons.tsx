import classes from './pan-zoom.module.css';

const step = 1.3;

interface ZoomButtonsProps {
  onZoom: (factor: number) => void;
  onFit: () => void;
}

/** Buttons in the corner of a drawing that is zoomed and panned. */
export function ZoomButtons({ onZoom, onFit }: ZoomButtonsProps) {
  return (
    <div className={classes.controls}>
      <button type="button" onClick={() => onZoom(step)} aria-label="Zoom in">
        +
      </button>
      <button type="button" onClick={() => onZoom(1 / step)} aria-label="Zoom out">
        −
      </button>
      <button type="button" onClick={onFit}>
        Fit
      </button>
    </div>
  );
}
