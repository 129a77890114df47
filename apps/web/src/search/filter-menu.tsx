import { Button, Menu } from '@mantine/core';
import classes from './filter.module.css';
import { DownIcon } from '../ui/icons.tsx';

interface FilterOption {
  value: string;
  label: string;
}

interface FilterMenuProps {
  /** The filtered property: "Status". */
  label: string;
  options: readonly FilterOption[];
  chosen: readonly string[] | undefined;
  /** Called with undefined to clear the filter. */
  onChoose: (chosen: string[] | undefined) => void;
}

/** A multi-select filter: a button that shows the selection, and a menu. */
export function FilterMenu({ label, options, chosen = [], onChoose }: FilterMenuProps) {
  const toggle = (value: string) => {
    const next = chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value];
    onChoose(next.length === 0 ? undefined : next);
  };
  const text = chosen.map((value) => options.find((option) => option.value === value)?.label ?? value);
  return (
    <Menu closeOnItemClick={false} position="bottom-start" withinPortal>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          className={chosen.length > 0 ? classes.chosen : undefined}
          rightSection={<DownIcon />}
        >
          {text.length === 0 ? label : `${label}: ${text.join(', ')}`}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah="60vh" style={{ overflowY: 'auto' }}>
        {options.map(({ value, label: word }) => (
          <Menu.CheckboxItem key={value} checked={chosen.includes(value)} onChange={() => toggle(value)}>
            {word}
          </Menu.CheckboxItem>
        ))}
        {options.length === 0 && <Menu.Label>No options</Menu.Label>}
        {chosen.length > 0 && (
          <>
            <Menu.Divider />
            <Menu.Item closeMenuOnClick onClick={() => onChoose(undefined)}>
              Clear
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
