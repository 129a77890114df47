import { Text, TagsInput } from '@mantine/core';
import { eventDescriptions, eventTypes } from '@pumphouse/contract';

interface EventTypesInputProps {
  value: string[];
  error: string | undefined;
  onChange: (types: string[]) => void;
}

const patternDescriptions = {
  '*': 'All events, also of types that later versions add.',
  'pumphouse.job_run.*': 'All events of job runs.',
} as const;

const descriptions = new Map<string, string>([
  ...Object.entries(patternDescriptions),
  ...eventTypes.map((type) => [type, eventDescriptions[type]] as const),
]);

/** Picks event types from a list. Patterns that are not in the list can be typed. */
export function EventTypesInput({ value, error, onChange }: EventTypesInputProps) {
  return (
    <TagsInput
      label="Event types"
      description="Choose types, or type a prefix followed by .* and press Enter."
      data={[...descriptions.keys()]}
      value={value}
      error={error}
      onChange={onChange}
      spellCheck={false}
      comboboxProps={{ withinPortal: true }}
      renderOption={({ option }) => (
        <div>
          <Text size="sm">{option.value}</Text>
          <Text size="xs" className="quiet">
            {descriptions.get(option.value)}
          </Text>
        </div>
      )}
    />
  );
}
