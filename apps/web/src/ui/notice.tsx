import type { ReactNode } from 'react';
import classes from './notice.module.css';

/** A note that the reader needs to interpret the figures below. Not an error. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <div className={classes.notice}>
      <span aria-hidden="true" className={classes.glyph}>
        !
      </span>
      <div className={classes.content}>{children}</div>
    </div>
  );
}
