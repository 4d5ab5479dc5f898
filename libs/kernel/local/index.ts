export { readIfPresent } from './files.js';
export { freePort } from './free-port.js';
export type { LocalService, LocalServiceOptions, RunningService } from './local-service.js';
export { type LocalServices, type Needs, noLocalServices, startLocalServices } from './local-services.js';
export { makeDataDirectory } from './postgres/data-directory.js';
export { type EmbeddedPostgres, isEmbedded, startEmbeddedPostgres } from './postgres/embedded-postgres.js';
export { embeddedPostgres } from './postgres/embedded-service.js';
export { hasEnded, identityOf, isAlive } from './process-identity.js';
export { isServer, type ProcessEntry, ProcessesFile } from './processes-file.js';
export { secretIn } from './secret-file.js';
export {
  closedFolder,
  endOfLog,
  endProcess,
  inFolder,
  keepPid,
  livingPid,
  runningOn,
  untilItAnswers,
} from './service-process.js';
export { withStartLock } from './start-lock.js';
