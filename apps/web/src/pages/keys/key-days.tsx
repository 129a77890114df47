import { NumberInput } from '@mantine/core';
import { longestKeyDays } from '@pumphouse/contract';

interface KeyDaysProps {
  /** As it was typed: a number, or text that is none. */
  value: number | string;
  error: string | undefined;
  onChange: (value: number | string) => void;
}

/** How long a key is good. */
export function KeyDays({ value, error, onChange }: KeyDaysProps) {
  return (
    <NumberInput
      label="Expires in (days)"
      description={`1 to ${longestKeyDays}. After that it has to be replaced.`}
      value={value}
      error={error}
      allowDecimal={false}
      allowNegative={false}
      onChange={onChange}
    />
  );
}
