import { declareSuspensions, selectMoments } from './suspend-servers.ts';

declareSuspensions(selectMoments('release'));
