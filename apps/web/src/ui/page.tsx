import { useEffect, type ReactNode } from 'react';
import classes from './page.module.css';

interface PageProps {
  /** Also the title of the browser tab. */
  title: string;
  /** Replaces the title if the heading is more than text. */
  heading?: ReactNode;
  /** One line below the title. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A page: heading, actions and content. */
export function Page({ title, heading, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} – Pumphouse`;
  }, [title]);
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <div className={classes.titles}>
          <h1 className={classes.title}>{heading ?? title}</h1>
          {lead !== undefined && <div className={classes.lead}>{lead}</div>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface SectionProps {
  title: string;
  /** Content next to the heading: a link or a switch. */
  aside?: ReactNode;
  children: ReactNode;
}

/** A titled section of a page on its own surface. */
export function Section({ title, aside, children }: SectionProps) {
  return (
    <section className={classes.section} aria-label={title}>
      <header className={classes.sectionHeader}>
        <h2 className={classes.sectionTitle}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A part of a page without a frame or a visible title, such as a row of charts. */
export function Strip({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section className={classes.strip} aria-label={label}>
      {children}
    </section>
  );
}

/** Names and values in one line below the title of a page. */
export function DetailLine({ items }: { items: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={`${classes.line} linked-text`}>
      {items.map(([name, value]) => (
        <div key={name} className={classes.inline}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A list of names and values. */
export function DetailList({ items }: { items: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={classes.details}>
      {items.map(([name, value]) => (
        <div key={name} className={classes.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
