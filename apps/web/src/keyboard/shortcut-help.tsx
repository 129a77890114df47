import { Kbd, Modal, Switch } from '@mantine/core';
import { useState } from 'react';
import classes from './shortcut-help.module.css';
import {
  areSingleKeysOn,
  logShortcuts,
  paletteKeys,
  pageKeys,
  shortcuts,
  turnSingleKeys,
} from './shortcut-table.ts';

/** Lists all shortcuts, with a switch that disables single-key shortcuts. */
export default function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const [isOn, setOn] = useState(areSingleKeysOn());
  const goTo = Object.entries(pageKeys).map(([keys, { word }]) => [keys, `Go to ${word}`] as const);
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" centered>
      <ShortcutList items={[[paletteKeys, 'Search or run a command'] as const, ...shortcuts, ...goTo]} />
      <h3 className={classes.title}>Log of a run</h3>
      <ShortcutList items={logShortcuts} />
      <Switch
        mt="md"
        label="Enable single-key shortcuts"
        checked={isOn}
        onChange={(event) => {
          turnSingleKeys(event.currentTarget.checked);
          setOn(event.currentTarget.checked);
        }}
      />
    </Modal>
  );
}

function ShortcutList({ items }: { items: readonly (readonly [keys: string, what: string])[] }) {
  return (
    <dl className={classes.list}>
      {items.map(([keys, what]) => (
        <div key={keys} className={classes.row}>
          <dt>{what}</dt>
          <dd>
            {keys.split(' ').map((key) => (
              <Kbd key={key} ml={4}>
                {key}
              </Kbd>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
