import classes from './row-checkbox.module.css';

interface RowCheckboxProps {
  label: string;
  checked: boolean;
  /** Whether it stands for several rows, some of which are selected. */
  indeterminate?: boolean;
  /** Called with `isRange` when Shift was pressed, to change all rows since the last one that was changed. */
  onChange: (checked: boolean, isRange: boolean) => void;
}

/** Selects a row of a table. A control of the browser: a list has a hundred of them. */
export function RowCheckbox({ label, checked, indeterminate = false, onChange }: RowCheckboxProps) {
  return (
    <input
      type="checkbox"
      className={classes.checkbox}
      aria-label={label}
      checked={checked}
      ref={(element) => {
        if (element) element.indeterminate = indeterminate;
      }}
      onChange={({ currentTarget, nativeEvent }) =>
        onChange(currentTarget.checked, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
      }
    />
  );
}
