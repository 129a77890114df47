import { Kbd, Modal, Switch } from '@mantine/core';
import { useState } from 'react';
import classes from './shortcut-help.module.css';
import { areSingleKeysOn, paletteKeys, pageKeys, shortcuts, turnSingleKeys } from './shortcut-table.ts';

/** Lists all shortcuts, with a switch that disables single-key shortcuts. */
export default function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const [isOn, setOn] = useState(areSingleKeysOn());
  const goTo = Object.entries(pageKeys).map(([keys, { word }]) => [keys, `Go to ${word}`] as const);
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" centered>
      <dl className={classes.list}>
        {[[paletteKeys, 'Search or run a command'] as const, ...shortcuts, ...goTo].map(([keys, what]) => (
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
