import { Button, Group, Modal, Text } from '@mantine/core';

/** Says why an app was not opened. */
export function DataProblem({ text, onClose }: { text: string; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="The app was not opened" centered>
      <Text size="sm" role="alert">
        {text}
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Close
        </Button>
      </Group>
    </Modal>
  );
}
