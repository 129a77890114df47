import type { ReactNode } from 'react';
import classes from './filter.module.css';

/** Search and filters above a list. */
export function FilterBar({ children }: { children: ReactNode }) {
  return (
    <div className={classes.bar} role="search">
      {children}
    </div>
  );
}
