import type { Handlers } from '../handler.ts';
import type { OwnsInstallation } from '../../services/people/authorize.ts';
import type { ReadSystem } from '../../services/doctor/read-system.ts';
import { toSystem } from './system-serializers.ts';

export interface SystemHandlerParts {
  readSystem: ReadSystem;
  ownsInstallation: OwnsInstallation;
}

export function createSystemHandlers({
  readSystem,
  ownsInstallation,
}: SystemHandlerParts): Pick<Handlers, 'get_system' | 'get_installation_access'> {
  return {
    get_system: async () => toSystem(await readSystem()),
    get_installation_access: async ({ authorization }) => ({
      is_installation_owner: await ownsInstallation(authorization.principal),
    }),
  };
}
