import { Fieldset, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import type { JobInput } from '@pumphouse/contract';
import { chooseField, type InputField, type InputTexts } from './job-inputs.ts';

interface JobInputFieldsProps {
  inputs: readonly JobInput[];
  texts: InputTexts;
  onChange: (texts: InputTexts) => void;
}

/** A field for each parameter that a start may set. Empty ones are not sent, so the code's own value counts. */
export function JobInputFields({ inputs, texts, onChange }: JobInputFieldsProps) {
  if (inputs.length === 0) return null;
  return (
    <Fieldset legend="Inputs" p="sm">
      <Stack gap="xs">
        {inputs.map((input) => (
          <FieldOfInput
            key={input.name}
            input={input}
            text={texts[input.name] ?? ''}
            onChange={(text) => onChange({ ...texts, [input.name]: text })}
          />
        ))}
      </Stack>
    </Fieldset>
  );
}

interface FieldOfInputProps {
  input: JobInput;
  text: string;
  onChange: (text: string) => void;
}

function FieldOfInput({ input, text, onChange }: FieldOfInputProps) {
  const field = chooseField(input.value_schema);
  const shared = {
    size: 'xs',
    label: (
      <>
        {input.name}
        {input.annotation !== null && (
          <Text span size="xs" c="dimmed" ml={6} className="mono">
            {input.annotation}
          </Text>
        )}
      </>
    ),
    description: describeField(input, field),
    required: input.is_required,
    withAsterisk: input.is_required,
    value: text,
    'aria-label': input.name,
  } as const;
  if (field.kind === 'choice')
    return (
      <NativeSelect
        {...shared}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={[
          { value: '', label: describeEmpty(input) },
          ...field.choices.map((value) => ({ value, label: value })),
        ]}
      />
    );
  return (
    <TextInput
      {...shared}
      type={field.kind === 'number' ? 'text' : field.kind}
      inputMode={field.kind === 'number' ? 'decimal' : undefined}
      placeholder={describeEmpty(input)}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** A field for dates has no room for what the code uses otherwise. */
function describeField(input: JobInput, { kind }: InputField): string | undefined {
  const parts = [input.description, kind.startsWith('date') ? describeEmpty(input) : null];
  return parts.filter((part) => part !== null).join(' ') || undefined;
}

/** What the code uses if nothing is typed. */
function describeEmpty({ is_required: isRequired, source, default_text: defaultText }: JobInput): string {
  if (isRequired) return 'Required';
  if (source === 'configuration') return 'From the configuration';
  return defaultText === null ? 'Not set' : `Default: ${defaultText}`;
}
