import type { ReactNode } from 'react';
import classes from './notice.module.css';

/** A line that has to be known before the figures below it are read. Nothing went wrong. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <div className={classes.notice}>
      <span aria-hidden="true" className={classes.glyph}>
        !
      </span>
      <div>{children}</div>
    </div>
  );
}
