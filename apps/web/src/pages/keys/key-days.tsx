import { NumberInput } from '@mantine/core';

interface KeyDaysProps {
  maxDays: number;
  /** The typed value: a number, or text that is not a number. */
  value: number | string;
  error: string | undefined;
  onChange: (value: number | string) => void;
}

/** Field for the lifetime of a key. */
export function KeyDays({ maxDays, value, error, onChange }: KeyDaysProps) {
  return (
    <NumberInput
      label="Expires in (days)"
      description={`1 to ${maxDays}. Replace the key before it expires.`}
      value={value}
      error={error}
      allowDecimal={false}
      allowNegative={false}
      onChange={onChange}
    />
  );
}
