import { Link, useSearch } from '@tanstack/react-router';
import classes from './tab-links.module.css';

interface TabLinksProps {
  /** Of what: "Parts of the job". */
  label: string;
  /** The first is shown where the address names none, and has a short address. */
  tabs: readonly { tab: string; word: string }[];
}

/** The parts of a page. They are links: each has an address, `?tab=…`, and can be opened beside. */
export function TabLinks({ label, tabs }: TabLinksProps) {
  // An address may name the first one too.
  const { tab: named }: { tab?: string } = useSearch({ strict: false });
  const current = tabs.find(({ tab }) => tab === named) ?? tabs[0];
  return (
    <nav className={classes.tabs} aria-label={label}>
      {tabs.map(({ tab, word }, index) => (
        <Link
          key={tab}
          to="."
          search={((search: object) => ({ ...search, tab: index === 0 ? undefined : tab })) as never}
          replace
          resetScroll={false}
          className={classes.tab}
          // Without a word for the tab is an address too: the one of the first.
          activeOptions={{ explicitUndefined: true }}
          aria-current={tab === current?.tab ? 'page' : undefined}
        >
          {word}
        </Link>
      ))}
    </nav>
  );
}
