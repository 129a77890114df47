import classes from './command-palette.module.css';
import type { FoundGroup } from './find-entries.ts';
import type { PaletteEntry } from './palette-entry.ts';
import { EntryIcon } from './entry-icon.tsx';

interface ResultsProps {
  /** Id of the list, a prefix of the ids of its entries. */
  listId: string;
  groups: readonly FoundGroup[];
  chosen: PaletteEntry | undefined;
  onChoose: (entry: PaletteEntry) => void;
}

export const idOfEntry = (listId: string, entry: PaletteEntry) => `${listId}-${encodeURIComponent(entry.id)}`;

/** The found entries in groups with headings. */
export function PaletteResults({ listId, groups, chosen, onChoose }: ResultsProps) {
  return groups.map(({ group, entries }) => (
    <div key={group} role="group" aria-labelledby={`${listId}-${group}`}>
      <div id={`${listId}-${group}`} className={classes.heading}>
        {group}
      </div>
      {entries.map((entry) => (
        <Entry
          key={entry.id}
          entry={entry}
          id={idOfEntry(listId, entry)}
          isChosen={entry === chosen}
          onChoose={() => onChoose(entry)}
        />
      ))}
    </div>
  ));
}

interface EntryProps {
  entry: PaletteEntry;
  id: string;
  isChosen: boolean;
  onChoose: () => void;
}

function Entry({ entry, id, isChosen, onChoose }: EntryProps) {
  return (
    // The field handles the keys and marks the active option by aria-activedescendant.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={id}
      tabIndex={-1}
      role="option"
      aria-selected={isChosen}
      aria-disabled={entry.whyNot !== null}
      className={classes.entry}
      onClick={onChoose}
      ref={(element) => {
        if (isChosen) element?.scrollIntoView({ block: 'nearest' });
      }}
    >
      <span className={classes.icon}>
        <EntryIcon entry={entry} />
      </span>
      <span className={classes.text}>{entry.text}</span>
      <span className={classes.aside}>{entry.whyNot ?? entry.aside}</span>
    </div>
  );
}
