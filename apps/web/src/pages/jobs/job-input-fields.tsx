import { Fieldset, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import type { JobInput, JobInputsResponse } from '@pumphouse/contract';
import { chooseField, type InputTexts } from './job-inputs.ts';

interface JobInputFieldsProps {
  declared: JobInputsResponse;
  texts: InputTexts;
  onChange: (texts: InputTexts) => void;
}

/** A field for each parameter that a start may set. Empty ones are not sent, so the code's own value counts. */
export function JobInputFields({ declared, texts, onChange }: JobInputFieldsProps) {
  const settable = declared.inputs.filter(({ source }) => source !== 'secret');
  if (settable.length === 0) return null;
  return (
    <Fieldset legend="Inputs" p="sm">
      <Stack gap="xs">
        {settable.map((input) => (
          <InputField
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

interface InputFieldProps {
  input: JobInput;
  text: string;
  onChange: (text: string) => void;
}

function InputField({ input, text, onChange }: InputFieldProps) {
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
    description: input.description,
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

/** What the code uses if nothing is typed. */
function describeEmpty({ is_required: isRequired, source, default_text: defaultText }: JobInput): string {
  if (isRequired) return 'Required';
  if (source === 'configuration') return 'From the configuration';
  return defaultText === null ? 'Not set' : `Default: ${defaultText}`;
}
