import { ApiError, type Client } from '@pumphouse/client';
import { permissions, requirements, routesById, type Requirement, type Route } from '@pumphouse/contract';
import { CommandError } from '../../errors/command-error.ts';
import { exitCodes } from '../../errors/exit-codes.ts';

/** A client whose errors name the permission that the caller lacks. */
export function explainPermissions({ call }: Pick<Client, 'call'>): Pick<Client, 'call'> {
  return {
    async call(operationId, ...input) {
      try {
        return await call(operationId, ...input);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 403) throw error;
        throw createPermissionError(routesById[operationId], error);
      }
    },
  };
}

function createPermissionError({ permission }: Route, { detail, code }: ApiError): CommandError {
  if (code === 'no_account') {
    return new CommandError('A workspace key cannot read the members and settings of its organization.', {
      code,
      exitCode: exitCodes.refused,
      nextStep: 'Use a personal key of an owner of the organization: pumphouse key create.',
    });
  }
  return new CommandError(detail, {
    code: code ?? 'forbidden',
    exitCode: exitCodes.refused,
    nextStep: `This needs the permission ${permission} (${permissions[permission]}): ${describeRequirement(requirements[permission])}.`,
  });
}

function describeRequirement(requirement: Requirement): string {
  switch (requirement.scope) {
    case 'organization':
      return `${requirement.role} of the organization`;
    case 'workspace':
      return `${requirement.role} of the workspace${requirement.orOrganizationOwner ? ', or owner of the organization' : ''}`;
    case 'installation':
      return 'owner of the oldest organization';
    default:
      return 'a signed-in user';
  }
}
