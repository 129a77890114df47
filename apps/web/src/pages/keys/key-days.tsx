import { NumberInput } from '@mantine/core';
import { maxKeyDays } from '@pumphouse/contract';

interface KeyDaysProps {
  /** The typed value: a number, or text that is not a number. */
  value: number | string;
  error: string | undefined;
  onChange: (value: number | string) => void;
}

/** Field for the lifetime of a key. */
export function KeyDays({ value, error, onChange }: KeyDaysProps) {
  return (
    <NumberInput
      label="Expires in (days)"
      description={`1 to ${maxKeyDays}. Replace the key before it expires.`}
      value={value}
      error={error}
      allowDecimal={false}
      allowNegative={false}
      onChange={onChange}
    />
  );
}
