import { SecretOnce } from '../forms/secret-once.tsx';

interface SigningSecretOnceProps {
  target: { name: string; signing_secret: string };
  /** What the secret signs. */
  sent: 'events' | 'messages';
  onClose: () => void;
}

/** Shows the new signing secret of a target. */
export function SigningSecretOnce({ target, sent, onClose }: SigningSecretOnceProps) {
  return (
    <SecretOnce
      title={`Signing secret of ${target.name}`}
      what="signing secret"
      secret={target.signing_secret}
      onClose={onClose}
    >
      Configure it at the receiver, which verifies with it that {sent} come from this server.
    </SecretOnce>
  );
}
