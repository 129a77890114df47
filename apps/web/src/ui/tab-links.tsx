import { Link, useSearch } from '@tanstack/react-router';
import classes from './tab-links.module.css';
import { choiceLink } from './choice-link.ts';

/** Value of `?tab=` of the current page. A URL may also name the first tab explicitly. */
const useTab = () => useSearch({ strict: false }).tab;

type Tab = NonNullable<ReturnType<typeof useTab>>;

interface TabLinksProps {
  /** Accessible name: "Sections of the job". */
  label: string;
  /** The first tab is the default and has no `tab` in its URL. */
  tabs: readonly { tab: Tab; label: string }[];
}

/** Tabs of a page. They are links with a URL, `?tab=…`, so that they can be opened in a new browser tab. */
export function TabLinks({ label, tabs }: TabLinksProps) {
  const named = useTab();
  const current = tabs.find(({ tab }) => tab === named) ?? tabs[0];
  return (
    <nav className={classes.tabs} aria-label={label}>
      {tabs.map(({ tab, label: text }, index) => (
        <Link
          key={tab}
          {...choiceLink(tab === current?.tab)}
          search={(before) => ({ ...before, tab: index === 0 ? undefined : tab })}
          className={classes.tab}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
