import { TextInput } from '@mantine/core';

interface SecretAddressInputProps {
  label: string;
  /** What the receiver is, and what it gets. */
  description: string;
  /** Whether the target has an address already, which is not shown. */
  isStored: boolean;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

/** Field for the address or key of a target, which the server never returns. */
export function SecretAddressInput(props: SecretAddressInputProps) {
  const { label, description, isStored, value, error, onChange } = props;
  return (
    <TextInput
      label={label}
      description={isStored ? `${description} It is not shown. Leave it empty to keep it.` : description}
      autoComplete="off"
      spellCheck={false}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
