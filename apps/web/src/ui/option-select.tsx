import { NativeSelect, type NativeSelectProps } from '@mantine/core';

interface OptionSelectProps<Option extends string> extends Omit<
  NativeSelectProps,
  'data' | 'value' | 'onChange'
> {
  options: readonly (Option | { value: Option; label: string })[];
  /** The selected option. A newer server may send one that is not among the options. */
  value: string;
  /** Label of an empty first option that cannot be chosen. */
  none?: string | undefined;
  onChoose: (option: Option) => void;
}

/** Native select that passes the type of its options on to `onChoose`. */
export function OptionSelect<Option extends string>(props: OptionSelectProps<Option>) {
  const { options, none, onChoose, ...rest } = props;
  const values = options.map((each) => (typeof each === 'string' ? each : each.value));
  return (
    <NativeSelect
      {...rest}
      data={[...(none === undefined ? [] : [{ value: '', label: none, disabled: true }]), ...options]}
      onChange={(event) => {
        const chosen = values.find((value) => value === event.currentTarget.value);
        if (chosen !== undefined) onChoose(chosen);
      }}
    />
  );
}
