import { Button, Group, Menu, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { apiBaseUrl } from '../api/base-url.ts';
import { ErrorNotice } from '../ui/answers.tsx';
import { signOut } from '../session/session.ts';

/** Signs out, then redirects to the sign-in page. On failure the current page stays and shows the error. */
export function useSignOut() {
  return useMutation({
    // Otherwise the mutation pauses while the browser is offline, and the click has no effect.
    networkMode: 'always',
    mutationFn: signOut,
    onSuccess: () => location.assign(`${apiBaseUrl}/sign-in`),
  });
}

type SignOut = ReturnType<typeof useSignOut>;

export function SignOutItem({ signingOut }: { signingOut: SignOut }) {
  return (
    <Menu.Item disabled={signingOut.isPending} onClick={() => signingOut.mutate()}>
      Sign out
    </Menu.Item>
  );
}

/** Tells the user that they are still signed in, why, and what to do. */
export function SignOutFailure({ signingOut }: { signingOut: SignOut }) {
  const { error, isPending, mutate, reset } = signingOut;
  return (
    <Modal opened={error !== null} onClose={reset} title="You are still signed in" centered>
      <ErrorNotice error={error} />
      <p>
        Try again. On a shared computer, do not leave until this succeeds, or clear this site’s data in the
        browser settings.
      </p>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={reset}>
          Close
        </Button>
        <Button loading={isPending} onClick={() => mutate()}>
          Sign out
        </Button>
      </Group>
    </Modal>
  );
}
